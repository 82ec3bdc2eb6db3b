package dev.mneme.cli;

import dev.mneme.cli.config.ConfigException;
import dev.mneme.cli.config.ConfigLoader;
import dev.mneme.cli.config.MnemeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * Options that every command takes, before or after its name. They are declared once, on the root,
 * and inherited; a command reaches them with {@link #of}.
 */
public final class GlobalOptions {
  @Option(
      names = "--home",
      scope = ScopeType.INHERIT,
      paramLabel = "DIR",
      description = "Data directory (default: $MNEME_HOME, else ~/.mneme).")
  @Nullable Path home;

  @Option(
      names = "--set",
      scope = ScopeType.INHERIT,
      paramLabel = "KEY=VALUE",
      description = "Override one configuration key, for example --set chat.temperature=0.")
  List<String> settings = new ArrayList<>();

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log what happens, and show stack traces.")
  boolean verbose;

  /** The options of the command line that {@code spec} belongs to. */
  public static GlobalOptions of(CommandSpec spec) {
    return ((MnemeCommand) spec.root().userObject()).global;
  }

  /** The data directory; not created. */
  public Home home() {
    return Home.resolve(home, System.getenv());
  }

  /** What {@code --set} was given, in order. */
  public List<String> settings() {
    return List.copyOf(settings);
  }

  /** Reads the configuration of the data directory. */
  public ConfigLoader.Resolved resolveConfig() {
    try {
      return ConfigLoader.load(home().configFile(), settings);
    } catch (ConfigException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }

  /** The same, without the origins; where nothing is configured nothing is parsed. */
  public MnemeConfig config() {
    boolean nothing = settings.isEmpty() && !Files.exists(home().configFile());
    return nothing ? MnemeConfig.defaults() : resolveConfig().config();
  }
}
