package dev.mneme.cli;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatRequest;
import dev.mneme.cli.evolve.Blame;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Sampling;
import dev.mneme.data.SystemPrompt;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.dpo.train.ReplyTrace;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "blame",
    description =
        "Name the evidence that moved a reply most: the training that made a checkpoint is done"
            + " once more, and the change of the reply's log-probability is shared out among the"
            + " pairs and replies it learned from. Costs about three times that training.")
final class ModelsBlameCommand implements Callable<Integer> {
  private static final int REPLY_TOKENS = 160;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "ID", description = "Id, prefix of it, or name, of a trained one.")
  String id = "";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description =
          "What the user says. Default: the request of the heaviest pair the checkpoint learned"
              + " from.")
  @Nullable String prompt;

  @Option(
      names = "--reply",
      paramLabel = "TEXT",
      description = "The reply in question. Default: what the checkpoint answers, greedily.")
  @Nullable String reply;

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      description = "Preference pairs to look ids up in before the memory.")
  @Nullable Path pairs;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "How many to name (default: ${DEFAULT-VALUE}).")
  int top = 10;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  /**
   * One line of the answer.
   *
   * @param change of the reply's log-probability, nats
   * @param request what was asked there; null for replayed data
   * @param chosen the better reply, or the one that was imitated
   * @param rejected the worse reply of a pair
   * @param turns where it was said
   */
  private record Named(
      String kind,
      String id,
      double change,
      double weight,
      @Nullable String request,
      @Nullable String chosen,
      @Nullable String rejected,
      List<String> turns) {}

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      CheckpointManifest manifest = bench.registry().require(id);
      var blame = new Blame(bench);
      Blame.Evidence evidence = blame.evidence(manifest, pairsOfFile());
      List<Message> asked = asked(bench, evidence);
      String answer = reply == null ? answer(bench, manifest, asked) : reply;
      if (answer.isBlank()) {
        throw new UserError("the reply is empty, so nothing moved it; give one with --reply");
      }
      PrintWriter err = Output.err(spec);
      err.printf(
          Locale.ROOT,
          "training %s once more from %s, on %d pairs and %d replies%n",
          manifest.id(),
          manifest.parent(),
          evidence.set().trainPairs().size(),
          evidence.set().replies().size());
      err.flush();
      var traced = blame.trace(manifest, evidence, asked, answer);
      print(asked, answer, evidence, traced);
      return ExitCodes.OK;
    }
  }

  private List<PreferencePair> pairsOfFile() {
    if (pairs == null) {
      return List.of();
    }
    if (!Files.isRegularFile(pairs)) {
      throw new UserError("there is no file " + pairs);
    }
    return JsonLines.readAll(pairs, PreferencePair.class);
  }

  private List<Message> asked(Workbench bench, Blame.Evidence evidence) {
    if (prompt == null) {
      return evidence.set().trainPairs().stream()
          .max((a, b) -> Double.compare(a.weight().total(), b.weight().total()))
          .orElseThrow()
          .prompt();
    }
    LocalDate today = LocalDate.ofInstant(bench.clock().instant(), ZoneOffset.UTC);
    String system = SystemPrompt.render(SystemPrompt.PERSONA, today, List.of(), List.of());
    return List.of(Message.system(system), Message.user(prompt));
  }

  private static String answer(Workbench bench, CheckpointManifest manifest, List<Message> asked) {
    try (ChatModel model = bench.models().open(bench.registry().folder(manifest).toString())) {
      return model
          .generate(
              new ChatRequest(asked, List.of(), Sampling.greedy(REPLY_TOKENS)),
              text -> {},
              new Cancellation())
          .message()
          .content();
    }
  }

  private List<Named> named(ReplyTrace.Result trace, Blame.Evidence evidence) {
    Map<String, PreferencePair> pairById = new HashMap<>();
    evidence.set().trainPairs().forEach(pair -> pairById.put(pair.id(), pair));
    Map<String, RatedReply> replyById = new HashMap<>();
    evidence.set().replies().forEach(each -> replyById.put(each.id(), each));
    List<Named> named = new ArrayList<>();
    for (ReplyTrace.Influence each : trace.influences()) {
      PreferencePair pair = each.kind().equals("pair") ? pairById.get(each.id()) : null;
      RatedReply rated = replyById.get(each.id());
      if (pair != null) {
        named.add(
            new Named(
                each.kind(),
                each.id(),
                each.change(),
                pair.weight().total(),
                Message.request(pair.prompt()),
                pair.chosen().getLast().content(),
                pair.rejected().getLast().content(),
                pair.evidence().stream().map(e -> e.turnId()).distinct().toList()));
      } else if (rated != null) {
        named.add(
            new Named(
                each.kind(),
                each.id(),
                each.change(),
                rated.satisfaction() * rated.weight(),
                Message.request(rated.prompt()),
                rated.reply().getLast().content(),
                null,
                rated.evidence().stream().map(e -> e.turnId()).distinct().toList()));
      } else {
        named.add(new Named(each.kind(), each.id(), each.change(), 1, null, null, null, List.of()));
      }
    }
    return named;
  }

  private void print(
      List<Message> asked,
      String answer,
      Blame.Evidence evidence,
      ModelCandidateTrainer.Traced traced) {
    ReplyTrace.Result trace = traced.trace();
    List<Named> named = named(trace, evidence);
    if (json) {
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("prompt", asked.getLast().content());
      value.put("reply", answer);
      value.put("reply_tokens", trace.tokens());
      value.put("logp_before", trace.before());
      value.put("logp_after", trace.after());
      value.put("unexplained", trace.unexplained());
      value.put("reproduced", traced.reproduced());
      value.put("missing", evidence.missing());
      value.put("evidence", named.stream().limit(top).toList());
      Output.json(spec, value);
      return;
    }
    PrintWriter out = Output.out(spec);
    out.println("asked   " + shorten(asked.getLast().content()));
    out.println("reply   " + shorten(answer));
    out.printf(
        Locale.ROOT,
        "Training moved its log-probability from %.2f to %.2f (%+.2f nats over %d tokens).%n",
        trace.before(),
        trace.after(),
        trace.change(),
        trace.tokens());
    for (Named each : named.stream().limit(top).toList()) {
      out.printf(
          Locale.ROOT,
          "%+8.3f  %s %s  weight %.2f%s%n",
          each.change(),
          each.kind(),
          each.id().length() > 12 ? each.id().substring(0, 12) : each.id(),
          each.weight(),
          each.turns().isEmpty() ? "" : "  turns " + String.join(", ", each.turns()));
      if (each.request() != null) {
        out.println("          asked " + shorten(each.request()));
        out.println("          +     " + shorten(String.valueOf(each.chosen())));
      }
      if (each.rejected() != null) {
        out.println("          -     " + shorten(each.rejected()));
      }
    }
    double rest = named.stream().skip(top).mapToDouble(Named::change).sum();
    out.printf(
        Locale.ROOT,
        "%+8.3f  %d others together%n%+8.3f  not shared out (second order and momentum)%n",
        rest,
        Math.max(0, named.size() - top),
        trace.unexplained());
    out.println(
        traced.reproduced()
            ? "The training came out as before, byte by byte."
            : "The training did not come out byte by byte as before"
                + (evidence.missing().isEmpty()
                    ? ": version, processor or settings differ."
                    : ": "
                        + evidence.missing().size()
                        + " pairs or replies are no longer in memory."));
    out.flush();
  }

  private static String shorten(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= 90 ? line : line.substring(0, 87) + "...";
  }
}
