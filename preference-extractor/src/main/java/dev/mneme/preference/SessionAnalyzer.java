package dev.mneme.preference;

import dev.mneme.data.Evidence;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair.Origin;
import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.Signal;
import dev.mneme.data.SystemPrompt;
import dev.mneme.data.Turn;
import dev.mneme.preference.dialogue.Dialogue;
import dev.mneme.preference.dialogue.RequestText;
import dev.mneme.preference.dialogue.Satisfaction;
import dev.mneme.preference.dialogue.SatisfactionModel;
import dev.mneme.preference.dialogue.Sighting;
import dev.mneme.preference.dialogue.SignalReader;
import dev.mneme.preference.dialogue.Utterance;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one session: signals, satisfaction, and the pairs that lie open in it. A pure function of
 * the session and the wishes that stood when it began (and of the {@link Rerunner}, if there is
 * one).
 */
final class SessionAnalyzer {
  /** Changes with every change of what is found in a session. */
  private static final String VERSION = "analyzer/4";

  /** How much of the person's acts the model's reading may still move. */
  private static final double EXPLICIT_SHARE = 0.9;

  /** Log-odds of a full-strength sighting the model has no feature for. */
  private static final double EXTRA_LOG_ODDS = 2;

  /** Turns before a discarded reply that are read to judge it. */
  private static final int CONTEXT = 40;

  private final ExtractorConfig.PairConfig config;
  private final SatisfactionModel model;
  private final Rerunner rerunner;

  SessionAnalyzer(ExtractorConfig.PairConfig config, SatisfactionModel model, Rerunner rerunner) {
    this.config = config;
    this.model = model;
    this.rerunner = rerunner;
  }

  /**
   * Another one, and what was read before is read again.
   *
   * @param said see {@link #analyze}
   */
  String reader(List<StatedPreference> said) {
    return VERSION
        + " "
        + config.minConfidence()
        + " "
        + config.promptMessages()
        + " "
        + config.promptCharacters()
        + " "
        + said.stream().map(StatedPreference::id).sorted().toList();
  }

  /**
   * @param standing the checkable wishes that may hold in the session
   * @param said what the person had asked for, in words that a prompt repeats, when it began
   */
  SessionFindings analyze(
      Session session, List<StatedPreference> standing, List<StatedPreference> said) {
    return new Reading(session, standing, said).findings();
  }

  /** The state of reading one session. */
  private final class Reading {
    private final Session session;
    private final Map<String, Turn> byId = new LinkedHashMap<>();
    private final Map<String, List<Signal>> signals = new HashMap<>();
    private final List<Turn> line = new ArrayList<>();
    private final Map<String, List<Turn>> alternatives = new LinkedHashMap<>();
    private final Map<String, List<Turn>> rivals = new HashMap<>();
    private final List<StatedPreference> said;
    private final List<StatedPreference> wishes = new ArrayList<>();
    private final List<StatedPreference> checkable = new ArrayList<>();
    private final Map<String, List<Sighting>> sightings = new LinkedHashMap<>();
    private final Map<String, JudgedReply> judged = new LinkedHashMap<>();
    private final List<Candidate> candidates = new ArrayList<>();
    private int openReruns;

    Reading(Session session, List<StatedPreference> standing, List<StatedPreference> said) {
      this.session = session;
      this.said = said;
      this.checkable.addAll(standing);
      for (Turn each : session.turns()) {
        byId.put(each.id(), each);
      }
      for (Signal each : session.signals()) {
        signals.computeIfAbsent(each.turnId(), id -> new ArrayList<>()).add(each);
        if (each instanceof Signal.Choice choice) {
          signals.computeIfAbsent(choice.overTurnId(), id -> new ArrayList<>()).add(choice);
        }
      }
    }

    SessionFindings findings() {
      layOut();
      for (Turn each : session.turns()) {
        wishes.addAll(WishReader.read(each));
      }
      checkable.addAll(wishes);
      checkable.retainAll(checkable.stream().filter(FormCheck::canCheck).toList());
      List<StatedPreference> resolved = StatedPreference.resolve(checkable);
      checkable.clear();
      checkable.addAll(resolved);
      judgeLine();
      judgeDiscarded();
      retries();
      fixesAndChoices();
      revisions();
      var clear =
          judged.values().stream()
              .filter(reply -> reply.confidence() >= config.minConfidence())
              .toList();
      var observed = new ArrayList<Signal.Observed>();
      sightings.forEach(
          (turnId, seen) -> {
            for (Sighting each : seen) {
              observed.add(
                  new Signal.Observed(
                      turnId,
                      reactionTime(turnId),
                      each.kind(),
                      each.direction(),
                      each.intensity(),
                      each.because()));
            }
          });
      return new SessionFindings(
          session.scope(),
          session.fingerprint(reader(said)),
          session.turns().size(),
          judged.size(),
          clear,
          candidates,
          wishes,
          observed,
          openReruns);
    }

