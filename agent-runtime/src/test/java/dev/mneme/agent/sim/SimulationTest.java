package dev.mneme.agent.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class SimulationTest {
  @TempDir Path dir;

  /**
   * Answers from the memories in its prompt, in the style its generation learnt; seeded like a
   * model.
   */
  private static final class LearningModel implements ChatModel, Evolution {
    private static final Pattern NAME = Pattern.compile("dog(?: is called|,) (\\w+)");
    private final ChatModel inner = ScriptedChatModel.answering("inner", 4096, this::answer);
    final AtomicInteger asked = new AtomicInteger();
    final List<History> histories = new ArrayList<>();
    final List<Integer> measured = new ArrayList<>();
    volatile int generation;

    private Message answer(ChatRequest request) {
      asked.incrementAndGet();
      var matcher = NAME.matcher(request.messages().getFirst().content());
      String fact = matcher.find() ? matcher.group(1) : "green";
      long seed = request.sampling().seed();
      return Message.assistant(
          generation > 0
              ? "Sure! It is " + fact + ". More?"
              : "It is " + fact + ". I could say much more, for example number " + seed % 7 + ".");
    }

    @Override
    public ModelRef ref() {
      return new ModelRef("gen-" + generation, "h" + generation);
    }

    @Override
    public int contextTokens() {
      return inner.contextTokens();
    }

    @Override
    public int countTokens(List<Message> messages, List<ToolSpec> tools) {
      return inner.countTokens(messages, tools);
    }

    @Override
    public ChatReply generate(
        ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
      ChatReply reply = inner.generate(request, onText, cancellation);
      return new ChatReply(reply.message(), reply.finish(), reply.latency(), ref());
    }

    @Override
    public Outcome evolve(int round, History history, Instant now) {
      histories.add(history);
      generation = round;
      return new Outcome(true, ref(), "learnt to be warm", Map.of("kl", 0.1 * round));
    }

    @Override
    public Map<String, Double> measure(int round) {
      measured.add(round);
      return Map.of("mt_bench_style", 3.0 + generation);
    }

    @Override
    public void restore(Outcome last) {
      generation = Integer.parseInt(last.model().id().substring(4));
    }

    @Override
    public void close() {}
  }

  private SimulationConfig config(String log, int cells, int steps, int evolve, int concurrency) {
    return new SimulationConfig(
        cells, steps, 42, evolve, 5, Sampling.chat(0, 60), dir.resolve(log), concurrency, 0, null);
  }

  private static String run(SimulationConfig config, LearningModel model)
      throws InterruptedException {
    return new Simulation(
            Scenario.load("household-assistant"), config, model, model, progress -> {})
        .run();
  }

  private String hash(String log) throws IOException {
    return Hashes.sha256(Files.readString(dir.resolve(log)));
  }

  @Test
  void oneSeedGivesOneLogAtAnyNumberOfThreads() throws Exception {
    run(config("one", 6, 20, 10, 1), new LearningModel());
    run(config("many", 6, 20, 10, 6), new LearningModel());
    assertThat(hash("many")).isEqualTo(hash("one"));
    assertThat(EventLog.read(dir.resolve("one"))).hasSizeGreaterThan(6 * 20 * 4);
  }

  @Test
  void aKilledRunResumesToTheSameLogWithoutAskingAgain() throws Exception {
    var uninterrupted = new LearningModel();
    run(config("whole", 4, 30, 10, 4), uninterrupted);
    byte[] whole = Files.readAllBytes(dir.resolve("whole"));
    for (double part : new double[] {0.02, 0.2, 0.37, 0.5, 0.81, 0.999}) {
      int cut = (int) (whole.length * part);
      String log = "cut-" + part;
      Files.write(dir.resolve(log), java.util.Arrays.copyOf(whole, cut));
      var resumed = new LearningModel();
      run(config(log, 4, 30, 10, 4), resumed);
      assertThat(hash(log)).as("cut at %s", part).isEqualTo(hash("whole"));
      assertThat(resumed.asked.get()).isLessThanOrEqualTo(uninterrupted.asked.get());
      if (part > 0.5) {
        assertThat(resumed.asked.get()).isLessThan(uninterrupted.asked.get() / 2);
      }
    }
  }

  @Test
  void weightsAreMeasuredBeforeTheFirstStepAndAfterEveryCycleOnce() throws Exception {
    var model = new LearningModel();
    run(config("whole", 2, 20, 10, 2), model);
    assertThat(model.measured).containsExactly(0, 1);
    assertThat(SimulationReport.of(dir.resolve("whole")).generations())
        .extracting(Generation::weights)
        .containsExactly(Map.of("mt_bench_style", 3.0), Map.of("mt_bench_style", 4.0));
    String whole = Files.readString(dir.resolve("whole"));
    // Killed between the cycle and its measurement: the cycle is not run again.
    int second = whole.lastIndexOf("{\"type\":\"measured\"");
    Files.writeString(dir.resolve("cut"), whole.substring(0, second));
    var resumed = new LearningModel();
    run(config("cut", 2, 20, 10, 2), resumed);
    assertThat(resumed.measured).containsExactly(1);
    assertThat(resumed.histories).isEmpty();
    assertThat(hash("cut")).isEqualTo(hash("whole"));
  }

  @Test
  void aCutInTheMiddleOfACycleRunsTheCycleAgain() throws Exception {
    run(config("whole", 2, 20, 10, 2), new LearningModel());
    String whole = Files.readString(dir.resolve("whole"));
    int evolved = whole.indexOf("{\"type\":\"evolved\"");
    Files.writeString(dir.resolve("cut"), whole.substring(0, evolved));
    var resumed = new LearningModel();
    run(config("cut", 2, 20, 10, 2), resumed);
    assertThat(resumed.histories).hasSize(1);
    assertThat(hash("cut")).isEqualTo(hash("whole"));
  }

  @Test
  void anotherRunsLogIsRefused() throws Exception {
    run(config("log", 2, 10, 0, 2), new LearningModel());
    assertThatThrownBy(() -> run(config("log", 3, 10, 0, 2), new LearningModel()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another run");
  }

  @Test
  void aModelThatLearnsSatisfiesMoreAndTheReportShowsIt() throws Exception {
    run(config("log", 8, 60, 20, 8), new LearningModel());
    var report = SimulationReport.of(dir.resolve("log"));
    assertThat(report.generations()).hasSize(3);
    Generation first = report.generations().get(0);
    Generation second = report.generations().get(1);
    assertThat(second.satisfaction()).isGreaterThan(first.satisfaction() + 0.2);
    assertThat(second.words()).isLessThan(first.words());
    assertThat(second.promoted()).isTrue();
    assertThat(first.remembered()).isGreaterThan(0.3);
    assertThat(first.leaks()).isZero();
    report.write(dir.resolve("report.html"));
    assertThat(Files.readString(dir.resolve("report.html")))
        .contains("learnt to be warm", "Before and after", "<svg", "At first")
        .containsPattern("New reactions to learn from: \\w+[ \\w]* \\d+, .*; from \\w+ \\d+, ")
        .containsPattern("<b>-</b> It is \\w+\\. I could .*<b>\\+</b> [A-Z]\\w+.* It is ")
        .doesNotContain("http://", "https://", "<script");
    assertThat(report.table()).contains("gen-0", "gen-1");
  }

  @Test
  void theReportSaysWhenPeopleChangeTheirMind() throws Exception {
    Scenario changing = Scenario.load("household-assistant").withDriftAt(3);
    var model = new LearningModel();
    new Simulation(changing, config("log", 2, 5, 0, 2), model, null, progress -> {}).run();
    var report = SimulationReport.of(dir.resolve("log"));
    assertThat(report.table()).contains("People change what they like at step 3.");
    assertThat(report.html()).contains("People change what they like at step 3.");

    new Simulation(changing, config("short", 2, 3, 0, 2), model, null, progress -> {}).run();
    assertThat(SimulationReport.of(dir.resolve("short")).table()).doesNotContain("People change");
  }

  @Test
  void aCycleSeesTurnsAndSignalsOnly() throws Exception {
    var model = new LearningModel();
    run(config("log", 4, 20, 10, 4), model);
    Evolution.History history = model.histories.getFirst();
    assertThat(history.turns()).hasSizeGreaterThanOrEqualTo(4 * 10 * 2);
    assertThat(history.signals()).isNotEmpty();
    assertThat(history.turns().stream().map(each -> each.scope().user()).distinct()).hasSize(4);
    for (Class<?> each :
        List.of(HiddenProfile.class, SimulatedUser.class, Taste.class, Cell.class)) {
      assertThat(java.lang.reflect.Modifier.isPublic(each.getModifiers())).isFalse();
    }
    assertThat(history.toString()).doesNotContain("ONE_SENTENCE", "Judged", "satisfaction");
  }

  @Test
  void aCellThatFailsIsCountedAndTheOthersGoOn() throws Exception {
    var model =
        ScriptedChatModel.answering(
            "half",
            4096,
            request -> {
              if (request.toString().contains("Ana")) {
                throw new ChatModelException("no power", true, null);
              }
              return Message.assistant("Fine.");
            });
    var config = config("log", 12, 10, 0, 12);
    new Simulation(Scenario.load("household-assistant"), config, model, null, progress -> {}).run();
    List<SimEvent> events = EventLog.read(dir.resolve("log"));
    long failed = events.stream().filter(SimEvent.CellFailed.class::isInstance).count();
    assertThat(failed).isBetween(1L, 11L);
    assertThat(events.getLast()).isEqualTo(new SimEvent.Ended(10, "finished"));
  }

  @Test
  void aModelThatSaysNothingSatisfiesNobodyAndStopsNobody() throws Exception {
    var silent = ScriptedChatModel.answering("silent", 4096, request -> Message.assistant(""));
    var config = config("log", 3, 10, 0, 3);
    new Simulation(Scenario.load("household-assistant"), config, silent, null, p -> {}).run();
    List<SimEvent> events = EventLog.read(dir.resolve("log"));
    assertThat(events).noneMatch(SimEvent.CellFailed.class::isInstance);
    Generation all = SimulationReport.of(dir.resolve("log")).generations().getFirst();
    assertThat(all.replies()).isEqualTo(30);
    assertThat(all.satisfaction()).isZero();
  }

  private static Wishes shout() {
    return new Wishes() {
      private final List<String> heard = new ArrayList<>();

      @Override
      public void heard(Turn turn) {
        if (turn.message().content().toLowerCase(Locale.ROOT).contains("please")) {
          heard.add("Wish of " + turn.scope().user());
        }
      }

      @Override
      public List<String> standing(String session, Instant now) {
        return heard.stream().distinct().toList();
      }
    };
  }

  @Test
  void agentsThatRememberAreToldWhatTheirOwnPersonWishes() throws Exception {
    for (Scenario.MemoryScope memory : Scenario.MemoryScope.values()) {
      List<String> prompts = java.util.Collections.synchronizedList(new ArrayList<>());
      var model =
          ScriptedChatModel.answering(
              "long",
              4096,
              request -> {
                prompts.add(request.messages().getFirst().content());
                return Message.assistant("No. ".repeat(30));
              });
      Scenario scenario = Scenario.load("household-assistant").withMemory(memory);
      var surroundings = new Surroundings(SimulationTest::shout, null);
      new Simulation(
              scenario, config("w" + memory, 3, 20, 0, 1), model, null, surroundings, p -> {})
          .run();
      boolean told = prompts.stream().anyMatch(each -> each.contains("Wish of c1-resident"));
      assertThat(told).as("memory %s", memory).isEqualTo(memory != Scenario.MemoryScope.NONE);
      assertThat(prompts)
          .noneMatch(each -> each.contains("Wish of c0") && each.contains("Wish of c1"));
    }
  }

  @Test
  void aNewcomerSpeaksFromTheStepTheyJoin() throws Exception {
    Scenario scenario =
        Scenario.parse(
            """
            name: two
            personas: {kind: You are kind.}
            agents: [{id: one, persona: kind}]
            users:
              - {id: ana, agent: one, names: [Ana], tasks: [{ask: ["Hello?"]}]}
              - {id: bob, agent: one, names: [Bob], joins: 3, tasks: [{ask: ["Hi?"]}]}
            """,
            "two.yaml");
    var model = ScriptedChatModel.answering("m", 4096, request -> Message.assistant("Fine."));
    new Simulation(scenario, config("log", 2, 5, 0, 2), model, null, progress -> {}).run();
    assertThat(EventLog.read(dir.resolve("log")))
        .filteredOn(each -> each instanceof SimEvent.Asked asked && asked.by().equals("Bob"))
        .extracting(each -> ((SimEvent.Asked) each).step())
        .containsExactlyInAnyOrder(3, 3, 4, 4);
    assertThat(SimulationReport.of(dir.resolve("log")).people())
        .extracting(SimulationReport.Person::by)
        .containsExactly("ana", "bob", "ana", "bob");
  }

  @Test
  void anAgentOfASimulationCallsTheToolsItWasGiven() throws Exception {
    Scenario scenario =
        Scenario.parse(
            """
            name: tools
            personas: {kind: You are kind.}
            agents: [{id: one, persona: kind, tools: [calculator]}]
            users:
              - {id: ana, agent: one, tasks: [{ask: ["What is 12 times 12?"], answers: ["144"]}]}
            """,
            "tools.yaml");
    var model =
        ScriptedChatModel.answering(
            "m",
            4096,
            request -> {
              Message last = request.messages().getLast();
              assertThat(request.tools()).extracting(ToolSpec::name).containsExactly("calculator");
              return last.role() == Role.TOOL
                  ? Message.assistant("It is " + last.content() + ".")
                  : new Message(
                      Role.ASSISTANT,
                      "",
                      List.of(new ToolCall("c1", "calculator", Map.of("expression", "12 * 12"))),
                      null);
            });
    var config = config("log", 2, 5, 0, 2);
    new Simulation(scenario, config, model, null, progress -> {}).run();
    Generation all = SimulationReport.of(dir.resolve("log")).generations().getFirst();
    assertThat(all.taskSuccess()).isEqualTo(1);
    byte[] whole = Files.readAllBytes(dir.resolve("log"));
    var silent =
        ScriptedChatModel.answering(
            "m",
            4096,
            request -> {
              throw new AssertionError("a replay asks no model");
            });
    new Simulation(scenario, config, silent, null, progress -> {}).run();
    assertThat(Files.readAllBytes(dir.resolve("log"))).isEqualTo(whole);
  }

  @Test
  void aModelMayFindPeoplesWordsButNeverLoseWhatTheyMean() throws Exception {
    Scenario scenario =
        Scenario.parse(
            """
            name: spoken
            personas: {kind: You are kind.}
            agents: [{id: one, persona: kind}]
            users:
              - id: ana
                agent: one
                names: [Ana]
                speech: model
                facts:
                  - {tell: ["My dog is {value}."], values: [Rex], ask: ["Who is my dog?"]}
            """,
            "spoken.yaml");
    var agents = ScriptedChatModel.answering("m", 4096, request -> Message.assistant("Fine."));
    var people =
        ScriptedChatModel.answering(
            "people",
            4096,
            request -> {
              String meant = request.messages().getLast().content();
              // Forgets the dog's name whenever it is greeting.
              return Message.assistant(
                  meant.contains("Rex") && !meant.contains("Ana")
                      ? "Rex is how we call the dog."
                      : "I wonder about our dog.");
            });
    var config = config("log", 2, 10, 0, 2);
    assertThatThrownBy(() -> new Simulation(scenario, config, agents, null, progress -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("speak by a model");
    var surroundings = new Surroundings(Wishes::none, people);
    new Simulation(scenario, config, agents, null, surroundings, progress -> {}).run();
    List<SimEvent> events = EventLog.read(dir.resolve("log"));
    assertThat(events)
        .filteredOn(SimEvent.Worded.class::isInstance)
        .hasSize(20)
        .allSatisfy(
            each -> {
              var worded = (SimEvent.Worded) each;
              assertThat(worded.text().contains("Rex")).isEqualTo(worded.meant().contains("Rex"));
              assertThat(worded.kept()).isEqualTo(!worded.text().equals(worded.meant()));
            });
    byte[] whole = Files.readAllBytes(dir.resolve("log"));
    var mute =
        ScriptedChatModel.answering(
            "people",
            4096,
            request -> {
              throw new AssertionError("a replay asks no model");
            });
    new Simulation(
            scenario, config, mute, null, new Surroundings(Wishes::none, mute), progress -> {})
        .run();
    assertThat(Files.readAllBytes(dir.resolve("log"))).isEqualTo(whole);
  }

  @Test
  void boundsEndTheRunAtABarrierAndItCanGoOn() throws Exception {
    var bounded =
        new SimulationConfig(
            2, 20, 42, 0, 5, Sampling.chat(0, 60), dir.resolve("log"), 2, 100, null);
    assertThat(run(bounded, new LearningModel())).isEqualTo("max-tokens");
    var timed =
        new SimulationConfig(
            2, 20, 42, 0, 5, Sampling.chat(0, 60), dir.resolve("timed"), 2, 0, Duration.ofNanos(1));
    assertThat(run(timed, new LearningModel())).isEqualTo("max-wall");
    run(config("log", 2, 20, 0, 2), new LearningModel());
    run(config("whole", 2, 20, 0, 2), new LearningModel());
    assertThat(hash("log")).isEqualTo(hash("whole"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tutoring", "household-assistant", "support-desk", "debate", "population"})
  void everyShippedScenarioRuns(String name) throws Exception {
    var model =
        ScriptedChatModel.answering(
            "echo", 4096, request -> Message.assistant("A short and calm answer."));
    var config = config(name, 5, 30, 0, 5);
    new Simulation(Scenario.load(name), config, model, null, progress -> {}).run();
    List<SimEvent> events = EventLog.read(dir.resolve(name));
    assertThat(events).noneMatch(SimEvent.CellFailed.class::isInstance);
    assertThat(events.stream().filter(SimEvent.Judged.class::isInstance).count())
        .isGreaterThanOrEqualTo(150);
    if (name.equals("population")) {
      Generation all = SimulationReport.of(dir.resolve(name)).generations().getFirst();
      assertThat(all.foreignPerReply()).isPositive();
      assertThat(all.leaks()).isZero();
    }
    if (name.equals("debate")) {
      assertThat(events)
          .anyMatch(e -> e instanceof SimEvent.Replied r && r.agent().equals("opponent"));
    }
  }

  @Test
  void tastesDrift() {
    Scenario scenario = Scenario.load("household-assistant");
    boolean changed = false;
    for (int seed = 0; seed < 20; seed++) {
      var profile = new HiddenProfile(scenario.users().getFirst(), seed, false);
      assertThat(profile.tastes(99)).isEqualTo(profile.tastes(0));
      changed |= !profile.tastes(100).equals(profile.tastes(0));
    }
    assertThat(changed).isTrue();
  }

  @Test
  void aThousandAgentsRun() throws Exception {
    var model = ScriptedChatModel.answering("many", 4096, request -> Message.assistant("Yes."));
    new Simulation(
            Scenario.load("household-assistant"),
            config("log", 1000, 3, 0, 64),
            model,
            null,
            progress -> {})
        .run();
    assertThat(
            EventLog.read(dir.resolve("log")).stream()
                .filter(SimEvent.Replied.class::isInstance)
                .count())
        .isGreaterThanOrEqualTo(3000);
  }
}
