package dev.mneme.cli;

import dev.mneme.agent.Agent;
import dev.mneme.agent.AgentConfig;
import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.AgentMemoryException;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.Persona;
import dev.mneme.agent.mcp.McpLimits;
import dev.mneme.agent.mcp.McpTools;
import dev.mneme.agent.tool.BuiltIns;
import dev.mneme.agent.tool.FilePermissions;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Tool;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolContext;
import dev.mneme.agent.tool.ToolLimits;
import dev.mneme.cli.chat.ChatHost;
import dev.mneme.cli.config.MnemeConfig.ChatConfig;
import dev.mneme.cli.models.FollowingChatModel;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.ltm.MemoryStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The chat's view of a {@link Workbench}. */
final class WorkbenchChatHost implements ChatHost {
  private static final Logger log = LoggerFactory.getLogger(WorkbenchChatHost.class);
  private static final DateTimeFormatter SESSION_ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private final Workbench bench;
  private final long seed;
  private final @Nullable McpTools mcp;
  private @Nullable AgentMemory memory;
  private ChatModel model;
  private String modelName;

  WorkbenchChatHost(Workbench bench, @Nullable String modelName, @Nullable Long seed) {
    this.bench = bench;
    this.modelName = modelName == null ? bench.config().model().name() : modelName;
    this.seed = seed == null ? bench.clock().instant().toEpochMilli() : seed;
    this.model = bench.closing(bench.models().open(this.modelName));
    Path servers = bench.home().mcpServers();
    this.mcp =
        Files.exists(servers)
            ? bench.closing(new McpTools(McpListCommand.read(servers), McpLimits.DEFAULT))
            : null;
  }

  /**
   * Loads the model and has it read what every prompt begins with, on a thread of its own, while
   * memory is opened and the person types. What goes wrong is said when the model is first asked.
   */
  void readAhead(Persona persona) {
    Thread.ofPlatform().daemon().name("read-ahead").start(() -> loadAndRead(persona));
  }

  private void loadAndRead(Persona persona) {
    try {
      load();
      var nobodys = new InMemoryAgentMemory();
      var tools = toolBox(PermissionAsker.nobody());
      new Agent(model, nobodys, tools, scope -> List.of(), config(persona), bench.clock())
          .readAhead();
    } catch (RuntimeException e) {
      log.debug("the model could not read ahead", e);
    }
  }

  @Override
  public Agent agent(Persona persona, PermissionAsker asker) {
    return new Agent(
        model, memory(), toolBox(asker), this::standing, config(persona), bench.clock());
  }

  private List<String> standing(Scope scope) {
    try {
      return bench.statedPreferences(scope);
    } catch (MemoryStoreException e) {
      throw new AgentMemoryException(String.valueOf(e.getMessage()), e);
    }
  }

  private AgentConfig config(Persona persona) {
    ChatConfig chat = bench.config().chat();
    var sampling =
        new Sampling(
            chat.temperature(),
            0,
            chat.topP(),
            chat.minP(),
            chat.repetitionPenalty(),
            seed,
            chat.maxTokens(),
            List.of());
    return AgentConfig.defaults(persona, sampling, ZoneId.systemDefault())
        .withRecallLimit(chat.memories())
        .withMemoryTokens(chat.memoryTokens());
  }

  private ToolBox toolBox(PermissionAsker asker) {
    List<Tool> builtIns = BuiltIns.all(bench.clock(), ZoneId.systemDefault(), this::searchMemory);
    return new ToolBox(
        () -> {
          List<Tool> all = new ArrayList<>(builtIns);
          if (mcp != null) {
            all.addAll(mcp.tools());
          }
          return all;
        },
        new FilePermissions(bench.home().permissions()),
        asker,
        ToolLimits.DEFAULT);
  }

  @Override
  public List<String> toolProblems() {
    return mcp == null
        ? List.of()
        : mcp.status().stream()
            .flatMap(server -> server.problems().stream().map(why -> server.name() + ": " + why))
            .toList();
  }

