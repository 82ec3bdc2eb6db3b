package dev.mneme.cli.chat;

import dev.mneme.agent.Agent;
import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.Persona;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.data.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** What the chat needs of the house around it: models, personas, the cycle. */
public interface ChatHost {
  /**
   * The agent as it is configured now, with that persona; it asks {@code asker} for permissions.
   */
  Agent agent(Persona persona, PermissionAsker asker);

  AgentMemory memory();

  /** Whose conversation a session is. */
  Scope scope(String session);

  /** A name for a new session. */
  String newSessionId();

  List<String> personas();

  /** The persona of that name; throws {@code UserError} listing what there is. */
  Persona persona(String name);

  /** One line on the model that answers now. */
  String describeModel();

  /** Lines on every model that could answer. */
  List<String> models();

  /** Names of those models, for completion. */
  List<String> modelNames();

  /** How long a reply may be. */
  int maxTokens();

  /** Chooses another model; throws {@code UserError} saying what there is. */
  void useModel(String name);

  /** Back to the model that served before; returns a line on it. */
  String rollbackModel();

  /** Runs one evolution cycle; lines of progress and the outcome go to {@code show}. */
  void evolve(Consumer<String> show);

  /** Preferences learnt so far, for people to read. */
  List<String> preferences();

  Path historyFile();

  /** Where exports go. */
  Path exportFolder();

  /** A line for each tool server whose tools are not all there, with the reason. */
  default List<String> toolProblems() {
    return List.of();
  }
}
