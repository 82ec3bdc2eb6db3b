package dev.mneme.agent.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.agent.internal.Yaml;
import dev.mneme.data.BuiltInTools;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is simulated, as people write it down in YAML.
 *
 * <p>{@code agents} and {@code users} are one cell: the people and agents that speak with each
 * other. A run makes as many cells as it is asked for, each with its own seed, and so with its own
 * people. A user speaks with the agent it names; an agent with {@code after} answers what that
 * other agent said. {@code src/main/resources/dev/mneme/agent/sim/scenario.schema.json} describes
 * the form.
 *
 * @param name short name
 * @param description what it is about, in a sentence or two
 * @param start simulated time of the first step
 * @param stepTime simulated time between two steps
 * @param sessionSteps after how many steps a new conversation begins
 * @param personas system texts by name
 * @param agents who answers
 * @param users who asks
 */
public record Scenario(
    String name,
    String description,
    Instant start,
    @JsonProperty("step_time") Duration stepTime,
    @JsonProperty("session_steps") int sessionSteps,
    Map<String, String> personas,
    List<AgentSpec> agents,
    List<UserSpec> users) {
  /** The scenarios that ship. */
  public static final List<String> SHIPPED =
      List.of("tutoring", "household-assistant", "support-desk", "debate", "population");

  public Scenario {
    requireNonNull(name, "name is missing");
    description = description == null ? "" : description.strip();
    start = start == null ? Instant.parse("2026-01-05T08:00:00Z") : start;
    stepTime = stepTime == null ? Duration.ofHours(4) : stepTime;
    sessionSteps = sessionSteps == 0 ? 5 : sessionSteps;
    personas = personas == null ? Map.of() : new LinkedHashMap<>(personas);
    agents = agents == null ? List.of() : List.copyOf(agents);
    users = users == null ? List.of() : List.copyOf(users);
    if (sessionSteps < 1) {
      throw new IllegalArgumentException("session_steps must be positive, got " + sessionSteps);
    }
    if (stepTime.isNegative() || stepTime.isZero()) {
      throw new IllegalArgumentException("step_time must be positive, got " + stepTime);
    }
  }

  /**
   * Who answers.
   *
   * @param id name within the cell
   * @param persona key of {@link Scenario#personas()}
   * @param memory what it may recall
   * @param after the agent whose words it answers; null for one that users speak with
   * @param tools the built-in tools it may call; none when left out
   */
  public record AgentSpec(
      String id,
      String persona,
      MemoryScope memory,
      @Nullable String after,
      @Nullable List<String> tools) {
    private static final List<String> KNOWN_TOOLS =
        List.of(
            BuiltInTools.CALCULATOR.name(),
            BuiltInTools.CLOCK.name(),
            BuiltInTools.CONVERT_UNITS.name(),
            BuiltInTools.MEMORY_SEARCH.name());

    public AgentSpec {
      requireNonNull(id, "an agent needs an id");
      requireNonNull(persona, "an agent needs a persona");
      memory = memory == null ? MemoryScope.OWN : memory;
      tools = tools == null ? List.of() : List.copyOf(tools);
      for (String each : tools) {
        if (!KNOWN_TOOLS.contains(each)) {
          throw new IllegalArgumentException(
              "there is no tool \"" + each + "\"; there are " + KNOWN_TOOLS);
        }
      }
    }

    @Override
    public List<String> tools() {
      return requireNonNull(tools);
    }
  }

  /** What an agent may recall. */
  public enum MemoryScope {
    /** Nothing: only the running conversation. */
    @JsonProperty("none")
    NONE,
    /** What its own users said. */
    @JsonProperty("own")
    OWN,
    /** What its own users said, and what anybody chose to share. */
    @JsonProperty("shared")
    SHARED
  }

  /**
   * Who asks.
   *
   * @param id name within the cell
   * @param agent the agent it speaks with
   * @param names what the person may be called; each cell draws one
   * @param tastes hidden: sets of likings, of which each cell's person draws one
   * @param drift hidden: how the likings change
   * @param facts what the person may tell, and asks about later
   * @param tasks what the person asks for
   * @param patience unsatisfying replies in a row before the person leaves the conversation
   * @param noise probability that a reaction says the opposite
   * @param adversarial the share of cells in which this person always says the opposite
   * @param expressive probability that the person reacts at all
   * @param joins the step at which the person first speaks
   * @param speech whether the program's own sentences are said, or a model's rendering of them
   * @param voice which of the built-in remarks, thanks and complaints the person uses
   */
  public record UserSpec(
      String id,
      String agent,
      List<String> names,
      @JsonProperty("tastes") List<List<Taste>> tastes,
      List<DriftSpec> drift,
      List<FactSpec> facts,
      List<TaskSpec> tasks,
      int patience,
      double noise,
      double adversarial,
      @Nullable Double expressive,
      int joins,
      @Nullable Voice voice,
      @Nullable Speech speech) {
    public UserSpec {
      requireNonNull(id, "a user needs an id");
      requireNonNull(agent, "a user needs an agent");
      names = names == null || names.isEmpty() ? List.of(id) : List.copyOf(names);
      tastes = tastes == null ? List.of() : tastes.stream().map(List::copyOf).toList();
      drift = drift == null ? List.of() : List.copyOf(drift);
      facts = facts == null ? List.of() : List.copyOf(facts);
      tasks = tasks == null ? List.of() : List.copyOf(tasks);
      patience = patience == 0 ? 3 : patience;
      requireShare("noise", noise);
      requireShare("adversarial", adversarial);
      expressive = expressive == null ? 0.8 : expressive;
      requireShare("expressive", expressive);
      voice = voice == null ? Voice.ANY : voice;
      speech = speech == null ? Speech.PROGRAM : speech;
      if (joins < 0) {
        throw new IllegalArgumentException("joins is a step, from 0 on, got " + joins);
      }
      if (facts.isEmpty() && tasks.isEmpty()) {
        throw new IllegalArgumentException("user \"" + id + "\" needs facts or tasks to speak of");
      }
    }

    private UserSpec with(
        List<List<Taste>> newTastes, List<DriftSpec> newDrift, double newAdversarial) {
      return new UserSpec(
          id,
          agent,
          names,
          newTastes,
          newDrift,
          facts,
          tasks,
          patience,
          noise,
          newAdversarial,
          expressive,
          joins,
          voice,
          speech);
    }
  }

  /**
   * Which wording of the built-in remarks people use. The halves share no sentence, so people whose
   * conversations are measured can speak in words that nothing was trained on.
   */
  public enum Voice {
    @JsonProperty("any")
    ANY,
    @JsonProperty("first")
    FIRST,
    @JsonProperty("second")
    SECOND
  }

  /**
   * Who finds a person's words. What a person means (which fact, which question, which complaint)
   * always comes from the program, so a model can neither invent facts nor see the hidden profile.
   */
  public enum Speech {
    @JsonProperty("program")
    PROGRAM,
    @JsonProperty("model")
    MODEL
  }

  /** From a step on, other likings. */
  public record DriftSpec(int at, List<List<Taste>> tastes) {
    public DriftSpec {
      if (at < 1) {
        throw new IllegalArgumentException("drift begins at a step of 1 or later, got " + at);
      }
      if (tastes == null || tastes.isEmpty()) {
        throw new IllegalArgumentException("drift needs tastes");
      }
      tastes = tastes.stream().map(List::copyOf).toList();
    }
  }

  /**
   * Something a person tells once and asks about later.
   *
   * @param tell ways of telling it, with {@code {value}} in it
   * @param values what it may be; each cell draws one
   * @param ask ways of asking for it
   * @param share whether the person lets it be shared with others
   */
  public record FactSpec(List<String> tell, List<String> values, List<String> ask, boolean share) {
    public FactSpec {
      requireTexts("tell", tell);
      requireTexts("values", values);
      requireTexts("ask", ask);
      tell = List.copyOf(tell);
      values = List.copyOf(values);
      ask = List.copyOf(ask);
      if (tell.stream().anyMatch(each -> !each.contains("{value}"))) {
        throw new IllegalArgumentException("every way to tell a fact needs {value} in it: " + tell);
      }
    }
  }

  /**
   * Something a person asks for.
   *
   * @param ask ways of asking
   * @param answers texts of which a good reply has at least one; empty when anything may do
   */
  public record TaskSpec(List<String> ask, List<String> answers) {
    public TaskSpec {
      requireTexts("ask", ask);
      ask = List.copyOf(ask);
      answers = answers == null ? List.of() : List.copyOf(answers);
    }
  }

  /** The same people with agents that may recall only so much. */
  public Scenario withMemory(MemoryScope memory) {
    return with(
        agents.stream()
            .map(
                each ->
                    new AgentSpec(each.id(), each.persona(), memory, each.after(), each.tools()))
            .toList(),
        users);
  }

  /** The same, with this share of every kind of person saying the opposite of what they think. */
  public Scenario withAdversarial(double share) {
    return with(
        agents, users.stream().map(each -> each.with(each.tastes(), each.drift(), share)).toList());
  }

  /** The steps, below {@code steps}, from which somebody likes something else; ascending. */
  List<Integer> changes(int steps) {
    return users.stream()
        .flatMap(each -> each.drift().stream())
        .map(DriftSpec::at)
        .filter(at -> at < steps)
        .distinct()
        .sorted()
        .toList();
  }

  /** The same people as they are at a step: with the likings they have then, for good. */
  public Scenario asOf(int step) {
    return with(
        agents,
        users.stream()
            .map(
                each -> {
                  List<List<Taste>> tastes = each.tastes();
                  for (DriftSpec drift : each.drift()) {
                    tastes = step >= drift.at() ? drift.tastes() : tastes;
                  }
                  return each.with(tastes, List.of(), each.adversarial());
                })
            .toList());
  }

  /** The same people, changing their mind at this step. */
  public Scenario withDriftAt(int step) {
    return with(
        agents,
        users.stream()
            .map(
                each ->
                    each.with(
                        each.tastes(),
                        each.drift().stream()
                            .map(drift -> new DriftSpec(step, drift.tastes()))
                            .toList(),
                        each.adversarial()))
            .toList());
  }

  private Scenario with(List<AgentSpec> newAgents, List<UserSpec> newUsers) {
    return new Scenario(
        name, description, start, stepTime, sessionSteps, personas, newAgents, newUsers);
  }

  private static void requireShare(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " must be from 0 to 1, got " + value);
    }
  }

  private static void requireTexts(String name, @Nullable List<String> texts) {
    if (texts == null || texts.isEmpty()) {
      throw new IllegalArgumentException("\"" + name + "\" needs at least one text");
    }
  }

  /**
   * A shipped scenario by its name, or one from a file.
   *
   * @throws IllegalArgumentException naming file, line and what was expected
   */
  public static Scenario load(String nameOrFile) {
    if (SHIPPED.contains(nameOrFile)) {
      String resource = nameOrFile + ".yaml";
      try (InputStream in = Scenario.class.getResourceAsStream(resource)) {
        String text = new String(requireNonNull(in, resource + " ships").readAllBytes(), UTF_8);
        return parse(text, resource);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read the shipped scenario " + resource, e);
      }
    }
    Path file = Path.of(nameOrFile);
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "there is no scenario file " + nameOrFile + "; shipped ones are " + SHIPPED);
    }
    try {
      return parse(Files.readString(file, UTF_8), nameOrFile);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read scenario " + nameOrFile, e);
    }
  }

  /** Reads a scenario; {@code file} is named in errors. */
  public static Scenario parse(String yaml, String file) {
    Scenario scenario = Yaml.read(yaml, file, Scenario.class);
    scenario.check(
        (path, problem) ->
            new IllegalArgumentException(
                file + ":" + Yaml.lineOf(yaml, path) + ": " + Yaml.pathOf(path) + ": " + problem));
    return scenario;
  }

  private interface Problem {
    IllegalArgumentException at(List<Object> path, String problem);
  }

  private void check(Problem problem) {
    if (agents.isEmpty()) {
      throw problem.at(List.of("agents"), "a scenario needs at least one agent");
    }
    if (users.isEmpty()) {
      throw problem.at(List.of("users"), "a scenario needs at least one user");
    }
    Map<String, AgentSpec> byId = new LinkedHashMap<>();
    for (int i = 0; i < agents.size(); i++) {
      AgentSpec each = agents.get(i);
      if (byId.put(each.id(), each) != null) {
        throw problem.at(List.of("agents", i, "id"), "two agents are called \"" + each.id() + "\"");
      }
      if (!personas.containsKey(each.persona())) {
        throw problem.at(
            List.of("agents", i, "persona"),
            "there is no persona \"" + each.persona() + "\"; there are " + personas.keySet());
      }
    }
    for (int i = 0; i < agents.size(); i++) {
      String after = agents.get(i).after();
      if (after != null && !byId.containsKey(after)) {
        throw problem.at(
            List.of("agents", i, "after"),
            "there is no agent \"" + after + "\"; there are " + byId.keySet());
      }
      Set<String> seen = new HashSet<>();
      String at = agents.get(i).id();
      while (at != null) {
        if (!seen.add(at)) {
          throw problem.at(
              List.of("agents", i, "after"),
              "the turn order goes in a circle through \"" + at + "\"; somebody has to begin");
        }
        at = byId.containsKey(at) ? requireNonNull(byId.get(at)).after() : null;
      }
    }
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < users.size(); i++) {
      UserSpec each = users.get(i);
      if (!ids.add(each.id())) {
        throw problem.at(List.of("users", i, "id"), "two users are called \"" + each.id() + "\"");
      }
      AgentSpec agent = byId.get(each.agent());
      if (agent == null || agent.after() != null) {
        throw problem.at(
            List.of("users", i, "agent"),
            "\""
                + each.agent()
                + "\" is no agent that users speak with; there are "
                + byId.values().stream()
                    .filter(candidate -> candidate.after() == null)
                    .map(AgentSpec::id)
                    .toList());
      }
    }
  }

  /** The agents in the order they speak within a step: after whom they answer. */
  List<AgentSpec> speakingOrder() {
    List<AgentSpec> order = new ArrayList<>();
    while (order.size() < agents.size()) {
      for (AgentSpec each : agents) {
        boolean ready =
            each.after() == null
                || order.stream().anyMatch(before -> before.id().equals(each.after()));
        if (ready && !order.contains(each)) {
          order.add(each);
        }
      }
    }
    return order;
  }
}