  private List<String> searchMemory(String query, ToolContext context) {
    return memory().recall(context.scope(), query, bench.config().chat().memories()).stream()
        .map(
            hit ->
                "["
                    + hit.id()
                    + "] "
                    + LocalDate.ofInstant(hit.at(), ZoneId.systemDefault())
                    + " "
                    + hit.speaker()
                    + ": "
                    + hit.text())
        .toList();
  }

  @Override
  public AgentMemory memory() {
    AgentMemory known = memory;
    if (known == null) {
      known = bench.memory();
      memory = known;
    }
    return known;
  }

  InstantSource clock() {
    return bench.clock();
  }

  @Override
  public Scope scope(String session) {
    return bench.scope(session);
  }

  @Override
  public String newSessionId() {
    return SESSION_ID.format(bench.clock().instant().atZone(ZoneId.systemDefault()));
  }

  @Override
  public List<String> personas() {
    List<String> names = new ArrayList<>(List.of("default"));
    Path folder = bench.home().personas();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files
            .map(f -> f.getFileName().toString().replaceFirst("\\.[^.]*$", ""))
            .sorted()
            .forEach(names::add);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot list " + folder, e);
      }
    }
    return names;
  }

  @Override
  public Persona persona(String name) {
    if (name.equals("default")) {
      return Persona.DEFAULT;
    }
    Path given = Path.of(name);
    Path file = Files.isRegularFile(given) ? given : bench.home().personas().resolve(name + ".md");
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          "there is no persona "
              + name
              + " (looked for "
              + file
              + "); there are: "
              + String.join(", ", personas()));
    }
    return Persona.read(file);
  }

  /** Waits until the model can answer. */
  void load() {
    model.ref();
  }

  @Override
  public String describeModel() {
    ModelRef ref = following() ? active() : model.ref();
    String hash = ref.sha256().startsWith("external:") ? "" : " " + ref.sha256().substring(0, 12);
    return ref.id() + hash;
  }

  private boolean following() {
    return model instanceof FollowingChatModel;
  }

  /** What the registry says, so that nobody waits for weights to read a name. */
  private ModelRef active() {
    return bench
        .registry()
        .active()
        .map(manifest -> new ModelRef(manifest.name(), manifest.sha256()))
        .orElseGet(model::ref);
  }

  @Override
  public List<String> models() {
    String active = bench.registry().active().map(CheckpointManifest::id).orElse("");
    return bench.registry().list().stream()
        .map(m -> (m.id().equals(active) ? "* " : "  ") + m.id() + "  " + m.name())
        .toList();
  }

  @Override
  public List<String> modelNames() {
    return bench.registry().list().stream().map(CheckpointManifest::name).distinct().toList();
  }

  @Override
  public int maxTokens() {
    return bench.config().chat().maxTokens();
  }

  @Override
  public void useModel(String name) {
    ChatModel next = bench.models().open(name);
    model.close();
    model = bench.closing(next);
    modelName = name;
  }

  @Override
  public String rollbackModel() {
    CheckpointManifest now = bench.registry().rollback("rolled back from the chat");
    return "Back to " + now.name() + " " + now.id() + ".";
  }

  @Override
  public void evolve(Consumer<String> show) {
    bench.evolve(show);
  }

  @Override
  public List<String> preferences() {
    return bench.statedPreferences(bench.scope("any"));
  }

  @Override
  public Path historyFile() {
    return bench.home().history();
  }

  @Override
  public Path exportFolder() {
    return bench.home().dir();
  }

  /** Two lines, once per data directory. */
  void announceFirstRun(Consumer<String> show) {
    Path mark = bench.home().dir().resolve(".welcomed");
    if (Files.exists(mark) || !modelName.equals("active")) {
      return;
    }
    show.accept(
        "The starter is a very small model trained on one CPU: short answers, some facts, slips in"
            + " names and numbers.");
    show.accept(
        "A better one: 'mneme models import DIR' (a Hugging Face folder), or model.endpoint in "
            + bench.home().configFile()
            + ".");
    try {
      Files.createFile(mark);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write below " + bench.home().dir(), e);
    }
  }
}
