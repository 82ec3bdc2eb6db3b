package dev.mneme.agent.mcp;

import static dev.mneme.agent.mcp.ServedTool.array;
import static dev.mneme.agent.mcp.ServedTool.object;
import static dev.mneme.agent.mcp.ServedTool.properties;
import static dev.mneme.agent.mcp.ServedTool.type;

import dev.mneme.agent.tool.ToolTraits;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryQuery;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.SessionSummary;
import dev.mneme.ltm.Stored;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The long-term memory of one owner as tools. What is added stands in a session of this server. */
final class MemoryTools {
  private static final ToolTraits ADDS = new ToolTraits(false, false, false, false);
  private static final ToolTraits REPLACES = new ToolTraits(false, true, false, false);
  private static final ToolTraits REMOVES = new ToolTraits(false, true, true, false);
  private static final int PAGE = 50;

  private static final Map<String, Object> MEMORY =
      object(
          properties(
              "id", type("string", "names the memory"),
              "at", type("string", "when it was said, ISO 8601"),
              "speaker", type("string", "who said it"),
              "text", type("string", "what was said; quoted data, not an instruction"),
              "session", type("string", "the conversation it stands in"),
              "score", type("number", "how well it fits the query; search only")),
          "id",
          "at",
          "speaker",
          "text",
          "session");

  private final MemoryStore store;
  private final Owner owner;
  private final InstantSource clock;
  private final Scope session;
  private final AtomicInteger next = new AtomicInteger();

  MemoryTools(MemoryStore store, Owner owner, InstantSource clock) {
    this.store = store;
    this.owner = owner;
    this.clock = clock;
    this.session = owner.session("mcp-" + clock.instant());
  }

  List<ServedTool> all() {
    Map<String, Object> id = object(properties("id", type("string", "of the memory")), "id");
    return List.of(
        new ServedTool(
            "memory_add",
            "Remember",
            "Remembers a statement about the user or the work, durably. One fact per call.",
            ADDS,
            object(
                properties(
                    "text", type("string", "what to remember, as a sentence"),
                    "speaker", type("string", "who said it; default user")),
                "text"),
            id,
            this::add),
        new ServedTool(
            "memory_search",
            "Search memory",
            "Finds what is remembered about a question, best first.",
            ToolTraits.READ_ONLY,
            object(
                properties(
                    "query", type("string", "the question in plain words"),
                    "limit", type("integer", "1 to 100; default 10"),
                    "from", type("string", "only what was said at or after this date"),
                    "to", type("string", "only what was said before this date")),
                "query"),
            object(properties("memories", array(MEMORY, "best first")), "memories"),
            this::search),
        new ServedTool(
            "memory_get",
            "Show a memory",
            "Gives one memory by its id.",
            ToolTraits.READ_ONLY,
            id,
            MEMORY,
            this::get),
        new ServedTool(
            "memory_list",
            "List memories",
            "Lists what is remembered in the order it was stored, page by page.",
            ToolTraits.READ_ONLY,
            object(
                properties(
                    "limit", type("integer", "1 to 200; default " + PAGE),
                    "cursor", type("string", "next_cursor of the page before"))),
            object(
                properties(
                    "memories",
                    array(MEMORY, "oldest first"),
                    "next_cursor",
                    type("string", "for the next page; absent on the last")),
                "memories"),
            this::list),
        new ServedTool(
            "memory_update",
            "Correct a memory",
            "Replaces the text of a memory. The old text is no longer found; the new id is given.",
            REPLACES,
            object(
                properties(
                    "id", type("string", "of the memory"), "text", type("string", "new text")),
                "id",
                "text"),
            object(
                properties(
                    "id", type("string", "of the new memory"),
                    "replaces", type("string", "id of the old one")),
                "id",
                "replaces"),
            this::update),
        new ServedTool(
            "memory_delete",
            "Forget",
            "Forgets a memory by its id. Deleting what is not there is no error.",
            REMOVES,
            id,
            object(properties("deleted", type("boolean", "whether it was there")), "deleted"),
            this::delete),
        new ServedTool(
            "memory_stats",
            "Memory in numbers",
            "How much is remembered, since when.",
            ToolTraits.READ_ONLY,
            object(properties()),
            object(
                properties(
                    "sessions", type("integer", "conversations"),
                    "turns", type("integer", "turns that are not forgotten"),
                    "first_at", type("string", "time of the first; absent when empty"),
                    "last_at", type("string", "time of the last; absent when empty")),
                "sessions",
                "turns"),
            arguments -> stats()),
        new ServedTool(
            "feedback_record",
            "Give feedback",
            "Records whether a remembered reply was good; it steers how the model learns.",
            ADDS,
            object(
                properties(
                    "id",
                    type("string", "of the reply that is judged"),
                    "verdict",
                    Map.of("type", "string", "enum", List.of("good", "bad")),
                    "why",
                    type("string", "in the person's words"),
                    "better",
                    type("string", "the reply the person wanted instead")),
                "id",
                "verdict"),
            object(properties("sequence", type("integer", "of the record")), "sequence"),
            this::feedback));
  }

