package dev.mneme.preference;

import dev.mneme.data.Evidence;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair.Origin;
import dev.mneme.data.Role;
import dev.mneme.data.SystemPrompt;
import dev.mneme.preference.dialogue.RequestText;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pairs of one user: those the sessions hold open (retry, fix, choice, rerun) and, within
 * each group of like requests, clearly better against clearly worse replies. Pure.
 */
final class PairMaker {
  private final ExtractorConfig.PairConfig config;
  private final Similarity similarity;

  PairMaker(ExtractorConfig.PairConfig config, Similarity similarity) {
    this.config = config;
    this.similarity = similarity;
  }

  /**
   * A pair with how often it was expressed.
   *
   * @param candidate the pair at its latest expression
   * @param expressions how often
   * @param sessions in how many distinct sessions
   * @param aspects what it is about
   * @param times when this very pair was expressed
   */
  record Found(
      Candidate candidate,
      int expressions,
      int sessions,
      List<Aspect> aspects,
      List<Instant> times) {}

  List<Found> find(UserState state) {
    var direct = new ArrayList<Candidate>();
    for (SessionFindings each : state.sessions()) {
      direct.addAll(each.candidates());
    }
    var all = new ArrayList<Candidate>(direct);
    all.addAll(margins(state.replies(), pairedAlready(direct), false));
    return count(all, state.wishes());
  }

  /** Pairs across people who share; both sides from different people. */
  List<Found> findShared(List<JudgedReply> replies) {
    return count(margins(replies, Set.of(), true), List.of());
  }

  private static Set<String> pairedAlready(List<Candidate> direct) {
    var paired = new HashSet<String>();
    for (Candidate each : direct) {
      paired.add(each.chosen().turnId() + "\n" + each.rejected().turnId());
    }
    return paired;
  }

  private List<Candidate> margins(
      List<JudgedReply> replies, Set<String> paired, boolean acrossUsers) {
    var grouping = new Grouping(config.similarity(), similarity);
    for (JudgedReply each : replies) {
      if (!each.request().isBlank()) {
        grouping.add(each);
      }
    }
    var found = new ArrayList<Candidate>();
    for (Grouping.Group group : grouping.groups()) {
      if (group.members().size() > 1) {
        margins(group.members(), paired, acrossUsers, found);
      }
    }
    return found;
  }

  /** Each bad reply, the latest first, against the best good one it can be set against. */
  private void margins(
      List<JudgedReply> members, Set<String> paired, boolean acrossUsers, List<Candidate> found) {
    var bad =
        members.stream()
            .filter(each -> each.disliked() && each.value() <= config.clearLow())
            .sorted(Comparator.comparing(JudgedReply::at).reversed())
            .limit(config.pairsPerGroup())
            .toList();
    var good =
        members.stream()
            .filter(each -> each.liked() && each.value() >= config.clearHigh())
            .sorted(
                Comparator.comparing(JudgedReply::explicit)
                    .thenComparingDouble(JudgedReply::value)
                    .thenComparing(JudgedReply::at)
                    .reversed())
            .limit(4L * config.pairsPerGroup())
            .toList();
    for (JudgedReply worse : bad) {
      for (JudgedReply better : good) {
        boolean sameUser = better.scope().user().equals(worse.scope().user());
        if (sameUser == acrossUsers
            || better.value() - worse.value() < config.margin()
            || paired.contains(better.turnId() + "\n" + worse.turnId())) {
          continue;
        }
        List<Message> prompt = commonPrompt(better, worse);
        if (prompt != null) {
          found.add(margin(prompt, better, worse));
          break;
        }
      }
    }
  }

  /** Says what is wanted: an answer like "no" or "me too" is no request, however often repeated. */
  private static boolean asks(String request) {
    var words = new RequestText(request);
    return words.asks() && words.stems().size() >= 2;
  }

  /** What one person told and wished is not for the other's prompt. */
  private static String bare(Instant at) {
    return SystemPrompt.render(
        SystemPrompt.PERSONA, LocalDate.ofInstant(at, ZoneOffset.UTC), List.of(), List.of());
  }

