package dev.mneme.cli.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The commands of the chat: a table from a name to what it does. Adding one is adding a row.
 *
 * <p>One thread at a time.
 */
final class SlashCommands {
  /**
   * @param name without the slash
   * @param arguments as the help shows them, or empty
   * @param help one line
   * @param action receives everything behind the name, stripped
   */
  record Command(String name, String arguments, String help, Consumer<String> action) {}

  private final Map<String, Command> commands = new LinkedHashMap<>();

  void add(String name, String arguments, String help, Consumer<String> action) {
    commands.put(name, new Command(name, arguments, help, action));
  }

  List<String> names() {
    return commands.keySet().stream().map(name -> "/" + name).toList();
  }

  List<Command> all() {
    return List.copyOf(commands.values());
  }

  /** The command of that name or of the only name that begins so; null when there is none. */
  @Nullable Command find(String name) {
    Command exact = commands.get(name);
    if (exact != null) {
      return exact;
    }
    List<Command> begins =
        commands.values().stream()
            .filter(c -> !name.isEmpty() && c.name().startsWith(name))
            .toList();
    return begins.size() == 1 ? begins.getFirst() : null;
  }

  /** Runs a line that begins with a slash; false when no command fits. */
  boolean run(String line) {
    String rest = line.substring(1);
    int blank = rest.indexOf(' ');
    int newline = rest.indexOf('\n');
    int end = blank < 0 ? newline : newline < 0 ? blank : Math.min(blank, newline);
    String name = (end < 0 ? rest : rest.substring(0, end)).toLowerCase(Locale.ROOT);
    Command command = find(name);
    if (command == null) {
      return false;
    }
    command.action().accept(end < 0 ? "" : rest.substring(end).strip());
    return true;
  }
}
