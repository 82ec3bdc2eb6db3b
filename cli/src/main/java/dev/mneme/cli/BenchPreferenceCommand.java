package dev.mneme.cli;

import dev.mneme.cli.made.MadePreference;
import dev.mneme.cli.made.MadeTraining;
import dev.mneme.data.curriculum.Curriculum;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "preference",
    description =
        "What one training from some hundred made pairs does to replies on held-out prompts, and to"
            + " the curriculum score: shorter replies, a formal tone, metric units. Keys of"
            + " 'training' in the configuration apply.")
final class BenchPreferenceCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin BenchMadeOptions options = new BenchMadeOptions();

  @Option(
      names = "--kinds",
      split = ",",
      paramLabel = "NAME",
      description = "shorter, longer, formal, metric (default: shorter,formal,metric).")
  List<String> kinds = List.of("shorter", "formal", "metric");

  @Option(
      names = "--shares",
      split = ",",
      paramLabel = "SHARE",
      description =
          "Ask checkpoints part of the way to the trained one, too, for example 0.75,0.5.")
  List<Double> shares = List.of();

  @Override
  public Integer call() {
    List<MadePreference> preferences = new ArrayList<>();
    for (String kind : kinds) {
      try {
        preferences.add(MadePreference.valueOf(kind.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new UserError(
            "--kinds names " + kind + "; expected shorter, longer, formal or metric",
            ExitCodes.USAGE,
            e);
      }
    }
    return options.run(
        spec,
        Curriculum.load(),
        shares,
        training -> {
          List<MadeTraining.Moved> moved = preferences.stream().map(training::move).toList();
          if (options.json) {
            Output.json(spec, moved);
          } else {
            moved.forEach(this::print);
          }
        });
  }

  private void print(MadeTraining.Moved m) {
    PrintWriter out = Output.out(spec);
    out.printf(
        Locale.ROOT,
        "%-8s %d pairs: %5.1f %% -> %5.1f %% of %d held-out replies; curriculum %.1f -> %.1f;"
            + " kl %.3f, length drift %+.2f%n",
        m.preference(),
        m.pairs(),
        100 * m.before(),
        100 * m.after(),
        m.heldOut(),
        100 * m.curriculumBefore(),
        100 * m.curriculumAfter(),
        m.training().kl(),
        m.training().lengthDrift());
    for (MadeTraining.PartOfTheWay each : m.shorter()) {
      out.printf(
          Locale.ROOT,
          "         %.2f of the way: %5.1f %%; curriculum %.1f%n",
          each.share(),
          100 * each.after(),
          100 * each.curriculumAfter());
    }
    out.println("         asked " + line(m.example().get(0)));
    out.println("         before " + line(m.example().get(1)));
    out.println("         after  " + line(m.example().get(2)));
    out.flush();
  }

  private static String line(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= 100 ? line : line.substring(0, 97) + "...";
  }
}
