package dev.mneme.cli;

import dev.mneme.data.Evidence;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.preference.Extraction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "list",
    description = "Wishes you stated and pairs of replies, the weightiest first.")
final class PreferencesListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin PreferencesWindow window = new PreferencesWindow();

  @Option(names = "--explain", description = "Also print the evidence behind each.")
  boolean explain;

  @Option(names = "--all", description = "Also single rated replies, and what was refused and why.")
  boolean all;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    var found = new ArrayList<Extraction>();
    window.run(
        spec,
        each -> {
          boolean shown =
              switch (each) {
                case Extraction.Pair p -> true;
                case Extraction.Stated s -> true;
                case Extraction.Rated r -> all;
                case Extraction.Rejected r -> all;
              };
          if (shown) {
            found.add(each);
          }
        });
    found.sort(Comparator.comparingDouble((Extraction each) -> -rank(each)));
    if (json) {
      Output.json(spec, found);
    } else {
      found.forEach(this::print);
      if (found.isEmpty()) {
        Output.err(spec).println("nothing learnt yet");
      }
    }
    return ExitCodes.OK;
  }

  private static double rank(Extraction each) {
    return switch (each) {
      case Extraction.Stated s -> Double.MAX_VALUE;
      case Extraction.Pair pair -> pair.pair().weight().total();
      case Extraction.Rated rated -> rated.reply().weight() - 1_000;
      case Extraction.Rejected rejected -> -Double.MAX_VALUE;
    };
  }

  private void print(Extraction each) {
    var out = Output.out(spec);
    switch (each) {
      case Extraction.Stated(var wish) ->
          out.printf(
              Locale.ROOT,
              "wish  %s  %s%s%n",
              wish.id().substring(0, 12),
              wish.instruction(),
              wish.until() == null ? "" : "  (until " + wish.until() + ")");
      case Extraction.Pair(var pair) -> {
        out.printf(
            Locale.ROOT,
            "pair  %s  %.3f  %s  \"%s\"%n",
            pair.id().substring(0, 12),
            pair.weight().total(),
            pair.origin().name().toLowerCase(Locale.ROOT),
            PreferencesText.clip(PreferencesText.last(pair.prompt())));
        explain(pair.evidence());
      }
      case Extraction.Rated(var reply) -> {
        out.printf(
            Locale.ROOT,
            "reply %s  %.2f  \"%s\"%n",
            reply.id().substring(0, 12),
            reply.satisfaction(),
            PreferencesText.clip(PreferencesText.last(reply.reply())));
        explain(reply.evidence());
      }
      case Extraction.Rejected rejected ->
          out.printf(
              Locale.ROOT,
              "drop  %s  %s: %s%n",
              rejected.id().substring(0, Math.min(12, rejected.id().length())),
              rejected.reason().wireName(),
              rejected.explanation());
    }
  }

  private void explain(List<Evidence> evidence) {
    if (explain) {
      evidence.forEach(
          each ->
              Output.out(spec)
                  .printf(
                      Locale.ROOT,
                      "        %s: %s (%s)%n",
                      each.kind(),
                      each.detail(),
                      each.turnId()));
    }
  }

  /** Text for terminals. */
  static final class PreferencesText {
    private PreferencesText() {}

    static String last(List<Message> messages) {
      return messages.isEmpty() ? "" : messages.getLast().content();
    }

    static String clip(String text) {
      String line = text.strip().replaceAll("\\s+", " ");
      return line.length() <= 70 ? line : line.substring(0, 69) + "…";
    }

    static String whole(PreferencePair pair) {
      var text = new StringBuilder();
      pair.prompt().forEach(each -> add(text, each.role().wireName(), each.content()));
      pair.chosen().forEach(each -> add(text, "chosen", each.content()));
      pair.rejected().forEach(each -> add(text, "rejected", each.content()));
      return text.toString();
    }

    private static void add(StringBuilder text, String who, String what) {
      text.append("  ").append(who).append(": ").append(indented(what)).append('\n');
    }

    /** A system message has many lines, which must not look like the command's own. */
    static String indented(String text) {
      return text.strip().replace("\n", "\n    ");
    }
  }
}
