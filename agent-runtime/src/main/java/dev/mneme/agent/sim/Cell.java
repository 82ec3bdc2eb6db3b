package dev.mneme.agent.sim;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.Agent;
import dev.mneme.agent.AgentConfig;
import dev.mneme.agent.AgentEvent;
import dev.mneme.agent.AgentSession;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.Persona;
import dev.mneme.agent.RecalledMemory;
import dev.mneme.agent.sim.CollectiveMemory.Shared;
import dev.mneme.agent.sim.Scenario.AgentSpec;
import dev.mneme.agent.sim.SimulatedUser.Judgement;
import dev.mneme.agent.sim.SimulatedUser.Reaction;
import dev.mneme.agent.sim.SimulatedUser.Utterance;
import dev.mneme.agent.tool.BuiltIns;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Permissions;
import dev.mneme.agent.tool.Tool;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolLimits;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * People and agents that depend on each other. Everything in it happens on one thread at a time;
 * nothing in it depends on another cell except through barriers.
 */
final class Cell {
  private static final Logger log = LoggerFactory.getLogger(Cell.class);
  private static final int WINDOW_TURNS = 16;
  private static final int FAILURES_TO_STOP = 3;
  private static final int TOOL_ROUNDS = 3;
  private static final int RECALLED = 4;

  private final int index;
  private final Scenario scenario;
  private final CollectiveMemory collective;
  private final InMemoryAgentMemory memory = new InMemoryAgentMemory();
  private final CellModel model;
  private final Map<String, Agent> agents = new LinkedHashMap<>();
  private final List<AgentSpec> followers;
  private final List<SimulatedUser> users = new ArrayList<>();
  private final Map<String, AgentSession> sessions = new HashMap<>();
  private final Map<String, Integer> sessionNumbers = new HashMap<>();
  private final List<Shared> toShare = new ArrayList<>();
  private final Totals totals;
  private List<SimEvent> events = new ArrayList<>();
  private final ModelledSpeech words;
  private final long seed;
  private Instant now;
  private int failures;
  private boolean stopped;

  Cell(
      int index,
      Scenario scenario,
      long seed,
      ChatModel shared,
      Sampling sampling,
      CollectiveMemory collective,
      Surroundings surroundings,
      Totals totals) {
    this.index = index;
    this.scenario = scenario;
    this.collective = collective;
    this.totals = totals;
    this.now = scenario.start();
    this.seed = seed;
    this.model = new CellModel(shared, index, this::happened);
    this.words = new ModelledSpeech(surroundings.people(), index, this::happened);
    InstantSource clock = this::tick;
    List<AgentSpec> order = scenario.speakingOrder();
    for (AgentSpec each : order) {
      var persona =
          new Persona(
              each.persona(), "", requireNonNull(scenario.personas().get(each.persona())), null);
      long agentSeed = Hashes.subSeed(seed, "agent", each.id(), Integer.toString(index));
      var config =
          new AgentConfig(
              persona,
              sampling.withSeed(agentSeed),
              each.memory() == Scenario.MemoryScope.NONE ? 0 : RECALLED,
              0.4,
              Integer.MAX_VALUE,
              each.tools().isEmpty() ? 0 : TOOL_ROUNDS,
              WINDOW_TURNS,
              ZoneOffset.UTC);
      var recalled =
          new CellMemory(
              memory, each.memory(), collective, surroundings.wishes(), index, () -> now);
      agents.put(
          each.id(),
          new Agent(
              model, recalled, tools(each, recalled, clock), recalled::standing, config, clock));
    }
    this.followers = order.stream().filter(each -> each.after() != null).toList();
    for (Scenario.UserSpec each : scenario.users()) {
      users.add(
          new SimulatedUser(
              each,
              Hashes.subSeed(seed, "user", each.id(), Integer.toString(index)),
              HiddenProfile.adversarial(each, seed, index)));
    }
  }