    /** Separates the line of the conversation from the replies that were taken back. */
    private void layOut() {
      for (Turn each : session.turns()) {
        if (isReply(each) && each.replyTo() != null) {
          alternatives.computeIfAbsent(each.replyTo(), id -> new ArrayList<>()).add(each);
        }
      }
      for (Signal each : session.signals()) {
        if (each instanceof Signal.Retry retry) {
          linkRetry(retry);
        }
      }
      Set<String> discarded = new HashSet<>();
      for (List<Turn> several : alternatives.values()) {
        Turn kept = kept(several);
        several.stream()
            .filter(turn -> !turn.equals(kept))
            .forEach(turn -> discarded.add(turn.id()));
        several.forEach(turn -> rivals.put(turn.id(), several));
      }
      session.turns().stream().filter(turn -> !discarded.contains(turn.id())).forEach(line::add);
    }

    /** Where in the line the first turn after this index stands; the line's size if none does. */
    private int after(int index) {
      int low = 0;
      int high = line.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (line.get(middle).index() <= index) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    /** Where in the line the last turn before this index stands; -1 if none does. */
    private int before(int index) {
      return after(index - 1) - 1;
    }

    /** A retry of a log that has no {@code replyTo}: both replies answer the same turn. */
    private void linkRetry(Signal.Retry retry) {
      Turn first = byId.get(retry.turnId());
      Turn second = byId.get(retry.newTurnId());
      if (first == null || second == null || !isReply(first) || !isReply(second)) {
        return;
      }
      boolean linked =
          alternatives.values().stream().anyMatch(a -> a.contains(first) && a.contains(second));
      if (!linked) {
        alternatives
            .computeIfAbsent("retry of " + first.id(), id -> new ArrayList<>(List.of(first)))
            .add(second);
      }
    }

    /** The last of several replies, unless the person chose another. */
    private Turn kept(List<Turn> several) {
      Turn kept = several.getLast();
      for (Signal each : session.signals()) {
        if (each instanceof Signal.Choice choice) {
          for (Turn turn : several) {
            if (turn.id().equals(choice.turnId())) {
              kept = turn;
            }
          }
        }
      }
      return kept;
    }

    private boolean isReply(Turn turn) {
      return turn.message().role() == Role.ASSISTANT
          && turn.message().toolCalls().isEmpty()
          && !turn.message().content().isBlank();
    }

    private void judgeLine() {
      List<Turn> spoken =
          line.stream().filter(turn -> turn.message().role() != Role.SYSTEM).toList();
      var dialogue = new Dialogue(spoken.stream().map(Reading::utterance).toList());
      Map<Integer, Satisfaction> values = model.judge(dialogue);
      for (Sighting each : SignalReader.read(dialogue)) {
        String id = spoken.get(each.reply()).id();
        // Who judged the reply did not leave without a word.
        if (each.kind() != Signal.Kind.ABANDONMENT || act(id) == null) {
          see(id, each);
        }
      }
      for (int i = 0; i < spoken.size(); i++) {
        Satisfaction value = values.get(i);
        if (value != null && isReply(spoken.get(i))) {
          judge(spoken.get(i), value);
        }
      }
    }

    private void judgeDiscarded() {
      for (List<Turn> several : alternatives.values()) {
        for (Turn each : several) {
          if (judged.containsKey(each.id())) {
            continue;
          }
          var before = new ArrayList<Utterance>();
          int end = before(each.index());
          for (Turn turn : line.subList(Math.max(0, end + 1 - CONTEXT), end + 1)) {
            if (turn.message().role() != Role.SYSTEM && !several.contains(turn)) {
              before.add(utterance(turn));
            }
          }
          before.add(utterance(each));
          Satisfaction value = model.judge(new Dialogue(before)).get(before.size() - 1);
          if (value != null) {
            judge(each, value);
          }
        }
      }
    }

    private static Utterance utterance(Turn turn) {
      Utterance.Speaker speaker =
          switch (turn.message().role()) {
            case USER, SYSTEM -> Utterance.Speaker.PERSON;
            case ASSISTANT -> Utterance.Speaker.ASSISTANT;
            case TOOL -> Utterance.Speaker.TOOL;
          };
      return new Utterance(speaker, turn.message().content());
    }

    private void see(String turnId, Sighting sighting) {
      sightings.computeIfAbsent(turnId, id -> new ArrayList<>()).add(sighting);
    }

    private void judge(Turn reply, Satisfaction read) {
      String text = reply.message().content();
      for (Sighting each : brokenWishes(reply)) {
        see(reply.id(), each);
      }
      contradiction(reply).ifPresent(each -> see(reply.id(), each));
      List<Sighting> seen = sightings.getOrDefault(reply.id(), List.of());
      double value = read.value();
      double extra = 0;
      for (Sighting each : seen) {
        if (each.kind() == Signal.Kind.BROKEN_FORM_INSTRUCTION
            || each.kind() == Signal.Kind.CONTRADICTS_MEMORY) {
          extra += EXTRA_LOG_ODDS * each.direction() * each.intensity();
        }
      }
      double confidence = read.confidence();
      if (extra != 0) {
        value = sigmoid(Math.log(value / (1 - value)) + extra);
        confidence = Math.max(confidence, Math.abs(2 * value - 1));
      }
      double intensity = 0;
      for (Sighting each : seen) {
        intensity = Math.max(intensity, Math.abs(each.direction()) * each.intensity());
      }
      var evidence = new ArrayList<Evidence>();
      Act act = act(reply.id());
      if (act != null) {
        value = EXPLICIT_SHARE * act.value + (1 - EXPLICIT_SHARE) * value;
        confidence = act.confidence;
        intensity = act.intensity;
        evidence.add(new Evidence(reply.id(), act.kind, act.told));
      }
      for (Sighting each : seen) {
        evidence.add(
            new Evidence(reply.id(), each.kind().name().toLowerCase(Locale.ROOT), each.because()));
      }
      evidence.add(new Evidence(reply.id(), "satisfaction", told(value, read)));
      boolean confirmed = act != null ? act.value > 0.5 : confirmedBy(seen);
      judged.put(
          reply.id(),
          new JudgedReply(
              reply.id(),
              reply.scope(),
              reply.index(),
              request(reply),
              system(reply),
              prompt(reply),
              List.of(reply.message()),
              value,
              confidence,
              intensity == 0 ? Math.abs(2 * value - 1) : intensity,
              act != null,
              act != null ? act.value > 0.5 : liked(seen),
              act != null ? act.value < 0.5 : disliked(seen),
              confirmed,
              Borrowed.share(text, sources(reply)),
              act != null ? act.at : reactionTime(reply.id()),
              evidence));
    }

    private static boolean liked(List<Sighting> seen) {
      return !disliked(seen)
          && seen.stream()
              .anyMatch(
                  each ->
                      switch (each.kind()) {
                        case THANKS, PRAISE -> true;
                        // One word in common may be chance, two are an answer to the reply.
                        case FOLLOW_UP -> each.intensity() >= 0.8;
                        default -> false;
                      });
    }

    private static boolean disliked(List<Sighting> seen) {
      return seen.stream()
          .anyMatch(
              each ->
                  switch (each.kind()) {
                    case COMPLAINT,
                        CORRECTION,
                        CLARIFICATION_REQUEST,
                        REPHRASE,
                        ABANDONMENT,
                        BROKEN_FORM_INSTRUCTION,
                        CONTRADICTS_MEMORY ->
                        true;
                    default -> false;
                  });
    }

    private static boolean confirmedBy(List<Sighting> seen) {
      return seen.stream()
          .anyMatch(
              each ->
                  switch (each.kind()) {
                    case THANKS, PRAISE, TOOL_SUCCESS -> true;
                    default -> false;
                  });
    }

    private static String told(double value, Satisfaction read) {
      var told = new StringBuilder(String.format(Locale.ROOT, "%.2f", value));
      String separator = ": ";
      for (Satisfaction.Reason each : read.reasons()) {
        told.append(separator)
            .append(each.told())
            .append(String.format(Locale.ROOT, " (%+.1f)", each.logOdds()));
        separator = ", ";
      }
      return told.toString();
    }

    /** When the person took notice of the reply: at their next turn, else when it was given. */
    private Instant reactionTime(String turnId) {
      Turn reply = byId.get(turnId);
      if (reply == null) {
        throw new AssertionError("a sighting about the unknown turn " + turnId);
      }
      for (int i = after(reply.index()); i < line.size(); i++) {
        if (line.get(i).message().role() == Role.USER) {
          return line.get(i).at();
        }
      }
      return reply.at();
    }

    private record Act(
        String kind, double value, double confidence, double intensity, Instant at, String told) {}

    /** The latest act about a reply; copying yields to any other. */
    private @Nullable Act act(String turnId) {
      List<Act> acts =
          signals.getOrDefault(turnId, List.of()).stream()
              .map(signal -> act(turnId, signal))
              .flatMap(Optional::stream)
              .sorted(
                  Comparator.comparing((Act act) -> !act.kind.equals("copied"))
                      .thenComparing(Act::at))
              .toList();
      return acts.isEmpty() ? null : acts.getLast();
    }

    private static Optional<Act> act(String turnId, Signal signal) {
      Instant at = signal.at();
      return switch (signal) {
        case Signal.Thumb thumb ->
            Optional.of(
                new Act(
                    "thumb",
                    thumb.up() ? 0.97 : 0.03,
                    0.95,
                    0.8,
                    at,
                    (thumb.up() ? "thumb up" : "thumb down")
                        + (thumb.why() == null ? "" : ": \"" + thumb.why() + "\"")));
        case Signal.Rating rating ->
            Optional.of(
                new Act(
                    "rating",
                    0.03 + 0.94 * (rating.stars() - 1) / 4,
                    rating.stars() == 3 ? 0.3 : 0.95,
                    Math.abs(rating.stars() - 3) / 2.0,
                    at,
                    rating.stars() + " of 5 stars"));
        case Signal.Fix fix ->
            Optional.of(new Act("fix", 0.08, 0.95, 1, at, "the person wrote a better reply"));
        case Signal.Choice choice -> {
          boolean won = choice.turnId().equals(turnId);
          yield Optional.of(
              new Act(
                  "choice",
                  won ? 0.9 : 0.12,
                  0.95,
                  0.9,
                  at,
                  won
                      ? "chosen over " + choice.overTurnId()
                      : choice.turnId() + " was chosen over it"));
        }
        case Signal.Retry retry ->
            Optional.of(new Act("retry", 0.15, 0.7, 0.7, at, "the person asked for another reply"));
        case Signal.Copied copied ->
            Optional.of(new Act("copied", 0.88, 0.7, 0.5, at, "the person copied the reply"));
        // Logged observations are read again from the dialogue itself, so that a better detector
        // replaces what a worse one once saw.
        case Signal.Observed observed -> Optional.empty();
      };
    }

    private String request(Turn reply) {
      for (int i = before(reply.index()); i >= 0; i--) {
        if (line.get(i).message().role() == Role.USER) {
          return line.get(i).message().content();
        }
      }
      return "";
    }

    /** The line up to the reply, from its latest messages, cut to size, never opening on a tool. */
    private List<Message> prompt(Turn reply) {
      List<Turn> others = rivals.getOrDefault(reply.id(), List.of());
      var messages = new ArrayList<Message>();
      int characters = 0;
      for (int i = before(reply.index()); i >= 0; i--) {
        Turn each = line.get(i);
        if (others.contains(each)) {
          continue;
        }
        characters += each.message().content().length();
        boolean full =
            messages.size() >= config.promptMessages() || characters > config.promptCharacters();
        if (full && !messages.isEmpty()) {
          break;
        }
        messages.addFirst(each.message());
      }
      while (messages.size() > 1
          && (messages.getFirst().role() == Role.TOOL
              || messages.getFirst().role() == Role.ASSISTANT)) {
        messages.removeFirst();
      }
      return messages;
    }

    /**
     * The system message the agent was given for this reply: training under another one than chat
     * has teaches little of what chat needs, and a fact that was recalled must be seen to be said.
     * The persona is the default one, whose name alone is logged.
     */
    private String system(Turn reply) {
      Provenance provenance = reply.provenance();
      if (provenance == null) {
        return "";
      }
      var stated = new ArrayList<>(said);
      wishes.stream().filter(wish -> precedes(wish, reply)).forEach(stated::add);
      var lines = new ArrayList<MemoryBlock.Line>();
      for (String id : provenance.memoriesUsed()) {
        MemoryBlock.Line line = session.memories().get(id);
        if (line != null) {
          lines.add(line);
        }
      }
      return SystemPrompt.render(
          SystemPrompt.PERSONA,
          LocalDate.ofInstant(reply.at(), ZoneOffset.UTC),
          StatedPreference.instructions(stated, session.scope().session(), reply.at()),
          lines);
    }

    /** Texts the reply could have taken over: tool results since the request, recalled memories. */
    private List<String> sources(Turn reply) {
      var texts = new ArrayList<String>();
      for (int i = before(reply.index()); i >= 0; i--) {
        Message message = line.get(i).message();
        if (message.role() == Role.USER) {
          break;
        }
        if (message.role() == Role.TOOL) {
          texts.add(message.content());
        }
      }
      texts.addAll(recalled(reply));
      return texts;
    }

    private List<String> recalled(Turn reply) {
      var provenance = reply.provenance();
      if (provenance == null) {
        return List.of();
      }
      var texts = new ArrayList<String>();
      for (String id : provenance.memoriesUsed()) {
        MemoryBlock.Line line = session.memories().get(id);
        if (line != null) {
          texts.add(line.text());
        }
      }
      return texts;
    }

    private List<Sighting> brokenWishes(Turn reply) {
      var broken = new ArrayList<Sighting>();
      for (StatedPreference wish : checkable) {
        boolean before = wish.from().isBefore(reply.at()) || precedes(wish, reply);
        if (before
            && wish.holds(session.scope().session(), reply.at())
            && FormCheck.check(wish, reply.message().content()) == FormCheck.Verdict.BROKEN) {
          broken.add(
              new Sighting(
                  reply.index(),
                  Signal.Kind.BROKEN_FORM_INSTRUCTION,
                  -0.8,
                  0.8,
                  "breaks the wish \"" + wish.wording() + "\""));
        }
      }
      return broken;
    }

    private boolean precedes(StatedPreference wish, Turn reply) {
      Turn said = byId.get(wish.turnId());
      return said != null && said.index() < reply.index();
    }

    private Optional<Sighting> contradiction(Turn reply) {
      return Facts.contradiction(reply.message().content(), recalled(reply))
          .map(
              because ->
                  new Sighting(reply.index(), Signal.Kind.CONTRADICTS_MEMORY, -0.9, 0.8, because));
    }

    private void retries() {
      for (List<Turn> several : alternatives.values()) {
        JudgedReply kept = judged.get(kept(several).id());
        if (several.size() < 2 || kept == null || chosenByHand(several)) {
          continue;
        }
        for (Turn each : several) {
          JudgedReply discarded = judged.get(each.id());
          if (discarded == null || discarded.turnId().equals(kept.turnId())) {
            continue;
          }
          // Stopping after a retry is a choice, a weak one unless the person then liked it.
          double confidence = kept.explicit() ? kept.value() : 0.5 + 0.4 * (kept.value() - 0.5);
          candidates.add(
              new Candidate(
                  Origin.RETRY,
                  kept.system(),
                  kept.prompt(),
                  kept,
                  discarded,
                  0.7,
                  Math.clamp(confidence, 0, 1),
                  kept.at(),
                  List.of(
                      new Evidence(
                          each.id(),
                          "retry",
                          "the person asked again and kept " + kept.turnId()))));
        }
      }
    }

    private boolean chosenByHand(List<Turn> several) {
      return session.signals().stream()
          .anyMatch(
              each ->
                  each instanceof Signal.Choice choice
                      && several.stream().anyMatch(turn -> turn.id().equals(choice.turnId())));
    }

    private void fixesAndChoices() {
      for (Signal each : session.signals()) {
        switch (each) {
          case Signal.Fix fix -> fix(fix);
          case Signal.Choice choice -> choice(choice);
          case Signal.Thumb t -> {}
          case Signal.Rating r -> {}
          case Signal.Retry r -> {}
          case Signal.Copied c -> {}
          case Signal.Observed o -> {}
        }
      }
    }

    private void fix(Signal.Fix fix) {
      JudgedReply wrong = judged.get(fix.turnId());
      if (wrong == null) {
        return;
      }
      var why = new Evidence(fix.turnId(), "fix", "the person wrote the reply they wanted");
      var better =
          new JudgedReply(
              fix.turnId() + "#fix",
              wrong.scope(),
              wrong.index(),
              wrong.request(),
              wrong.system(),
              wrong.prompt(),
              List.of(Message.assistant(fix.better())),
              0.97,
              0.95,
              1,
              true,
              true,
              false,
              true,
              0,
              fix.at(),
              List.of(why));
      candidates.add(
          new Candidate(
              Origin.FIX,
              wrong.system(),
              wrong.prompt(),
              better,
              wrong,
              1,
              0.95,
              fix.at(),
              List.of(why)));
    }

    private void choice(Signal.Choice choice) {
      JudgedReply won = judged.get(choice.turnId());
      JudgedReply lost = judged.get(choice.overTurnId());
      if (won != null && lost != null) {
        candidates.add(
            new Candidate(
                Origin.CHOICE,
                won.system(),
                won.prompt(),
                won,
                lost,
                0.9,
                0.95,
                choice.at(),
                List.of(
                    new Evidence(
                        choice.turnId(), "choice", "chosen over " + choice.overTurnId()))));
      }
    }

    /**
     * A wish about the reply before it ("shorter, please") makes that reply the rejected side; the
     * chosen one is the next reply of the log if a check confirms that it keeps the wish, else a
     * rerun's.
     */
    private void revisions() {
      for (StatedPreference wish : wishes) {
        Turn said = byId.get(wish.turnId());
        if (said == null) {
          continue;
        }
        JudgedReply old = lastJudged(said.index());
        if (old == null
            || FormCheck.check(wish, old.text()) != FormCheck.Verdict.BROKEN
            || !aboutReply(said, old)) {
          continue;
        }
        JudgedReply revised = nextJudged(said.index());
        if (revised != null && keeps(wish, old, revised.text()) && revised.value() >= 0.5) {
          add(Origin.RETRY, wish, said, old, revised, 0.8, "revised as asked");
        } else if (!rerunner.ready()) {
          openReruns++;
        } else {
          Optional<String> rerun = rerunner.rerun(old.prompt(), wish);
          if (rerun.isPresent() && keeps(wish, old, rerun.get())) {
            add(
                Origin.RERUN,
                wish,
                said,
                old,
                rerun(old, wish, rerun.get()),
                0.7,
                "rerun as asked");
          }
        }
      }
    }

    /** The wish came with a new request when it takes up other words than the reply's. */
    private boolean aboutReply(Turn said, JudgedReply old) {
      var words = new RequestText(said.message().content());
      return words.stems().size() <= 6
          || words.containedIn(new RequestText(old.request() + " " + old.text())) >= 0.5;
    }

    private boolean keeps(StatedPreference wish, JudgedReply old, String reply) {
      var before = new RequestText(old.request() + " " + old.text());
      return FormCheck.check(wish, reply) == FormCheck.Verdict.KEPT
          && new RequestText(reply).containedIn(before) >= 0.3;
    }

    private JudgedReply rerun(JudgedReply old, StatedPreference wish, String reply) {
      return new JudgedReply(
          old.turnId() + "#rerun",
          old.scope(),
          old.index(),
          old.request(),
          old.system(),
          old.prompt(),
          List.of(Message.assistant(reply)),
          0.8,
          0.7,
          0.7,
          false,
          true,
          false,
          true,
          0,
          wish.from(),
          List.of(
              new Evidence(wish.turnId(), "rerun", "answered again with: " + wish.instruction())));
    }

    private void add(
        Origin origin,
        StatedPreference wish,
        Turn said,
        JudgedReply old,
        JudgedReply better,
        double confidence,
        String how) {
      candidates.add(
          new Candidate(
              origin,
              old.system(),
              old.prompt(),
              better,
              old,
              0.8,
              confidence,
              said.at(),
              List.of(
                  new Evidence(
                      wish.turnId(),
                      "stated_preference",
                      wish.slot() + "=" + wish.value() + ": \"" + wish.wording() + "\", " + how))));
    }

    private @Nullable JudgedReply lastJudged(int before) {
      for (int i = before(before); i >= 0; i--) {
        JudgedReply reply = judged.get(line.get(i).id());
        if (reply != null) {
          return reply;
        }
      }
      return null;
    }

    private @Nullable JudgedReply nextJudged(int after) {
      for (int i = after(after); i < line.size(); i++) {
        JudgedReply reply = judged.get(line.get(i).id());
        if (reply != null) {
          return reply;
        }
      }
      return null;
    }
  }

  private static double sigmoid(double z) {
    return 1 / (1 + Math.exp(-z));
  }
}
