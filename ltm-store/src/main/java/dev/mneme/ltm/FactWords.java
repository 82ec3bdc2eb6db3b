package dev.mneme.ltm;

import java.util.Locale;
import java.util.Map;

/**
 * The words a question would use for a fact: "how old" for an age, "where do you live" for a home.
 * They are indexed with the turn a fact was drawn from, because a person who says "I'm 35" never
 * says "age".
 */
final class FactWords {
  private static final Map<String, String> ASKED =
      Map.ofEntries(
          Map.entry("name", "name first last full called call"),
          Map.entry("age", "age old years birthday"),
          Map.entry("birthday", "birthday born birth date age"),
          Map.entry("lives_in", "live home city town location located reside based area place"),
          Map.entry("from", "from origin hometown country born grew native"),
          Map.entry("works_as", "job work occupation profession career living do role position"),
          Map.entry("works_at", "work employer company job office workplace"),
          Map.entry("studies", "study major degree field subject school college university course"),
          Map.entry("pet", "pet animal dog cat name called"),
          Map.entry("likes", "like enjoy love favorite prefer interest hobby"),
          Map.entry("dislikes", "dislike hate avoid annoy bother"),
          Map.entry("prefers", "prefer preference favorite rather like"),
          Map.entry("favorite", "favorite best like prefer"),
          Map.entry("plans", "plan going intend future upcoming next want goal"),
          Map.entry("has", "have own possess"),
          Map.entry("relation", "family relative name called"),
          Map.entry("allergic_to", "allergy allergic avoid health reaction"),
          Map.entry("speaks", "language speak fluent"),
          Map.entry("call_me", "name called nickname address call"),
          Map.entry("married_to", "spouse husband wife partner married name"));

  private FactWords() {}

  static String of(Fact fact) {
    String attribute = fact.attribute().toLowerCase(Locale.ROOT);
    int colon = attribute.indexOf(':');
    String kind = colon < 0 ? attribute : attribute.substring(0, colon);
    String more = colon < 0 ? "" : attribute.substring(colon + 1) + " ";
    return more + ASKED.getOrDefault(kind, kind.replace('_', ' '));
  }
}