  /** The built-in tools a scenario gives an agent; the same ones a chat has. */
  private ToolBox tools(AgentSpec agent, CellMemory recalled, InstantSource clock) {
    if (agent.tools().isEmpty()) {
      return ToolBox.empty();
    }
    List<Tool> given =
        BuiltIns.all(
                clock,
                ZoneOffset.UTC,
                (query, context) ->
                    recalled.recall(context.scope(), query, RECALLED).stream()
                        .map(each -> each.speaker() + ": " + each.text())
                        .toList())
            .stream()
            .filter(each -> agent.tools().contains(each.spec().name()))
            .toList();
    return new ToolBox(
        () -> given, Permissions.inMemory(), PermissionAsker.nobody(), ToolLimits.DEFAULT);
  }

  int index() {
    return index;
  }

  CellModel model() {
    return model;
  }

  ModelledSpeech words() {
    return words;
  }

  boolean stopped() {
    return stopped;
  }

  /** What happened since the last call, in order. */
  List<SimEvent> drain() {
    List<SimEvent> drained = events;
    events = new ArrayList<>();
    return drained;
  }

  /** What was shared since the last call. */
  List<Shared> drainShared() {
    List<Shared> drained = List.copyOf(toShare);
    toShare.clear();
    return drained;
  }

  /** What can be seen from outside: turns and signals. */
  void show(List<Turn> turns, List<Evolution.ScopedSignal> signals) {
    for (Map.Entry<String, Agent> agent : agents.entrySet()) {
      for (String speaker : speakers()) {
        Scope any = new Scope("simulation", speaker, agent.getKey(), "any");
        for (var session : memory.sessions(any).reversed()) {
          turns.addAll(memory.recentTurns(any.withSession(session.id()), Integer.MAX_VALUE));
        }
      }
    }
    memory
        .signals()
        .forEach(each -> signals.add(new Evolution.ScopedSignal(each.scope(), each.signal())));
  }

  /** Runs one step; a failure stops this cell only. */
  void step(int step) {
    if (stopped) {
      return;
    }
    now = scenario.start().plus(scenario.stepTime().multipliedBy(step));
    model.at(step);
    try {
      for (SimulatedUser each : users) {
        if (step >= each.spec().joins()) {
          converse(each, step);
        }
      }
    } catch (RuntimeException e) {
      log.debug("cell {} failed at step {}", index, step, e);
      stop(step, e.getClass().getSimpleName() + ": " + e.getMessage());
    }
    totals.steps.increment();
  }

  private void stop(int step, String reason) {
    stopped = true;
    happened(new SimEvent.CellFailed(step, index, reason));
  }

  private void converse(SimulatedUser user, int step) {
    String agentId = user.spec().agent();
    boolean fresh =
        step == user.spec().joins() || step % scenario.sessionSteps() == 0 || user.leaves();
    AgentSession session = session(speaker(user), agentId, fresh);
    Utterance meant = user.speak(step, fresh);
    Utterance said =
        words.of(
            user,
            meant,
            user.told(meant),
            Hashes.subSeed(seed, "speech", Integer.toString(index)),
            step);
    happened(
        new SimEvent.Asked(
            step,
            index,
            user.name(),
            agentId,
            said.text(),
            said.act().name().toLowerCase(Locale.ROOT)));
    AgentEvent.Done done = say(session, said.text(), step);
    if (done == null) {
      if (failures == 0) {
        // The model answered, with nothing: nobody is satisfied by that, and it has to count.
        unsatisfied(user, said, step);
      }
      return;
    }
    if (said.act() == SimulatedUser.Act.TELL && user.shares(said.core())) {
      toShare.add(new Shared(matter(done.asked(), said, user), index, user.privateValues()));
    }
    String reply = done.reply().message().content();
    replied(agentId, done, step);
    Judgement judgement = user.judge(said, reply, step);
    judged(user, said, judgement, session, done, step);
    react(user, said, session, done, judgement, step);
    follow(user, agentId, reply, step);
  }

