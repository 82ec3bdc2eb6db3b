package dev.mneme.agent;

import static dev.mneme.agent.Fixtures.SCOPE;
import static dev.mneme.agent.Fixtures.agent;
import static dev.mneme.agent.Fixtures.box;
import static dev.mneme.agent.Fixtures.calling;
import static dev.mneme.agent.Fixtures.only;
import static dev.mneme.agent.Fixtures.say;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.AgentEvent.Cancelled;
import dev.mneme.agent.AgentEvent.Done;
import dev.mneme.agent.AgentEvent.Failed;
import dev.mneme.agent.AgentEvent.ModelChanged;
import dev.mneme.agent.AgentEvent.Recalled;
import dev.mneme.agent.AgentEvent.Token;
import dev.mneme.agent.AgentEvent.ToolReturned;
import dev.mneme.agent.AgentEvent.TurnsDropped;
import dev.mneme.agent.AgentEvent.Warned;
import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Tool;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.agent.tool.ToolTraits;
import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.SystemPrompt;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.Turn;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class AgentSessionTest {
  private final FailingMemory memory = new FailingMemory();

  @Test
  void aStepRecallsStreamsLogsAndEndsWithDone() {
    AgentSession session = agent(ScriptedChatModel.replying("Hello there."), memory).open(SCOPE);
    List<AgentEvent> events = say(session, "Hi");

    assertThat(events.getFirst()).isInstanceOf(Recalled.class);
    assertThat(
            events.stream().filter(Token.class::isInstance).map(e -> ((Token) e).text()).toList())
        .containsExactly("Hello", " there.");
    Done done = (Done) events.getLast();
    assertThat(done.finish()).isEqualTo(Finish.STOP);
    assertThat(memory.recentTurns(SCOPE, 10)).containsExactly(done.asked(), done.reply());
    assertThat(done.reply().replyTo()).isEqualTo(done.asked().id());
    assertThat(provenance(done).model().id()).isEqualTo("scripted");
    assertThat(provenance(done).persona()).isEqualTo("mneme");
  }

  @Test
  void theReplyIsDurableBeforeDoneIsTold() {
    AgentSession session = agent(ScriptedChatModel.replying("ok"), memory).open(SCOPE);
    var loggedAtDone = new AtomicReference<List<Turn>>();
    session.say(
        "Hi",
        event -> {
          if (event instanceof Done) {
            loggedAtDone.set(memory.recentTurns(SCOPE, 10));
          }
        },
        new Cancellation());
    assertThat(loggedAtDone.get()).hasSize(2);
  }

  @Test
  void thePromptCarriesPersonaDatePreferencesAndDatedMemories() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model = recording(requests, "Biscuit.");
    say(agent(model, memory).open(SCOPE.withSession("old")), "My dog is called Biscuit.");
    Agent agent =
        new Agent(
            model,
            memory,
            ToolBox.empty(),
            scope -> List.of("Answers in one word."),
            Fixtures.config(),
            Fixtures.tickingClock());
    Done done = only(say(agent.open(SCOPE), "What is my dog called?"), Done.class);

    String system = requests.getLast().messages().getFirst().content();
    assertThat(system)
        .startsWith(Persona.DEFAULT.text() + "\nToday is 2026-11-22.\n")
        .contains("The user prefers:\n- Answers in one word.\n")
        .contains("] 2026-11-22 user: My dog is called Biscuit.");
    assertThat(provenance(done).memoriesUsed())
        .containsExactlyElementsOf(done.used().stream().map(RecalledMemory::turnId).toList())
        .isNotEmpty();
  }

  @Test
  void whatTheModelSaidComesBackOnlyWhenAskedFor() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model = recording(requests, "The lighthouse is made of cheese.");
    say(agent(model, memory).open(SCOPE.withSession("old")), "I visited the lighthouse in Brest.");
    say(agent(model, memory).open(SCOPE.withSession("new")), "Which lighthouse did I visit?");
    assertThat(requests.getLast().messages().getFirst().content())
        .contains("user: I visited the lighthouse in Brest.")
        .doesNotContain("cheese");
    say(
        agent(model, memory).open(SCOPE.withSession("later")),
        "What did you say about the lighthouse?");
    assertThat(requests.getLast().messages().getFirst().content())
        .contains("assistant: The lighthouse is made of cheese.");
  }

  @Test
  void anotherUsersMemoriesNeverReachThePrompt() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model = recording(requests, "I do not know.");
    Scope bob = new Scope("home", "bob", "mneme", "s9");
    say(agent(model, memory).open(bob), "My secret code is swordfish.");
    say(agent(model, memory).open(SCOPE), "What is my secret code?");
    assertThat(requests.getLast().toString()).doesNotContain("swordfish");
  }

  @Test
  void overflowDropsTheOldestTurnsFromThePromptOnlyAndSaysSoOnce() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model =
        ScriptedChatModel.answering(
            "small",
            400,
            request -> {
              requests.add(request);
              return Message.assistant("Noted.");
            });
    AgentSession session = agent(model, memory).open(SCOPE);
    List<TurnsDropped> drops = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      for (AgentEvent each : say(session, "Sentence number " + i + " about nothing much at all")) {
        if (each instanceof TurnsDropped dropped) {
          drops.add(dropped);
        }
        assertThat(each).isNotInstanceOf(Failed.class);
      }
    }
    assertThat(drops).hasSize(1);
    assertThat(drops.getFirst().turns()).isPositive();
    assertThat(drops.getFirst().contextTokens()).isEqualTo(400);
    ChatRequest last = requests.getLast();
    assertThat(model.countTokens(last.messages(), last.tools())).isLessThanOrEqualTo(400 - 200);
    assertThat(last.messages().getLast().content()).contains("number 39");
    assertThat(memory.recentTurns(SCOPE, 1000)).hasSize(80);
  }

  @Test
  void overflowIsSaidAgainWhenNothingOfTheConversationIsLeft() {
    ChatModel model =
        ScriptedChatModel.answering("small", 400, request -> Message.assistant("Noted."));
    AgentSession session = agent(model, memory).open(SCOPE);
    List<TurnsDropped> drops = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String text = i < 25 ? "Sentence number " + i + " about nothing much" : "word ".repeat(110);
      for (AgentEvent each : say(session, text)) {
        if (each instanceof TurnsDropped dropped) {
          drops.add(dropped);
        }
        assertThat(each).isNotInstanceOf(Failed.class);
      }
    }
    assertThat(drops).hasSize(2);
    assertThat(drops.getLast().turns()).isGreaterThanOrEqualTo(50);
  }

  @Test
  void memoriesTakeNoMoreTokensThanTheyMay() {
    for (int i = 0; i < 20; i++) {
      memory.log(
          Fixtures.turn(
              i, "The garden gate number " + i + " squeaks when the garden gate is opened."));
    }
    ChatModel model =
        ScriptedChatModel.answering("steady", 4000, request -> Message.assistant("Yes."));
    List<RecalledMemory> all = memoriesOf(model, Fixtures.config());
    List<RecalledMemory> some = memoriesOf(model, Fixtures.config().withMemoryTokens(80));
    assertThat(all).hasSize(8);
    assertThat(some).isNotEmpty().hasSizeLessThan(all.size());
    assertThat(tokensOf(model, some)).isLessThanOrEqualTo(80);
    assertThat(memoriesOf(model, Fixtures.config().withMemoryTokens(0))).isEmpty();
  }

  private List<RecalledMemory> memoriesOf(ChatModel model, AgentConfig config) {
    var agent =
        new Agent(
            model, memory, ToolBox.empty(), scope -> List.of(), config, Fixtures.tickingClock());
    Scope other = new Scope(SCOPE.tenant(), SCOPE.user(), SCOPE.agent(), "another");
    return only(say(agent.open(other), "garden gate?"), Recalled.class).used();
  }

  private static int tokensOf(ChatModel model, List<RecalledMemory> memories) {
    var lines = memories.stream().map(each -> each.line(ZoneOffset.UTC)).toList();
    LocalDate day = LocalDate.of(2026, 11, 22);
    return tokens(model, SystemPrompt.render("You.", day, List.of(), lines))
        - tokens(model, SystemPrompt.render("You.", day, List.of(), List.of()));
  }

  private static int tokens(ChatModel model, String system) {
    return model.countTokens(List.of(Message.system(system)), List.of());
  }

  @Test
  void aMessageLargerThanTheContextFailsWithItsSizeAndTheSessionGoesOn() {
    ChatModel model =
        ScriptedChatModel.answering("small", 300, request -> Message.assistant("fine"));
    AgentSession session = agent(model, memory).open(SCOPE);
    Failed failed = only(say(session, "word ".repeat(2000)), Failed.class);
    assertThat(failed.reason()).contains("2").contains("shorten the message");
    assertThat(failed.retryable()).isFalse();
  }

  @Test
  void retryKeepsBothRepliesToTheSameQuestionAndRecordsTheSignal() {
    List<ChatRequest> requests = new ArrayList<>();
    var count = new int[1];
    ChatModel model =
        ScriptedChatModel.answering(
            "counting",
            4096,
            request -> {
              requests.add(request);
              return Message.assistant("try " + ++count[0]);
            });
    AgentSession session = agent(model, memory).open(SCOPE);
    Done first = only(say(session, "Tell me a joke"), Done.class);
    List<AgentEvent> events = new ArrayList<>();
    session.retry(events::add, new Cancellation());
    Done second = only(events, Done.class);

    assertThat(second.reply().replyTo()).isEqualTo(first.reply().replyTo());
    assertThat(requests.get(1).messages()).isEqualTo(requests.get(0).messages());
    assertThat(requests.get(1).sampling().seed()).isNotEqualTo(requests.get(0).sampling().seed());
    assertThat(memory.recentTurns(SCOPE, 10)).hasSize(3);
    assertThat(memory.inner.signals()).hasSize(1);
    assertThat(memory.inner.signals().getFirst().signal())
        .isInstanceOfSatisfying(
            Signal.Retry.class,
            retry -> {
              assertThat(retry.turnId()).isEqualTo(first.reply().id());
              assertThat(retry.newTurnId()).isEqualTo(second.reply().id());
            });

    say(session, "And now?");
    assertThat(requests.getLast().messages().stream().map(Message::content))
        .contains("try 2")
        .doesNotContain("try 1");
  }

  @Test
  void undoForgetsTheExchange() {
    AgentSession session = agent(ScriptedChatModel.replying("a", "b", "c"), memory).open(SCOPE);
    say(session, "first question");
    say(session, "second question");
    assertThat(session.undo()).hasSize(2);
    assertThat(memory.recentTurns(SCOPE, 10)).hasSize(2);
    assertThat(requireNonNull(session.lastReply()).message().content()).isEqualTo("a");
    Done done = only(say(session, "third question"), Done.class);
    assertThat(done.asked().replyTo()).isEqualTo(session.history().get(1).id());
  }

  @Test
  void aResumedSessionGoesOnWhereItEnded() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model = recording(requests, "Yes.");
    Agent agent = agent(model, memory);
    say(agent.open(SCOPE), "Is it raining?");
    AgentSession resumed = agent.open(SCOPE);
    Done done = only(say(resumed, "And tomorrow?"), Done.class);
    assertThat(requests.getLast().messages().stream().map(Message::content))
        .contains("Is it raining?", "Yes.", "And tomorrow?");
    assertThat(done.asked().index()).isEqualTo(2);
  }

  @Test
  void toolsRunAndTheirTurnsAreLinked() {
    AgentSession session =
        agent(
                ScriptedChatModel.replying(
                    List.of(calling("echo", Map.of("text", "7")), Message.assistant("It is 7."))),
                memory,
                box(PermissionAsker.nobody(), echo()))
            .open(SCOPE);
    List<AgentEvent> events = say(session, "Echo seven");
    assertThat(only(events, ToolReturned.class).result()).isEqualTo(new ToolResult.Ok("7"));
    List<Turn> turns = memory.recentTurns(SCOPE, 10);
    assertThat(turns.stream().map(each -> each.message().role()))
        .containsExactly(Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT);
    assertThat(turns.get(1).replyTo()).isNull();
    assertThat(turns.get(2).replyTo()).isEqualTo(turns.get(1).id());
    assertThat(turns.get(2).message().toolCallId()).isEqualTo("c1");
    assertThat(turns.get(3).replyTo()).isEqualTo(turns.get(0).id());
  }

  @Test
  void aModelThatOnlyCallsToolsIsMadeToAnswer() {
    ChatModel model =
        ScriptedChatModel.answering(
            "loop",
            20_000,
            request ->
                request.tools().isEmpty()
                    ? Message.assistant("Enough.")
                    : calling("echo", Map.of("text", "again")));
    AgentSession session = agent(model, memory, box(PermissionAsker.nobody(), echo())).open(SCOPE);
    List<AgentEvent> events = say(session, "Go");
    assertThat(only(events, Warned.class).text()).contains("6 times");
    assertThat(only(events, Done.class).reply().message().content()).isEqualTo("Enough.");
  }

  @Test
  void anOversizedToolResultIsShortenedToFitTheContext() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model =
        ScriptedChatModel.answering(
            "small",
            600,
            request -> {
              requests.add(request);
              return request.messages().getLast().role() == Role.TOOL
                  ? Message.assistant("Long.")
                  : calling("flood", Map.of());
            });
    AgentSession session =
        agent(
                model,
                memory,
                box(
                    PermissionAsker.nobody(),
                    Fixtures.tool(
                        new ToolSpec("flood", "floods", Map.of("type", "object")),
                        ToolTraits.READ_ONLY,
                        arguments -> new ToolResult.Ok("word ".repeat(2500)))))
            .open(SCOPE);
    only(say(session, "Go"), Done.class);
    assertThat(requests.getLast().messages().getLast().content())
        .endsWith("[…cut to fit the context]");
  }

  @Test
  void stoppingKeepsWhatCame() {
    AgentSession session =
        agent(ScriptedChatModel.replying("one two three four five"), memory).open(SCOPE);
    var cancellation = new Cancellation();
    List<AgentEvent> events = new ArrayList<>();
    session.say(
        "Count",
        event -> {
          events.add(event);
          if (event instanceof Token token && token.text().contains("two")) {
            cancellation.cancel();
          }
        },
        cancellation);
    Done done = only(events, Done.class);
    assertThat(done.finish()).isEqualTo(Finish.CANCELLED);
    assertThat(done.reply().message().content()).isEqualTo("one two");
    assertThat(memory.recentTurns(SCOPE, 10)).hasSize(2);
  }

  @Test
  void stoppingBeforeTheFirstWordLogsTheQuestionOnly() {
    AgentSession session = agent(ScriptedChatModel.replying("late"), memory).open(SCOPE);
    var cancellation = new Cancellation();
    cancellation.cancel();
    List<AgentEvent> events = new ArrayList<>();
    session.say("Hi", events::add, cancellation);
    assertThat(events.getLast()).isInstanceOf(Cancelled.class);
    assertThat(memory.recentTurns(SCOPE, 10)).hasSize(1);
  }

  @Test
  void anUnansweredQuestionIsJoinedToTheNext() {
    List<ChatRequest> requests = new ArrayList<>();
    ChatModel model = recording(requests, "Both.");
    AgentSession session = agent(model, memory).open(SCOPE);
    var cancellation = new Cancellation();
    cancellation.cancel();
    session.say("First?", event -> {}, cancellation);
    say(session, "Second?");
    assertThat(requests.getLast().messages()).hasSize(2);
    assertThat(requests.getLast().messages().getLast().content()).isEqualTo("First?\nSecond?");
  }

  @Test
  void aModelThatFailsLeavesASessionThatGoesOn() {
    AgentSession session = agent(ScriptedChatModel.replying(), memory).open(SCOPE);
    Failed failed = only(say(session, "Hi"), Failed.class);
    assertThat(failed.reason()).contains("asked for one more");
    assertThat(memory.recentTurns(SCOPE, 10)).hasSize(1);
  }

  @Test
  void aReplyThatCannotBeLoggedIsKeptAndLoggedWithTheNextMessage() {
    AgentSession session = agent(ScriptedChatModel.replying("one", "two"), memory).open(SCOPE);
    memory.failAfterLogs = 1;
    Failed failed = only(say(session, "Hi"), Failed.class);
    assertThat(failed.partial()).isEqualTo("one");
    assertThat(session.unsaved()).hasSize(1);

    memory.failAfterLogs = Integer.MAX_VALUE;
    only(say(session, "Again"), Done.class);
    assertThat(session.unsaved()).isEmpty();
    assertThat(memory.recentTurns(SCOPE, 10).stream().map(each -> each.message().content()))
        .containsExactly("Hi", "one", "Again", "two");
  }

  @Test
  void aQuestionThatCannotBeLoggedIsNotAnsweredAndNotAPartOfTheSession() {
    AgentSession session = agent(ScriptedChatModel.replying("one"), memory).open(SCOPE);
    memory.failAfterLogs = 0;
    Failed failed = only(say(session, "Hi"), Failed.class);
    assertThat(failed.reason()).contains("could not be logged").contains("disk is full");
    assertThat(session.history()).isEmpty();
  }

  @Test
  void failingRecallIsSaidAndDoesNotStopTheReply() {
    memory.failRecall = true;
    AgentSession session = agent(ScriptedChatModel.replying("one"), memory).open(SCOPE);
    List<AgentEvent> events = say(session, "Hi");
    assertThat(only(events, Warned.class).text()).contains("without long-term memory");
    only(events, Done.class);
  }

  @Test
  void aPromotedCheckpointIsTakenAtTheNextTurnAndSaid() {
    var switching = new SwitchingModel();
    AgentSession session = agent(switching, memory).open(SCOPE);
    assertThat(say(session, "Hi")).noneMatch(ModelChanged.class::isInstance);
    switching.now = new ModelRef("gen-2", "bb");
    List<AgentEvent> events = say(session, "Hi again");
    assertThat(only(events, ModelChanged.class).to().id()).isEqualTo("gen-2");
    assertThat(provenance(only(events, Done.class)).model().id()).isEqualTo("gen-2");
  }

  @Test
  void aThousandTurnsKeepTheWindowFlat() {
    ChatModel model =
        ScriptedChatModel.answering("steady", 1000, request -> Message.assistant("Yes."));
    AgentSession session = agent(model, memory).open(SCOPE);
    for (int i = 0; i < 1000; i++) {
      only(say(session, "Question " + i), Done.class);
    }
    assertThat(session.history()).hasSizeLessThanOrEqualTo(402);
    assertThat(memory.recentTurns(SCOPE, 5000)).hasSize(2000);
  }

  @Test
  void anEmptyMessageIsTheCallersMistake() {
    AgentSession session = agent(ScriptedChatModel.replying("one"), memory).open(SCOPE);
    assertThatThrownBy(() -> say(session, "  ")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> session.retry(event -> {}, new Cancellation()))
        .isInstanceOf(IllegalStateException.class);
  }

  private static ChatModel recording(List<ChatRequest> requests, String reply) {
    return ScriptedChatModel.answering(
        "recording",
        4096,
        request -> {
          requests.add(request);
          return Message.assistant(reply);
        });
  }

  private static Provenance provenance(Done done) {
    return requireNonNull(done.reply().provenance());
  }

  private static Tool echo() {
    return Fixtures.tool(
        new ToolSpec(
            "echo",
            "says it again",
            Map.of(
                "type", "object",
                "properties", Map.of("text", Map.of("type", "string")),
                "required", List.of("text"))),
        ToolTraits.READ_ONLY,
        arguments -> new ToolResult.Ok(String.valueOf(arguments.get("text"))));
  }

  /** A memory on a disk that fills up. */
  private static final class FailingMemory implements AgentMemory {
    final InMemoryAgentMemory inner = new InMemoryAgentMemory();
    int failAfterLogs = Integer.MAX_VALUE;
    boolean failRecall;

    @Override
    public List<RecalledMemory> recall(Scope scope, String query, int limit) {
      if (failRecall) {
        throw new AgentMemoryException("the index is locked", null);
      }
      return inner.recall(scope, query, limit);
    }

    @Override
    public void log(Turn turn) {
      if (failAfterLogs-- <= 0) {
        throw new AgentMemoryException("the disk is full", null);
      }
      inner.log(turn);
    }

    @Override
    public List<Turn> recentTurns(Scope scope, int limit) {
      return inner.recentTurns(scope, limit);
    }

    @Override
    public List<Turn> turns(Scope scope, List<String> ids) {
      return inner.turns(scope, ids);
    }

    @Override
    public void record(Scope scope, Signal signal) {
      inner.record(scope, signal);
    }

    @Override
    public List<SessionInfo> sessions(Scope scope) {
      return inner.sessions(scope);
    }

    @Override
    public void forget(Scope scope, List<String> turnIds) {
      inner.forget(scope, turnIds);
    }

    @Override
    public void close() {}
  }

  /** Weights that change between two calls. */
  private static final class SwitchingModel implements ChatModel {
    private final ChatModel inner =
        ScriptedChatModel.answering("inner", 4096, request -> Message.assistant("ok"));
    volatile ModelRef now = new ModelRef("gen-1", "aa");

    @Override
    public ModelRef ref() {
      return now;
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
      return new ChatReply(reply.message(), reply.finish(), reply.latency(), now);
    }

    @Override
    public void close() {}
  }

  @Test
  void builtInNamesAreWhatPromptsWereTrainedWith() {
    assertThat(BuiltInTools.ALL.stream().map(ToolSpec::name))
        .containsExactly("calculator", "clock", "convert_units", "memory_search");
  }
}
