package dev.mneme.preference;

import dev.mneme.preference.dialogue.RequestText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Puts replies whose requests are about the same thing into groups: each group is led by its first
 * request, and a request joins the most similar leader, or leads a new group. No chains: two
 * members are each like the leader.
 *
 * <p>Candidates come from an inverted index over the leader's rarest words, so a million requests
 * are not compared with each other. Confined to one thread.
 */
final class Grouping {
  /** A word in more groups than this tells nothing apart and is not followed. */
  private static final int COMMON = 200;

  /** Leaders compared at most. */
  private static final int COMPARED = 64;

  record Group(int number, RequestText leader, String leaderText, List<JudgedReply> members) {}

  private final double threshold;
  private final Similarity similarity;
  private final List<Group> groups = new ArrayList<>();
  private final Map<String, List<Integer>> byStem = new HashMap<>();
  private final Map<String, Integer> byText = new HashMap<>();

  Grouping(double threshold, Similarity similarity) {
    this.threshold = threshold;
    this.similarity = similarity;
  }

  /** The group of a request; a request without content words is alone. */
  Group add(JudgedReply reply) {
    String text = Aspect.normal(reply.request());
    Integer same = byText.get(text);
    Group group;
    if (same != null) {
      group = groups.get(same);
    } else {
      var request = new RequestText(reply.request());
      group = nearest(request, reply.request());
      if (group == null) {
        group = lead(request, reply.request());
      }
      byText.put(text, group.number);
    }
    group.members.add(reply);
    return group;
  }

  List<Group> groups() {
    return groups;
  }

  private @org.jspecify.annotations.Nullable Group nearest(RequestText request, String text) {
    var candidates = new TreeSet<Integer>();
    for (String stem : request.stems()) {
      List<Integer> holders = byStem.getOrDefault(stem, List.of());
      if (holders.size() <= COMMON) {
        candidates.addAll(holders);
      } else {
        // The newest leaders of a common word: people repeat themselves soon if at all.
        candidates.addAll(holders.subList(holders.size() - COMPARED / 4, holders.size()));
      }
    }
    Group best = null;
    double most = threshold;
    int compared = 0;
    for (int number : candidates.descendingSet()) {
      if (++compared > COMPARED) {
        break;
      }
      Group each = groups.get(number);
      if (request.namesOtherThings(each.leader)) {
        continue; // vectors of a small model take Italy for Spain
      }
      double alike =
          Math.max(request.similarity(each.leader), similarity.between(text, each.leaderText));
      if (alike > most || (alike == most && best == null)) {
        most = alike;
        best = each;
      }
    }
    return best;
  }

  private Group lead(RequestText request, String text) {
    var group = new Group(groups.size(), request, text, new ArrayList<>());
    groups.add(group);
    for (String stem : request.stems()) {
      byStem.computeIfAbsent(stem, s -> new ArrayList<>()).add(group.number);
    }
    return group;
  }
}
