package dev.mneme.cli;

import dev.mneme.cli.made.MadeTraining;
import dev.mneme.data.curriculum.Curriculum;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "reversal",
    description =
        "A wish that reverses half-way (whole sentences for sixty days, bare answers since),"
            + " learned by plain DPO and with recency, frequency, intensity and supervised"
            + " grounding added one by one.")
final class BenchReversalCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin BenchMadeOptions options = new BenchMadeOptions();

  @Override
  public Integer call() {
    return options.run(
        spec,
        Curriculum.load(),
        List.of(),
        training -> {
          List<MadeTraining.Followed> arms = training.reversal();
          if (options.json) {
            Output.json(spec, arms);
            return;
          }
          PrintWriter out = Output.out(spec);
          out.println("| method | old wish | new wish | curriculum | rewards/accuracies | kl |");
          out.println("|---|---|---|---|---|---|");
          for (MadeTraining.Followed each : arms) {
            out.printf(
                Locale.ROOT,
                "| %s | %.1f %% | %.1f %% | %.1f %% | %.2f | %.3f |%n",
                each.arm(),
                100 * each.oldWish(),
                100 * each.newWish(),
                100 * each.curriculum(),
                each.rewardAccuracy(),
                each.kl());
          }
          out.flush();
        });
  }
}