  private static Candidate margin(List<Message> prompt, JudgedReply better, JudgedReply worse) {
    Instant at = better.at().isAfter(worse.at()) ? better.at() : worse.at();
    String told =
        String.format(
            Locale.ROOT,
            "satisfaction %.2f against %.2f for \"%s\"",
            better.value(),
            worse.value(),
            clip(worse.request()));
    boolean own = better.scope().user().equals(worse.scope().user());
    var because = new ArrayList<Evidence>();
    because.add(new Evidence(better.turnId(), "margin", told));
    if (!own) {
      because.add(
          new Evidence(
              better.turnId(),
              "shared",
              "said to another person; both share",
              better.scope().tenant() + "/" + better.scope().user()));
    }
    return new Candidate(
        Origin.SATISFACTION_MARGIN,
        own || better.system().isEmpty() ? better.system() : bare(at),
        prompt,
        better,
        worse,
        Math.max(better.intensity(), worse.intensity()),
        Math.min(better.confidence(), worse.confidence()),
        at,
        because);
  }

  /**
   * A prompt that both sides answer: in one conversation the context before the first of them, in
   * two only the request itself; null when the request cannot be understood on its own.
   */
  private @Nullable List<Message> commonPrompt(JudgedReply better, JudgedReply worse) {
    boolean sameSession = better.scope().equals(worse.scope());
    String request = better.request();
    if (!asks(request) || !asks(worse.request())) {
      return null;
    }
    if (Aspect.normal(request).equals(Aspect.normal(worse.request()))) {
      request = worse.request();
    } else if (!new RequestText(request).selfContained()) {
      return null;
    }
    if (!sameSession) {
      return new RequestText(request).selfContained() ? List.of(Message.user(request)) : null;
    }
    List<Message> earlier = better.index() < worse.index() ? better.prompt() : worse.prompt();
    int lastUser = earlier.size() - 1;
    while (lastUser >= 0 && earlier.get(lastUser).role() != Role.USER) {
      lastUser--;
    }
    if (lastUser < 0) {
      return null;
    }
    var prompt = new ArrayList<>(earlier.subList(0, lastUser));
    prompt.add(Message.user(request));
    return prompt;
  }

  /**
   * Merges what is the same pair and counts expressions. A pair is supported by every expression of
   * the same pair and of the same aspect, wishes included; the best supported key counts.
   */
  private List<Found> count(List<Candidate> candidates, List<StatedPreference> wishes) {
    Map<String, Candidate> byId = new LinkedHashMap<>();
    Map<String, Tally> tallies = new HashMap<>();
    Map<String, List<Aspect>> aspects = new HashMap<>();
    Map<String, List<Instant>> times = new HashMap<>();
    for (StatedPreference wish : wishes) {
      tallies.computeIfAbsent(key(Aspect.of(wish)), k -> new Tally()).add(wish.scope().session());
    }
    for (Candidate each : candidates) {
      String id = each.id();
      byId.merge(id, each, PairMaker::later);
      times.computeIfAbsent(id, k -> new ArrayList<>()).add(each.at());
      List<Aspect> about =
          aspects.computeIfAbsent(id, k -> Aspect.of(each.chosen().text(), each.rejected().text()));
      var keys = new LinkedHashSet<String>();
      keys.add("pair:" + id);
      about.forEach(aspect -> keys.add(key(aspect)));
      for (String key : keys) {
        tallies.computeIfAbsent(key, k -> new Tally()).add(each.rejected().scope().session());
      }
    }
    var found = new ArrayList<Found>(byId.size());
    byId.forEach(
        (id, candidate) -> {
          List<Aspect> about = aspects.getOrDefault(id, List.of());
          Tally best = tallies.getOrDefault("pair:" + id, new Tally());
          for (Aspect each : about) {
            Tally tally = tallies.getOrDefault(key(each), best);
            best = tally.sessions.size() > best.sessions.size() ? tally : best;
          }
          found.add(
              new Found(
                  candidate,
                  Math.max(1, best.expressions),
                  Math.max(1, best.sessions.size()),
                  about,
                  times.getOrDefault(id, List.of())));
        });
    return found;
  }

  private static String key(Aspect aspect) {
    return aspect.slot() + "=" + aspect.value();
  }

  private static Candidate later(Candidate a, Candidate b) {
    boolean swap = b.at().isBefore(a.at());
    Candidate last = swap ? a : b;
    Candidate first = swap ? b : a;
    var because = new LinkedHashSet<>(last.because());
    because.addAll(first.because());
    return new Candidate(
        last.origin(),
        last.system(),
        last.prompt(),
        last.chosen(),
        last.rejected(),
        Math.max(a.intensity(), b.intensity()),
        Math.max(a.confidence(), b.confidence()),
        last.at(),
        List.copyOf(because));
  }

  private static final class Tally {
    int expressions;
    final Set<String> sessions = new HashSet<>();

    void add(String session) {
      expressions++;
      sessions.add(session);
    }
  }

  static String clip(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= 80 ? line : line.substring(0, 79) + "…";
  }
}
