package dev.mneme.cli;

import dev.mneme.agent.ChatModel;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.RunInfo.JudgeInfo;
import dev.mneme.evals.judge.FastChatFiles;
import dev.mneme.evals.judge.JudgeGate;
import dev.mneme.evals.judge.JudgePrompt;
import dev.mneme.evals.judge.LlmBar;
import dev.mneme.evals.judge.MtBench;
import dev.mneme.evals.judge.MtBenchQuestions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "mt-bench",
    description = {
      "MT-Bench with FastChat's files: answers, and a judge's grades or comparisons.",
      "Without --judge only the answers are written. With --baseline the judge compares the model"
          + " with other answers, each pair in both orders.",
      "A judge's grades are shown and written only when that judge has a score of its own on"
          + " LLMBar: --llmbar DIR measures it first. Without one the judgments are kept and the"
          + " exit code is 3."
    })
final class EvalMtBenchCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();

  @Option(
      names = "--questions",
      required = true,
      paramLabel = "FILE",
      description = "FastChat's question.jsonl.")
  Path questions = Path.of("");

  @Option(
      names = "--files",
      paramLabel = "DIR",
      defaultValue = "mt_bench",
      description = "Where model_answer and model_judgment are written (default: mt_bench).")
  Path files = Path.of("mt_bench");

  @Option(names = "--judge", paramLabel = "MODEL", description = "Who judges; named like --model.")
  @Nullable String judge;

  @Option(
      names = "--judge-prompts",
      paramLabel = "FILE",
      description = "Judge prompts in FastChat's format (default: our own).")
  @Nullable Path judgePrompts;

  @Option(
      names = "--references",
      paramLabel = "FILE",
      description = "Reference answers; a question's own human reference comes first.")
  @Nullable Path references;

  @Option(
      names = "--baseline",
      paramLabel = "FILE",
      description = "Answers of another model, as model_answer/MODEL.jsonl: compare in pairs.")
  @Nullable Path baseline;

  @Option(
      names = "--llmbar",
      paramLabel = "DIR",
      description = "LLMBar's files: measure the judge first where it has no score yet.")
  @Nullable Path llmBar;

  @Override
  public Integer call() {
    MtBenchQuestions asked = EvalFiles.reading(() -> MtBenchQuestions.read(questions));
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      EvalRun answers;
      try (ChatModel model = options.open(bench)) {
        answers = options.run(spec, bench, MtBench.answers(asked), model, options.settings(1024));
      }
      String name = answers.info().model().id();
      Path answerFile = FastChatFiles.writeAnswers(files, name, answers);
      var written = new ArrayList<EvalRunOptions.Extra>();
      written.add(EvalRunOptions.Extra.line("model_answer", answerFile.toString()));
      if (judge == null) {
        return options.print(spec, answers, written);
      }
      try (ChatModel judging = bench.models().open(judge)) {
        return judge(bench, asked, answers, name, judging, written);
      }
    }
  }

  private int judge(
      Workbench bench,
      MtBenchQuestions asked,
      EvalRun answers,
      String name,
      ChatModel judging,
      List<EvalRunOptions.Extra> written) {
    Path promptFile = judgePrompts;
    Map<String, JudgePrompt> prompts =
        EvalFiles.reading(
            () -> promptFile == null ? JudgePrompt.ours() : JudgePrompt.read(promptFile));
    Path referenceFile = references;
    Map<String, List<String>> known =
        referenceFile == null
            ? Map.of()
            : EvalFiles.reading(() -> MtBench.answersOf(referenceFile));
    Path barData = llmBar;
    if (barData != null && JudgeGate.find(options.root(bench), judging.ref()).isEmpty()) {
      EvalTask bar = EvalFiles.reading(() -> LlmBar.of(barData, prompts));
      options.run(spec, bench, bar, judging, options.unlimited(1024));
    }
    JudgeInfo info = JudgeGate.find(options.root(bench), judging.ref()).orElse(null);
    Map<String, List<String>> own = MtBench.answersOf(answers);
    Path other = baseline;
    EvalTask task;
    EvalRun judged;
    if (other == null) {
      task = EvalFiles.reading(() -> MtBench.single(asked, name, own, known, prompts));
      judged = options.run(spec, bench, task, judging, options.settings(2048));
      if (info != null) {
        Path file = FastChatFiles.writeSingle(files, name, task, judged, asked, known);
        written.add(EvalRunOptions.Extra.line("model_judgment", file.toString()));
      }
    } else {
      String baselineName = other.getFileName().toString().replaceFirst("\\.jsonl$", "");
      Map<String, List<String>> theirs = EvalFiles.reading(() -> MtBench.answersOf(other));
      task =
          EvalFiles.reading(
              () -> MtBench.pairwise(asked, baselineName, theirs, name, own, known, prompts));
      judged = options.run(spec, bench, task, judging, options.settings(2048));
      if (info != null) {
        Path file = FastChatFiles.writePairs(files, baselineName, name, task, judged, asked, known);
        written.add(EvalRunOptions.Extra.line("model_judgment", file.toString()));
      }
    }
    return options.print(spec, judged.judgedBy(info), written);
  }
}
