package dev.mneme.cli;

import dev.mneme.cli.PreferencesListCommand.PreferencesText;
import dev.mneme.preference.Extraction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "show",
    description = "One preference, refusal or rated reply with its factors and evidence.")
final class PreferencesShowCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin PreferencesWindow window = new PreferencesWindow();

  @Parameters(index = "0", paramLabel = "ID", description = "The id, or its beginning.")
  String id = "";

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    var found = new ArrayList<Extraction>();
    window.run(
        spec,
        each -> {
          if (id(each).startsWith(id)) {
            found.add(each);
          }
        });
    if (found.isEmpty()) {
      throw new UserError("no preference has the id " + id + "; see mneme preferences list --all");
    }
    if (found.size() > 1) {
      List<String> ids = found.stream().map(PreferencesShowCommand::id).limit(5).toList();
      throw new UserError("the id " + id + " is not one but several: " + String.join(", ", ids));
    }
    if (json) {
      Output.json(spec, found.getFirst());
    } else {
      print(found.getFirst());
    }
    return ExitCodes.OK;
  }

  private static String id(Extraction each) {
    return switch (each) {
      case Extraction.Pair pair -> pair.pair().id();
      case Extraction.Rated rated -> rated.reply().id();
      case Extraction.Stated stated -> stated.preference().id();
      case Extraction.Rejected rejected -> rejected.id();
    };
  }

  private void print(Extraction each) {
    var out = Output.out(spec);
    switch (each) {
      case Extraction.Pair(var pair) -> {
        var w = pair.weight();
        out.printf(Locale.ROOT, "pair %s (%s, %s)%n", pair.id(), pair.origin(), pair.at());
        out.printf(
            Locale.ROOT,
            "  weight %.4f: frequency %.3f x recency %.3f x intensity %.3f x confidence %.3f,"
                + " after reversals and caps%n",
            w.total(),
            w.frequency(),
            w.recency(),
            w.intensity(),
            w.confidence());
        out.print(PreferencesText.whole(pair));
        pair.evidence()
            .forEach(
                e ->
                    out.printf(
                        Locale.ROOT, "  because %s: %s (%s)%n", e.kind(), e.detail(), e.turnId()));
      }
      case Extraction.Rated(var reply) -> {
        out.printf(
            Locale.ROOT,
            "reply %s: satisfaction %.2f, confidence %.2f, weight %.4f%n",
            reply.id(),
            reply.satisfaction(),
            reply.confidence(),
            reply.weight());
        reply
            .prompt()
            .forEach(
                m ->
                    out.printf(
                        Locale.ROOT,
                        "  %s: %s%n",
                        m.role().wireName(),
                        PreferencesText.indented(m.content())));
        reply.reply().forEach(m -> out.printf(Locale.ROOT, "  reply: %s%n", m.content()));
        reply
            .evidence()
            .forEach(
                e ->
                    out.printf(
                        Locale.ROOT, "  because %s: %s (%s)%n", e.kind(), e.detail(), e.turnId()));
      }
      case Extraction.Stated(var wish) ->
          out.printf(
              Locale.ROOT,
              "wish %s: %s%n  said \"%s\" (%s) on %s, reach %s%s%n",
              wish.id(),
              wish.instruction(),
              wish.wording(),
              wish.turnId(),
              wish.from(),
              wish.reach(),
              wish.until() == null ? "" : ", until " + wish.until());
      case Extraction.Rejected rejected ->
          out.printf(
              Locale.ROOT,
              "dropped %s: %s (%s)%n",
              rejected.id(),
              rejected.reason().told(),
              rejected.explanation());
    }
  }
}
