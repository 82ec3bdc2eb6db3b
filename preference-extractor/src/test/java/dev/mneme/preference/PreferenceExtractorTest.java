package dev.mneme.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.PreferencePair.Origin;
import dev.mneme.data.RatedReply;
import dev.mneme.preference.dialogue.SatisfactionModel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreferenceExtractorTest {
  private static final Instant NOW = Conversations.START.plus(Duration.ofDays(1));

  private record Result(ExtractionReport report, List<Extraction> all) {
    List<PreferencePair> pairs() {
      return all.stream()
          .flatMap(each -> each instanceof Extraction.Pair p ? Stream.of(p.pair()) : Stream.of())
          .toList();
    }

    List<RatedReply> rated() {
      return all.stream()
          .flatMap(each -> each instanceof Extraction.Rated r ? Stream.of(r.reply()) : Stream.of())
          .toList();
    }

    List<StatedPreference> stated() {
      return all.stream()
          .flatMap(
              each -> each instanceof Extraction.Stated s ? Stream.of(s.preference()) : Stream.of())
          .toList();
    }

    List<Extraction.Rejected> rejected() {
      return all.stream()
          .flatMap(each -> each instanceof Extraction.Rejected r ? Stream.of(r) : Stream.of())
          .toList();
    }

    PreferencePair only(Origin origin) {
      return pairs().stream()
          .filter(pair -> pair.origin() == origin)
          .reduce(
              (a, b) -> {
                throw new AssertionError("more than one " + origin + ": " + pairs());
              })
          .orElseThrow(() -> new AssertionError("no " + origin + " in " + all));
    }
  }

  private static Result run(Session... sessions) {
    return run(ExtractorConfig.defaults(), NOW, History.of(List.of(sessions)));
  }

  private static Result run(ExtractorConfig config, Instant now, History history) {
    return run(
        new PreferenceExtractor(config, InstantSource.fixed(now)),
        history,
        ExtractorState.inMemory());
  }

  private static Result run(PreferenceExtractor extractor, History history, ExtractorState state) {
    var all = new ArrayList<Extraction>();
    return new Result(extractor.extract(history, state, all::add), all);
  }

  private static Conversations capital(String user, String session, Instant at) {
    return new Conversations(user, session, at)
        .user("Which harbour city is the largest in Norway?")
        .assistant("Fish is healthy and tasty.")
        .thumb(false)
        .user("Which harbour city is the largest one in Norway?")
        .assistant("Oslo is the largest city, and it has the largest harbour for passengers too.")
        .thumb(true);
  }

  @Test
  void vectorsDoNotMakeOneCountryAnother() {
    Session session =
        new Conversations("sam", "s")
            .user("What is the capital of Italy?")
            .assistant("It is Rome, on the Tiber.")
            .thumb(true)
            .user("What is the capital of Spain?")
            .assistant("Fish is healthy and tasty.")
            .thumb(false)
            .session();
    Similarity everythingIsAlike = (first, second) -> 1;
    var extractor =
        new PreferenceExtractor(
            ExtractorConfig.defaults(),
            SatisfactionModel.standard(),
            everythingIsAlike,
            Rerunner.NONE,
            DenyList.NONE,
            InstantSource.fixed(NOW));
    Result result = run(extractor, History.of(List.of(session)), ExtractorState.inMemory());
    assertThat(result.pairs()).isEmpty();
    assertThat(result.rated()).hasSize(2);
  }

  @Test
  void aRetryMakesTheKeptReplyTheChosenOne() {
    Session session =
        new Conversations("sam", "s")
            .user("Give my boat a name")
            .assistant("Boat.")
            .assistant("How about Seagull, or Morning Tide?")
            .user("Morning Tide is wonderful, thank you!")
            .session();
    PreferencePair pair = run(session).only(Origin.RETRY);
    assertThat(pair.chosen().getFirst().content()).contains("Morning Tide");
    assertThat(pair.rejected().getFirst().content()).isEqualTo("Boat.");
    assertThat(pair.prompt()).hasSize(1);
    assertThat(pair.evidence()).extracting(e -> e.kind()).contains("retry", "thanks");
  }

  @Test
  void aRetryThatWasNotLikedEitherTeachesNothing() {
    Session session =
        new Conversations("sam", "s")
            .user("Give my boat a name")
            .assistant("Boat.")
            .assistant("Ship.")
            .thumb(false)
            .session();
    Result result = run(session);
    assertThat(result.pairs()).isEmpty();
    assertThat(result.rejected())
        .extracting(Extraction.Rejected::reason)
        .contains(DropReason.CHOSEN_NOT_BETTER);
  }

  @Test
  void aFixMakesThePersonsTextTheChosenOne() {
    Session session =
        new Conversations("sam", "s")
            .user("Sign the letter")
            .assistant("Best, the assistant")
            .fix("Warm regards, Sam")
            .session();
    PreferencePair pair = run(session).only(Origin.FIX);
    assertThat(pair.chosen().getFirst().content()).isEqualTo("Warm regards, Sam");
    assertThat(pair.weight().intensity()).isEqualTo(1);
  }

  private static final MemoryBlock.Line DOG =
      new MemoryBlock.Line("3", LocalDate.of(2026, 2, 3), "user", "My dog is called Biscuit.");

  private static Conversations askedForTheDog(String session, Instant at) {
    return new Conversations("sam", session, at)
        .recalling(Map.of("m3", DOG), "m3", "erased")
        .user("Please be more formal from now on. What is my dog called?")
        .assistant("Rex.")
        .fix("Certainly. Your dog is called Biscuit.");
  }

  @Test
  void aPairIsTrainedUnderTheSystemMessageTheAgentHad() {
    PreferencePair pair = run(askedForTheDog("s", Conversations.START).session()).only(Origin.FIX);
    assertThat(pair.prompt())
        .containsExactly(
            Message.system(
                """
                You are Mneme, a helpful assistant with a long-term memory.
                Today is 2026-03-01.
                The user prefers:
                - Use a formal tone.
                <memory>
                [3] 2026-02-03 user: My dog is called Biscuit.
                </memory>\
                """),
            Message.user("Please be more formal from now on. What is my dog called?"));
  }

  @Test
  void aWishOfAnotherSessionStandsInTheSystemMessageOnceItWasSaid() {
    Session before = capital("sam", "a", Conversations.START).recalling(Map.of()).session();
    Session wish =
        new Conversations("sam", "b", Conversations.START.plus(Duration.ofHours(1)))
            .user("Always use metric units.")
            .assistant("I will.")
            .session();
    Session after =
        new Conversations("sam", "c", Conversations.START.plus(Duration.ofHours(2)))
            .recalling(Map.of())
            .user("How long is a marathon?")
            .assistant("26 miles.")
            .fix("42 km.")
            .session();
    var state = ExtractorState.inMemory();
    var extractor = new PreferenceExtractor(ExtractorConfig.defaults(), InstantSource.fixed(NOW));
    Result all = run(extractor, History.of(List.of(before, wish, after)), state);
    assertThat(all.only(Origin.FIX).prompt().getFirst().content())
        .endsWith("The user prefers:\n- Use metric units.");
    Result erased = run(extractor, History.of(List.of(before, after)), state);
    assertThat(erased.only(Origin.FIX).prompt().getFirst().content())
        .endsWith("Today is 2026-03-01.");
  }

  @Test
  void theSamePairOnAnotherDayIsTheSamePair() {
    Result result =
        run(
            askedForTheDog("s", Conversations.START).session(),
            askedForTheDog("t", Conversations.START.plus(Duration.ofDays(3))).session());
    PreferencePair pair = result.only(Origin.FIX);
    assertThat(pair.prompt().getFirst().content()).contains("Today is 2026-03-04.");
    assertThat(pair.weight().frequency())
        .isGreaterThan(
            run(askedForTheDog("s", Conversations.START).session())
                .only(Origin.FIX)
                .weight()
                .frequency());
  }

  @Test
  void aMemoryThatWasErasedIsGoneFromPairsFoundBefore() {
    var state = ExtractorState.inMemory();
    var extractor = new PreferenceExtractor(ExtractorConfig.defaults(), InstantSource.fixed(NOW));
    Session session = askedForTheDog("s", Conversations.START).session();
    run(extractor, History.of(List.of(session)), state);
    Session erased = new Session(session.scope(), session.turns(), session.signals());
    Result after = run(extractor, History.of(List.of(erased)), state);
    assertThat(after.all().toString()).doesNotContain("My dog is called Biscuit");
    assertThat(after.pairs()).as("nobody could know the name now").isEmpty();
    assertThat(after.report().dropped()).containsKey(DropReason.GUESS);
  }

  @Test
  void aChoiceMakesThePickedReplyTheChosenOne() {
    Session session =
        new Conversations("sam", "s")
            .user("Write a headline about the harbour")
            .assistant("Harbour opens early")
            .assistant("News about a harbour somewhere")
            .choose(1, 2)
            .session();
    PreferencePair pair = run(session).only(Origin.CHOICE);
    assertThat(pair.chosen().getFirst().content()).isEqualTo("Harbour opens early");
  }

  @Test
  void likedAgainstDislikedRepliesToTheSameRequestFormAPair() {
    PreferencePair pair =
        run(capital("sam", "s", Conversations.START).session()).only(Origin.SATISFACTION_MARGIN);
    assertThat(pair.chosen().getFirst().content()).startsWith("Oslo");
    assertThat(pair.rejected().getFirst().content()).startsWith("Fish");
    assertThat(pair.prompt())
        .as("the failed exchange is not part of the prompt")
        .hasSize(1)
        .allSatisfy(message -> assertThat(message.content()).contains("harbour city"));
  }

  @Test
  void requestsAboutDifferentThingsFormNoPair() {
    Session session =
        new Conversations("sam", "s")
            .user("How do I boil an egg for four minutes?")
            .assistant("Fish is healthy.")
            .thumb(false)
            .user("Which city is the largest in Norway?")
            .assistant("Oslo is the largest city of Norway.")
            .thumb(true)
            .session();
    assertThat(run(session).pairs()).isEmpty();
  }

  @Test
  void remarksAreNoRequestsHoweverAlike() {
    Session session =
        new Conversations("sam", "s")
            .user("I have not seen that harbour film either")
            .assistant("And the one with the harbour pilot is fine.")
            .thumb(false)
            .user("I have not seen that harbour film either")
            .assistant("It tells of a pilot and his daughter.")
            .thumb(true)
            .session();
    assertThat(run(session).pairs()).isEmpty();
  }

  @Test
  void aGuessFromTheReplyAloneMakesNoPair() {
    Session session =
        new Conversations("sam", "s")
            .user("Which harbour city is the largest in Norway?")
            .assistant("Fish.")
            .user("Well then. Which harbour city is the largest in Denmark?")
            .assistant("The largest harbour city of Denmark is Copenhagen, on the island Zealand.")
            .session();
    assertThat(run(session).pairs()).isEmpty();
  }

  @Test
  void aClearSingleReplyIsRatedWithItsEvidence() {
    List<RatedReply> rated = run(capital("sam", "s", Conversations.START).session()).rated();
    assertThat(rated).hasSize(2);
    assertThat(rated.getFirst().satisfaction()).isLessThan(0.3);
    assertThat(rated.getLast().satisfaction()).isGreaterThan(0.75);
    assertThat(rated.getLast().evidence()).extracting(e -> e.kind()).contains("thumb");
  }

  @Test
  void explicitBeatsImplicit() {
    Session session =
        new Conversations("sam", "s")
            .user("Tell me about tides")
            .assistant("The moon pulls the sea.")
            .thumb(false)
            .user("Thank you, that is great, perfect!")
            .session();
    assertThat(run(session).rated().getFirst().satisfaction()).isLessThan(0.3);
  }

  @Test
  void runningTwiceGivesTheSameExtractions() {
    History history = History.of(List.of(capital("sam", "a", Conversations.START).session()));
    var extractor = new PreferenceExtractor(ExtractorConfig.defaults(), InstantSource.fixed(NOW));
    ExtractorState state = ExtractorState.inMemory();
    Result first = run(extractor, history, state);
    Result second = run(extractor, history, state);
    assertThat(second.all()).isEqualTo(first.all());
    assertThat(first.report().read()).isEqualTo(1);
    assertThat(second.report().read()).isZero();
  }

  @Test
  void addingSessionsOneByOneGivesWhatOneRunGives(@TempDir Path directory) {
    List<Session> sessions = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String user = i % 2 == 0 ? "sam" : "kim";
      sessions.add(
          capital(user, "s" + i, Conversations.START.plus(Duration.ofHours(i)))
              .user(i < 4 ? "I prefer short answers" : "I prefer long answers")
              .assistant("Fine.")
              .session());
    }
    var extractor = new PreferenceExtractor(ExtractorConfig.defaults(), InstantSource.fixed(NOW));
    Result whole = run(extractor, History.of(sessions), ExtractorState.inMemory());
    Result last = null;
    for (int i = 1; i <= sessions.size(); i++) {
      // A new object each time: what matters is what the directory remembers.
      last = run(extractor, History.of(sessions.subList(0, i)), ExtractorState.in(directory));
      assertThat(last.report().read()).isEqualTo(1);
    }
    assertThat(last).isNotNull();
    assertThat(last.all()).containsExactlyInAnyOrderElementsOf(whole.all());
  }

  @Test
  void aSessionThatGrewIsReadAgainAndReplacesItself() {
    var talk = capital("sam", "s", Conversations.START);
    ExtractorState state = ExtractorState.inMemory();
    var extractor = new PreferenceExtractor(ExtractorConfig.defaults(), InstantSource.fixed(NOW));
    run(extractor, History.of(List.of(talk.session())), state);
    talk.user("Write a haiku about it").assistant("Cold water, old ships.").rating(5);
    Result grown = run(extractor, History.of(List.of(talk.session())), state);
    assertThat(grown.report().read()).isEqualTo(1);
    assertThat(grown.rated()).hasSize(3);
    assertThat(grown.pairs()).hasSize(1);
  }

  @Test
  void whatIsErasedFromTheHistoryIsForgotten() {
    Session sam = capital("sam", "s", Conversations.START).session();
    Session kim = capital("kim", "k", Conversations.START).session();
    Session more = capital("kim", "more", Conversations.START).session();
    var extractor = new PreferenceExtractor(ExtractorConfig.defaults(), InstantSource.fixed(NOW));
    ExtractorState state = ExtractorState.inMemory();
    run(extractor, History.of(List.of(sam, kim, more)), state);
    Result after = run(extractor, History.of(List.of(kim)), state);
    assertThat(after.all()).isEqualTo(run(kim).all());
  }

  @Test
  void asOfLeavesLaterThingsOut() {
    var talk = capital("sam", "s", Conversations.START);
    History history = History.of(List.of(talk.session()));
    assertThat(run(ExtractorConfig.defaults(), NOW, history).pairs()).hasSize(1);
    Instant early = Conversations.START.plus(Duration.ofMinutes(3));
    assertThat(run(ExtractorConfig.defaults(), early, history.asOf(early)).pairs()).isEmpty();
  }

  @Test
  void anOlderPreferenceWeighsLess() {
    Session old = capital("sam", "old", Conversations.START.minus(Duration.ofDays(60))).session();
    Session young = capital("kim", "new", Conversations.START).session();
    Result result = run(old, young);
    assertThat(result.pairs()).hasSize(2);
    PreferencePair older = pairOf(result, "sam");
    PreferencePair newer = pairOf(result, "kim");
    assertThat(older.weight().recency()).isCloseTo(newer.weight().recency() / 4, within(1e-6));
    assertThat(older.weight().total()).isLessThan(newer.weight().total());
  }

  private static PreferencePair pairOf(Result result, String user) {
    return result.pairs().stream()
        .filter(pair -> pair.scope().user().equals(user))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aPreferenceExpressedInMoreSessionsWeighsMore() {
    Session[] once = {capital("kim", "k0", Conversations.START).session()};
    Session[] often = {
      capital("sam", "s0", Conversations.START).session(),
      capital("sam", "s1", Conversations.START).session(),
      capital("sam", "s2", Conversations.START).session(),
    };
    double single = run(once).only(Origin.SATISFACTION_MARGIN).weight().frequency();
    double repeated =
        run(often).pairs().stream().mapToDouble(p -> p.weight().frequency()).max().orElseThrow();
    assertThat(single).isEqualTo(1);
    assertThat(repeated).isGreaterThan(1.5);
  }

  @Test
  void aReversedPreferenceWinsOverItsPastInProportion() {
    Instant monthsAgo = Conversations.START.minus(Duration.ofDays(90));
    Session before = headline("s0", monthsAgo, 1, 2);
    Session after = headline("s1", Conversations.START, 2, 1);
    Result alone = run(before);
    Result both = run(before, after);
    double oldAlone = alone.pairs().getFirst().weight().total();
    PreferencePair past = chosen(both, "Harbour opens early");
    PreferencePair present = chosen(both, "New harbour for old ships");
    assertThat(past.weight().total()).isLessThan(0.2 * oldAlone);
    assertThat(present.weight().total()).isGreaterThan(5 * past.weight().total());
    assertThat(both.report().curves())
        .anySatisfy(
            curve -> {
              assertThat(curve.points().getFirst().shares().values()).contains(1.0, 0.0);
              double sum =
                  curve.points().getLast().shares().values().stream()
                      .mapToDouble(Double::doubleValue)
                      .sum();
              assertThat(sum).isCloseTo(1, within(1e-9));
              assertThat(curve.points().getLast().shares().values()).allMatch(s -> s > 0.05);
            });
  }

  private static Session headline(String session, Instant at, int chosen, int over) {
    return new Conversations("sam", session, at)
        .user("Write a headline about the harbour opening")
        .assistant("Harbour opens early")
        .assistant("New harbour for old ships")
        .choose(chosen, over)
        .session();
  }

  private static PreferencePair chosen(Result result, String text) {
    return result.pairs().stream()
        .filter(pair -> pair.chosen().getFirst().content().equals(text))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no pair choosing " + text + " in " + result.all()));
  }

  @Test
  void manyFlipsInADayAreManipulation() {
    var sessions = new ArrayList<Session>();
    for (int i = 0; i < 6; i++) {
      Instant at = Conversations.START.plus(Duration.ofHours(i));
      sessions.add(headline("s" + i, at, 1 + i % 2, 2 - i % 2));
    }
    Result result = run(sessions.toArray(Session[]::new));
    assertThat(result.pairs()).isEmpty();
    assertThat(result.report().dropped()).containsKey(DropReason.SUDDEN_FLIP);
  }

  /** Thirty corrections, by turns two words longer and two shorter than what was said. */
  private static Session corrected(String user) {
    var talk = new Conversations(user, "evening");
    for (int i = 0; i < 30; i++) {
      String street = "street " + i + ".";
      talk.user("Where is stop " + (i * 7 + 3) + " of line " + i + "?");
      if (i % 2 == 0) {
        talk.assistant("In " + street).fix("Certainly, madam, in " + street);
      } else {
        talk.assistant("Oh well, in " + street).fix("In " + street);
      }
    }
    return talk.session();
  }

  @Test
  void aLongEveningOfCorrectionsIsNoCampaignAndNoManipulation() {
    Result alone = run(corrected("sam"));
    assertThat(alone.pairs()).hasSize(30);
    assertThat(alone.report().dropped()).isEmpty();
  }

  @Test
  void oneLongSessionIsACampaignWhereSeveralTeachTheModel() {
    Result shared = run(corrected("sam"), capital("kim", "k", Conversations.START).session());
    assertThat(shared.report().dropped()).containsEntry(DropReason.CONCENTRATED, 10L);
  }

  @Test
  void oneLoudUserCannotOwnASharedModel() {
    var sessions = new ArrayList<Session>();
    for (int i = 0; i < 12; i++) {
      sessions.add(
          new Conversations("loud", "l" + i)
              .user("Sign letter number " + i + " for the harbour office")
              .assistant("Bye, assistant " + i)
              .fix("Warm regards from pier " + i + " and all of " + (i * 7 + 3) + " crews")
              .session());
    }
    for (String user : List.of("kim", "lee", "noor")) {
      sessions.add(capital(user, user, Conversations.START).session());
    }
    Result result = run(sessions.toArray(Session[]::new));
    double total = result.pairs().stream().mapToDouble(p -> p.weight().total()).sum();
    double loud =
        result.pairs().stream()
            .filter(p -> p.scope().user().equals("loud"))
            .mapToDouble(p -> p.weight().total())
            .sum();
    assertThat(result.pairs()).hasSizeGreaterThan(10);
    assertThat(loud / total).isLessThanOrEqualTo(0.5 + 1e-9);
    assertThat(result.report().totalWeight()).isCloseTo(total, within(1e-9));
  }

  @Test
  void optedOutAndForeignSessionsAreCountedNotLearned() {
    Session mine = capital("sam", "s", Conversations.START).session();
    Session theirs = capital("kim", "k", Conversations.START).session();
    History history =
        new History() {
          @Override
          public Stream<Session> sessions() {
            return Stream.of(mine, theirs);
          }

          @Override
          public Consent consentOf(String tenant, String user) {
            return user.equals("sam") ? Consent.OPTED_OUT : Consent.OWN_USE;
          }
        };
    Result result = run(ExtractorConfig.defaults().withTenant("elsewhere"), NOW, history);
    assertThat(result.pairs()).isEmpty();
    assertThat(result.report().dropped()).containsEntry(DropReason.OTHER_TENANT, 2L);
    Result home = run(ExtractorConfig.defaults().withTenant("home"), NOW, history);
    assertThat(home.pairs()).allMatch(pair -> pair.scope().user().equals("kim"));
    assertThat(home.report().dropped()).containsEntry(DropReason.OPTED_OUT, 1L);
  }

  @Test
  void requestsAreGroupedAcrossUsersOnlyWhereBothShare() {
    Session bad =
        new Conversations("sam", "s")
            .user("Which harbour city is the largest in Norway?")
            .assistant("Fish is healthy and tasty.")
            .thumb(false)
            .session();
    Session good =
        new Conversations("kim", "k")
            .recalling(Map.of("m3", DOG), "m3")
            .user("Which harbour city is the largest in Norway?")
            .assistant("Oslo is the largest city, with the largest passenger harbour.")
            .thumb(true)
            .session();
    assertThat(run(good, bad).pairs()).isEmpty();
    History shared = shared(List.of(good, bad), "sam", "kim");
    assertThat(run(ExtractorConfig.defaults(), NOW, shared).pairs())
        .singleElement()
        .satisfies(
            pair -> {
              assertThat(pair.scope().user()).isEqualTo("sam");
              assertThat(pair.prompt().getFirst().content())
                  .as("what one person told is not for the other's prompt")
                  .startsWith("You are Mneme")
                  .doesNotContain("Biscuit");
              assertThat(pair.evidence())
                  .as("the other person can be found when they are erased")
                  .anySatisfy(each -> assertThat(each.user()).endsWith("/kim"));
            });
    History half = shared(List.of(good, bad), "kim");
    assertThat(run(ExtractorConfig.defaults(), NOW, half).pairs()).isEmpty();
  }

  private static History shared(List<Session> sessions, String... users) {
    History all = History.of(sessions);
    return new History() {
      @Override
      @com.google.errorprone.annotations.MustBeClosed
      public Stream<Session> sessions() {
        return all.sessions();
      }

      @Override
      public Consent consentOf(String tenant, String user) {
        return List.of(users).contains(user) ? Consent.SHARED : Consent.OWN_USE;
      }
    };
  }

  @Test
  void statedPreferencesAreMemoriesAtOnce() {
    Session session =
        new Conversations("sam", "s")
            .user("Call me Sam. I prefer short answers.")
            .assistant("Fine, Sam.")
            .session();
    assertThat(run(session).stated())
        .extracting(StatedPreference::instruction)
        .containsExactlyInAnyOrder("Call the user Sam.", "Keep replies short.");
  }

  @Test
  void aReplyThatBreaksAStandingWishIsJudgedWorse() {
    String wordy = "The harbour has many ships and gulls and ropes. ".repeat(20);
    Session plain =
        new Conversations("sam", "a").user("Describe the harbour").assistant(wordy).session();
    Session wished =
        new Conversations("kim", "b")
            .user("I prefer short answers")
            .assistant("Fine.")
            .user("Describe the harbour")
            .assistant(wordy)
            .session();
    assertThat(run(plain).rated()).noneMatch(r -> r.satisfaction() < 0.3);
    Result result = run(wished);
    assertThat(result.rated())
        .filteredOn(r -> r.reply().getFirst().content().equals(wordy))
        .allSatisfy(
            r -> {
              assertThat(r.satisfaction()).isLessThan(0.5);
              assertThat(r.evidence())
                  .anySatisfy(
                      e -> {
                        assertThat(e.kind()).isEqualTo("broken_form_instruction");
                        assertThat(e.detail()).contains("I prefer short answers");
                      });
            });
  }

  private static Session tooLong() {
    return new Conversations("sam", "s")
        .user("Describe the harbour of Bergen to my sister")
        .assistant("The harbour of Bergen has many ships and gulls and ropes and nets. ".repeat(15))
        .user("Too long, please keep it short.")
        .session();
  }

  private static PreferenceExtractor rerunning(Rerunner rerunner) {
    return new PreferenceExtractor(
        ExtractorConfig.defaults(),
        SatisfactionModel.standard(),
        Similarity.LEXICAL_ONLY,
        rerunner,
        DenyList.NONE,
        InstantSource.fixed(NOW));
  }

  @Test
  void aRerunThatKeepsTheWishMakesAPair() {
    Result result =
        run(
            rerunning((prompt, wish) -> Optional.of("The harbour of Bergen: ships, gulls, nets.")),
            History.of(List.of(tooLong())),
            ExtractorState.inMemory());
    PreferencePair pair = result.only(Origin.RERUN);
    assertThat(pair.chosen().getFirst().content()).startsWith("The harbour of Bergen:");
    assertThat(pair.evidence()).anySatisfy(e -> assertThat(e.detail()).contains("keep it short"));
  }

  @Test
  void aReplyNobodyCouldAnswerAgainIsAnsweredAgainLaterAndOnce() {
    History history = History.of(List.of(tooLong()));
    ExtractorState state = ExtractorState.inMemory();
    assertThat(run(rerunning(Rerunner.NONE), history, state).pairs()).isEmpty();
    var asked = new AtomicInteger();
    Rerunner rerunner =
        (prompt, wish) -> {
          asked.incrementAndGet();
          return Optional.of("The harbour of Bergen: ships, gulls, nets.");
        };
    assertThat(run(rerunning(rerunner), history, state).pairs()).hasSize(1);
    assertThat(run(rerunning(rerunner), history, state).pairs()).hasSize(1);
    assertThat(asked).hasValue(1);
    assertThat(run(rerunning(Rerunner.NONE), history, state).pairs())
        .as("what was found stays found without a model at hand")
        .hasSize(1);
  }

  @Test
  void aRerunThatBreaksTheWishOrLeavesTheSubjectIsNotTaken() {
    for (String rerun :
        List.of("The harbour of Bergen is big and wide. ".repeat(30), "I like cheese.")) {
      Result result =
          run(
              rerunning((prompt, wish) -> Optional.of(rerun)),
              History.of(List.of(tooLong())),
              ExtractorState.inMemory());
      assertThat(result.pairs()).isEmpty();
    }
  }

  @Test
  void whoJudgedAReplyDidNotLeaveWithoutAWord() {
    Session judged =
        new Conversations("sam", "s")
            .user("Where is the harbour?")
            .assistant("I'm sorry, I'm not sure what you're asking. I cannot help with that.")
            .thumb(true)
            .session();
    assertThat(run(judged).rated())
        .isNotEmpty()
        .allSatisfy(
            each ->
                assertThat(each.evidence())
                    .noneMatch(evidence -> evidence.kind().equals("abandonment")));
  }

  @Test
  void everyPairExplainsItself() {
    Result result = run(capital("sam", "s", Conversations.START).session());
    assertThat(result.pairs())
        .allSatisfy(
            pair -> {
              assertThat(pair.evidence()).isNotEmpty();
              assertThat(pair.id()).hasSize(64);
              assertThat(pair.evidence()).allSatisfy(e -> assertThat(e.detail()).isNotBlank());
            });
  }
}
