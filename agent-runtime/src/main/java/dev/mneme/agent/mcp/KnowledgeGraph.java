package dev.mneme.agent.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.data.Hashes;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Owner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Entities, their observations and the relations between them, in the JSON Lines file that the
 * reference memory server writes, so a file can be taken over as it is.
 *
 * <p>Every observation is also a turn of the long-term memory, so that a chat recalls it; deleting
 * the observation forgets the turn. Thread-safe; a change is on disk when its method returns.
 */
final class KnowledgeGraph {
  private static final String SESSION = "knowledge-graph";

  /** A thing with what is known about it. */
  record Entity(String name, String entityType, List<String> observations) {
    Entity {
      requireNonNull(name, "name is null");
      requireNonNull(entityType, "entityType is null");
      observations = List.copyOf(observations);
    }
  }

  /** How one thing stands to another. */
  record Relation(String from, String to, String relationType) {}

  /** A part of the graph. */
  record Graph(List<Entity> entities, List<Relation> relations) {}

  /** One line of the file: an entity or a relation by its {@code type}. */
  private record Line(
      String type,
      @Nullable String name,
      @Nullable String entityType,
      @Nullable List<String> observations,
      @Nullable String from,
      @Nullable String to,
      @Nullable String relationType) {}

  private final Path file;
  private final MemoryStore store;
  private final Owner owner;
  private final InstantSource clock;
  private final Map<String, Entity> entities = new LinkedHashMap<>();
  private final Set<Relation> relations = new LinkedHashSet<>();
  private int nextIndex;

  KnowledgeGraph(Path file, MemoryStore store, Owner owner, InstantSource clock) {
    this.file = file;
    this.store = store;
    this.owner = owner;
    this.clock = clock;
    if (Files.exists(file)) {
      JsonLines.readAll(file, Line.class).forEach(this::load);
    }
    List<Turn> turns = store.session(owner.session(SESSION)).turns();
    this.nextIndex = turns.isEmpty() ? 0 : turns.getLast().index() + 1;
  }

  private void load(Line line) {
    if (line.name() != null && line.entityType() != null) {
      List<String> observations = line.observations() == null ? List.of() : line.observations();
      entities.put(line.name(), new Entity(line.name(), line.entityType(), observations));
    } else if (line.from() != null && line.to() != null && line.relationType() != null) {
      relations.add(new Relation(line.from(), line.to(), line.relationType()));
    } else {
      throw new IllegalArgumentException(
          file + " holds a line that is neither an entity nor a relation: " + line);
    }
  }

  synchronized List<Entity> createEntities(List<Entity> wanted) {
    List<Entity> fresh = new ArrayList<>();
    for (Entity each : wanted) {
      if (!entities.containsKey(each.name())) {
        entities.put(each.name(), each);
        fresh.add(each);
      }
    }
    save();
    fresh.forEach(each -> each.observations().forEach(text -> remember(each.name(), text)));
    return fresh;
  }

  synchronized List<Relation> createRelations(List<Relation> wanted) {
    List<Relation> fresh = wanted.stream().filter(relations::add).toList();
    save();
    return fresh;
  }

  synchronized List<String> addObservations(String name, List<String> contents) {
    Entity entity = entities.get(name);
    if (entity == null) {
      throw new IllegalArgumentException("Entity with name " + name + " not found");
    }
    Set<String> observations = new LinkedHashSet<>(entity.observations());
    List<String> fresh = contents.stream().filter(observations::add).toList();
    entities.put(name, new Entity(name, entity.entityType(), List.copyOf(observations)));
    save();
    fresh.forEach(text -> remember(name, text));
    return fresh;
  }

  synchronized void deleteEntities(List<String> names) {
    List<Entity> gone = new ArrayList<>();
    for (String each : names) {
      Entity entity = entities.remove(each);
      if (entity != null) {
        gone.add(entity);
        relations.removeIf(relation -> relation.from().equals(each) || relation.to().equals(each));
      }
    }
    save();
    gone.forEach(each -> forget(each.name(), each.observations()));
  }

  synchronized void deleteObservations(String name, List<String> observations) {
    Entity entity = entities.get(name);
    if (entity == null) {
      return;
    }
    List<String> left = new ArrayList<>(entity.observations());
    left.removeAll(observations);
    entities.put(name, new Entity(name, entity.entityType(), left));
    save();
    forget(name, observations.stream().filter(entity.observations()::contains).toList());
  }

  synchronized void deleteRelations(List<Relation> gone) {
    relations.removeAll(Set.copyOf(gone));
    save();
  }

  synchronized Graph read() {
    return new Graph(List.copyOf(entities.values()), List.copyOf(relations));
  }

  synchronized Graph search(String query) {
    String wanted = query.toLowerCase(Locale.ROOT);
    Predicate<String> has = text -> text.toLowerCase(Locale.ROOT).contains(wanted);
    return part(
        each ->
            has.test(each.name())
                || has.test(each.entityType())
                || each.observations().stream().anyMatch(has));
  }

  synchronized Graph open(List<String> names) {
    return part(each -> names.contains(each.name()));
  }

  /** The entities that fit, with the relations between them. */
  private Graph part(Predicate<Entity> fits) {
    Map<String, Entity> found = new LinkedHashMap<>();
    entities.values().stream().filter(fits).forEach(each -> found.put(each.name(), each));
    return new Graph(
        List.copyOf(found.values()),
        relations.stream()
            .filter(each -> found.containsKey(each.from()) && found.containsKey(each.to()))
            .toList());
  }

  private void save() {
    var text = new StringBuilder();
    for (Entity each : entities.values()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("type", "entity");
      line.put("name", each.name());
      line.put("entityType", each.entityType());
      line.put("observations", each.observations());
      text.append(JsonLines.line(line));
    }
    for (Relation each : relations) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("type", "relation");
      line.put("from", each.from());
      line.put("to", each.to());
      line.put("relationType", each.relationType());
      text.append(JsonLines.line(line));
    }
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try {
      Files.writeString(next, text, UTF_8);
      try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the knowledge graph to " + file, e);
    }
  }

  private void remember(String name, String observation) {
    String id = id(name, observation);
    Scope scope = owner.session(SESSION);
    var turn =
        new Turn(
            id,
            scope,
            nextIndex++,
            "user",
            Message.user(name + ": " + observation),
            clock.instant(),
            null,
            null);
    if (store.remember(turn).alreadyStored() > 0) {
      store.restore(owner, List.of(id));
    }
  }

  private void forget(String name, List<String> observations) {
    List<String> ids =
        observations.stream()
            .map(each -> id(name, each))
            .filter(id -> store.turn(owner, id).isPresent())
            .toList();
    if (!ids.isEmpty()) {
      store.forget(owner, ids, "deleted from the knowledge graph");
    }
  }

  private String id(String name, String observation) {
    return Hashes.sha256(owner.toString(), SESSION, name, observation).substring(0, 20);
  }
}