  /** Agents that answer other agents speak after them, judged by the same listener for form. */
  private void follow(SimulatedUser listener, String first, String words, int step) {
    Map<String, String> lastWords = new HashMap<>(Map.of(first, words));
    for (AgentSpec each : followers) {
      String heard = lastWords.get(each.after());
      if (heard == null) {
        continue;
      }
      boolean fresh = step % scenario.sessionSteps() == 0;
      AgentSession session = session("c" + index + "-" + each.after(), each.id(), fresh);
      happened(
          new SimEvent.Asked(
              step, index, requireNonNull(each.after()), each.id(), heard, "answer"));
      AgentEvent.Done done = say(session, heard, step);
      if (done == null) {
        return;
      }
      String reply = done.reply().message().content();
      lastWords.put(each.id(), reply);
      replied(each.id(), done, step);
      var said = new Utterance(heard, heard, SimulatedUser.Act.TASK, List.of());
      judged(listener, said, listener.judge(said, reply, step), session, done, step);
    }
  }

  private AgentEvent.@Nullable Done say(AgentSession session, String text, int step) {
    var outcome = new Outcome();
    session.say(text, outcome::take, new Cancellation());
    return settled(outcome, step);
  }

  private AgentEvent.@Nullable Done settled(Outcome outcome, int step) {
    if (failures >= FAILURES_TO_STOP) {
      stop(step, failures + " failures of the model in a row, the last: " + outcome.failure);
    }
    return outcome.done;
  }

  /** The end of a step of the agent. */
  private static final class Outcome {
    AgentEvent.@Nullable Done done;
    String failure = "";

    void take(AgentEvent event) {
      switch (event) {
        case AgentEvent.Done ended -> done = ended;
        case AgentEvent.Failed failed -> failure = failed.reason();
        case AgentEvent.Cancelled cancelled -> failure = "cancelled";
        case AgentEvent.ModelChanged changed -> {}
        case AgentEvent.Recalled recalled -> {}
        case AgentEvent.TurnsDropped dropped -> {}
        case AgentEvent.Token token -> {}
        case AgentEvent.ToolCalled called -> {}
        case AgentEvent.ToolReturned returned -> {}
        case AgentEvent.Warned warned -> {}
      }
    }
  }

  private void replied(String agentId, AgentEvent.Done done, int step) {
    int foreign = 0;
    int leaked = 0;
    for (RecalledMemory each : done.used()) {
      Shared shared = collective.of(each);
      if (shared != null && shared.cell() != index) {
        foreign++;
        leaked += CollectiveMemory.leaks(shared);
      }
    }
    happened(
        new SimEvent.Replied(
            step,
            index,
            agentId,
            done.reply().id(),
            done.reply().message().content(),
            done.used().stream().map(RecalledMemory::text).toList(),
            foreign,
            leaked));
  }

  private void judged(
      SimulatedUser user,
      Utterance said,
      Judgement judgement,
      AgentSession session,
      AgentEvent.Done done,
      int step) {
    Boolean remembered =
        said.act() == SimulatedUser.Act.RECALL
            ? carried(said.answers().getFirst(), session, done)
            : null;
    happened(
        new SimEvent.Judged(
            step,
            index,
            user.spec().id(),
            done.reply().id(),
            judgement.satisfaction(),
            judgement.form(),
            judgement.success(),
            remembered));
    totals.judged.increment();
    totals.satisfaction.add(judgement.satisfaction());
  }

  private void unsatisfied(SimulatedUser user, Utterance said, int step) {
    Boolean success = said.answers().isEmpty() ? null : false;
    happened(new SimEvent.Judged(step, index, user.spec().id(), "", 0, 0, success, null));
    totals.judged.increment();
  }