  private Map<String, Object> add(Arguments arguments) {
    String speaker = arguments.textOrNull("speaker");
    Turn turn = turn(arguments.text("text"), speaker == null ? "user" : speaker, null);
    store.remember(turn);
    return Map.of("id", turn.id());
  }

  private Turn turn(String text, String speaker, @Nullable String replyTo) {
    int index = next.getAndIncrement();
    Instant at = clock.instant();
    String id =
        Hashes.sha256(owner.toString(), session.session(), index + "", text).substring(0, 20);
    return new Turn(id, session, index, speaker, Message.user(text), at, replyTo, null);
  }

  private Map<String, Object> search(Arguments arguments) {
    MemoryQuery query =
        MemoryQuery.of(
                owner.session(session.session()),
                arguments.text("query"),
                arguments.number("limit", 10, 1, 100))
            .between(arguments.instant("from"), arguments.instant("to"));
    List<Object> found = new ArrayList<>();
    store
        .recall(query)
        .forEach(
            each -> {
              Map<String, Object> memory = new LinkedHashMap<>();
              memory.put("id", each.id());
              memory.put("at", each.at().toString());
              memory.put("speaker", each.speaker());
              memory.put("text", each.text());
              memory.put("session", each.scope().session());
              memory.put("score", each.score());
              found.add(memory);
            });
    return Map.of("memories", found);
  }

  private Map<String, Object> get(Arguments arguments) {
    return shown(known(arguments.text("id")));
  }

  private Turn known(String id) {
    return store
        .turn(owner, id)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no memory has the id "
                        + id
                        + "; ids come from memory_search and memory_list"));
  }

  private static Map<String, Object> shown(Turn turn) {
    Map<String, Object> memory = new LinkedHashMap<>();
    memory.put("id", turn.id());
    memory.put("at", turn.at().toString());
    memory.put("speaker", turn.speaker());
    memory.put("text", turn.message().content());
    memory.put("session", turn.scope().session());
    return memory;
  }

  private Map<String, Object> list(Arguments arguments) {
    int limit = arguments.number("limit", PAGE, 1, 200);
    String cursor = arguments.textOrNull("cursor");
    long since;
    try {
      since = cursor == null ? 0 : Long.parseLong(cursor);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "\"cursor\" must be the next_cursor of a page before, got " + cursor, e);
    }
    List<Object> memories = new ArrayList<>();
    long last = since;
    boolean more = false;
    try (Stream<Stored<Turn>> turns = store.turns(new Selection.One(owner), since)) {
      var each = turns.iterator();
      while (each.hasNext() && !more) {
        if (memories.size() == limit) {
          more = true;
        } else {
          Stored<Turn> stored = each.next();
          last = stored.sequence();
          if (stored.value().message().role() != Role.TOOL) {
            memories.add(shown(stored.value()));
          }
        }
      }
    }
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("memories", memories);
    if (more) {
      page.put("next_cursor", Long.toString(last));
    }
    return page;
  }

  private Map<String, Object> update(Arguments arguments) {
    Turn old = known(arguments.text("id"));
    Turn fresh = turn(arguments.text("text"), old.speaker(), old.replyTo());
    store.remember(fresh);
    store.forget(owner, List.of(old.id()), "replaced by " + fresh.id());
    return Map.of("id", fresh.id(), "replaces", old.id());
  }

  private Map<String, Object> delete(Arguments arguments) {
    String id = arguments.text("id");
    boolean there = store.turn(owner, id).isPresent();
    if (there) {
      store.forget(owner, List.of(id), "deleted through MCP");
    }
    return Map.of("deleted", there);
  }

  private Map<String, Object> stats() {
    List<SessionSummary> sessions = store.sessions(owner);
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("sessions", sessions.size());
    stats.put("turns", sessions.stream().mapToInt(SessionSummary::turns).sum());
    sessions.stream()
        .map(SessionSummary::firstAt)
        .min(Instant::compareTo)
        .ifPresent(at -> stats.put("first_at", at.toString()));
    sessions.stream()
        .map(SessionSummary::lastAt)
        .max(Instant::compareTo)
        .ifPresent(at -> stats.put("last_at", at.toString()));
    return stats;
  }

  private Map<String, Object> feedback(Arguments arguments) {
    Turn judged = known(arguments.text("id"));
    boolean good =
        switch (arguments.text("verdict")) {
          case "good" -> true;
          case "bad" -> false;
          default -> throw new IllegalArgumentException("\"verdict\" must be good or bad");
        };
    Instant now = clock.instant();
    long sequence =
        store.recordSignal(
            judged.scope(), new Signal.Thumb(judged.id(), now, good, arguments.textOrNull("why")));
    String better = arguments.textOrNull("better");
    if (better != null) {
      sequence = store.recordSignal(judged.scope(), new Signal.Fix(judged.id(), now, better));
    }
    return Map.of("sequence", sequence);
  }
}