  /** Whether the prompt held the fact: as a memory, or still in the conversation. */
  private static boolean carried(String value, AgentSession session, AgentEvent.Done done) {
    String wanted = value.toLowerCase(Locale.ROOT);
    return Stream.concat(
            done.used().stream().map(RecalledMemory::text),
            session.history().stream()
                .filter(turn -> turn.index() < done.asked().index())
                .map(turn -> turn.message().content()))
        .anyMatch(text -> text.toLowerCase(Locale.ROOT).contains(wanted));
  }

  private void react(
      SimulatedUser user,
      Utterance said,
      AgentSession session,
      AgentEvent.Done done,
      Judgement judgement,
      int step) {
    String turnId = done.reply().id();
    String reply = done.reply().message().content();
    switch (user.react(said, reply, judgement, step)) {
      case Reaction.Silence silence -> {}
      case Reaction.Thumb thumb -> {
        session.signal(new Signal.Thumb(turnId, tick(), thumb.up(), thumb.why()));
        reacted(step, turnId, thumb.up() ? "good" : "bad", thumb.why());
      }
      case Reaction.Remark remark ->
          reacted(step, turnId, remark.pleased() ? "thanks" : "complaint", remark.words());
      case Reaction.Fix fix -> {
        session.signal(new Signal.Fix(turnId, tick(), fix.better()));
        reacted(step, turnId, SimEvent.Reacted.FIX, fix.better());
      }
      case Reaction.Retry retry -> {
        var outcome = new Outcome();
        session.retry(outcome::take, new Cancellation());
        AgentEvent.Done second = settled(outcome, step);
        if (second != null && !second.reply().id().equals(turnId)) {
          String other = second.reply().message().content();
          double gain = user.judge(said, other, step).satisfaction() - judgement.satisfaction();
          // Nobody chooses between two replies that are as good as each other.
          if (gain != 0) {
            String kept = gain > 0 ? second.reply().id() : turnId;
            String over = gain > 0 ? turnId : second.reply().id();
            session.signal(new Signal.Choice(kept, tick(), over));
          }
          reacted(step, turnId, gain > 0 ? "retry_better" : "retry_no_better", other);
        }
      }
    }
  }

  private void reacted(int step, String turnId, String how, String words) {
    happened(new SimEvent.Reacted(step, index, turnId, how, words));
  }

  private AgentSession session(String speaker, String agentId, boolean fresh) {
    String key = speaker + "/" + agentId;
    if (fresh || !sessions.containsKey(key)) {
      int number = sessionNumbers.merge(key, 1, Integer::sum);
      Scope scope = new Scope("simulation", speaker, agentId, key + "/" + number);
      sessions.put(key, requireNonNull(agents.get(agentId)).open(scope));
    }
    return requireNonNull(sessions.get(key));
  }

  private List<String> speakers() {
    List<String> speakers = new ArrayList<>(users.stream().map(this::speaker).toList());
    agents.keySet().forEach(each -> speakers.add("c" + index + "-" + each));
    return speakers;
  }

  private String speaker(SimulatedUser user) {
    return "c" + index + "-" + user.spec().id();
  }

  /**
   * Only the matter itself is shared, never the whole message: a remark on the reply before ("No,
   * it is Fern.") may say something private in the same breath.
   */
  private static Turn matter(Turn turn, Utterance said, SimulatedUser user) {
    return new Turn(
        turn.id(),
        turn.scope(),
        turn.index(),
        user.name(),
        Message.user(said.core()),
        turn.at(),
        turn.replyTo(),
        turn.provenance());
  }

  private Instant tick() {
    now = now.plusSeconds(1);
    return now;
  }

  private void happened(SimEvent event) {
    events.add(event);
    if (event instanceof SimEvent.GenerationFailed) {
      failures++;
    }
    if (event instanceof SimEvent.Generated generated) {
      failures = 0;
      totals.promptTokens.add(generated.promptTokens());
      totals.replyTokens.add(generated.replyTokens());
    }
  }
}
