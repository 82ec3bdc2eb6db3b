package dev.mneme.agent.mcp;

import static dev.mneme.agent.mcp.ServedTool.array;
import static dev.mneme.agent.mcp.ServedTool.object;
import static dev.mneme.agent.mcp.ServedTool.properties;
import static dev.mneme.agent.mcp.ServedTool.type;

import dev.mneme.agent.mcp.KnowledgeGraph.Entity;
import dev.mneme.agent.mcp.KnowledgeGraph.Graph;
import dev.mneme.agent.mcp.KnowledgeGraph.Relation;
import dev.mneme.agent.tool.ToolTraits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The nine tools of the reference memory server, with the same names, arguments and results, so
 * that an agent set up for that server finds everything where it was.
 */
final class GraphTools {
  private static final ToolTraits ADDS = new ToolTraits(false, false, true, false);
  private static final ToolTraits REMOVES = new ToolTraits(false, true, true, false);
  private static final Map<String, Object> TEXTS = array(Map.of("type", "string"), "texts");
  private static final Map<String, Object> ENTITY =
      object(
          properties(
              "name", type("string", "names the entity"),
              "entityType", type("string", "what it is"),
              "observations", TEXTS),
          "name",
          "entityType",
          "observations");
  private static final Map<String, Object> RELATION =
      object(
          properties(
              "from", type("string", "entity it starts at"),
              "to", type("string", "entity it ends at"),
              "relationType", type("string", "in active voice")),
          "from",
          "to",
          "relationType");
  private static final Map<String, Object> GRAPH =
      object(
          properties(
              "entities", array(ENTITY, "entities"), "relations", array(RELATION, "relations")),
          "entities",
          "relations");
  private static final Map<String, Object> DONE =
      object(
          properties(
              "success", type("boolean", "done"), "message", type("string", "what was done")),
          "success",
          "message");

  private final KnowledgeGraph graph;

  GraphTools(KnowledgeGraph graph) {
    this.graph = graph;
  }

  List<ServedTool> all() {
    return List.of(
        tool(
            "create_entities",
            "Creates entities; those that exist stay as they are.",
            ADDS,
            object(properties("entities", array(ENTITY, "to create")), "entities"),
            object(properties("entities", array(ENTITY, "that are new")), "entities"),
            arguments ->
                Map.of(
                    "entities",
                    graph
                        .createEntities(
                            arguments.objects("entities").stream().map(GraphTools::entity).toList())
                        .stream()
                        .map(GraphTools::shown)
                        .toList())),
        tool(
            "create_relations",
            "Creates relations between entities, in active voice.",
            ADDS,
            object(properties("relations", array(RELATION, "to create")), "relations"),
            object(properties("relations", array(RELATION, "that are new")), "relations"),
            arguments ->
                Map.of(
                    "relations",
                    graph
                        .createRelations(
                            arguments.objects("relations").stream()
                                .map(GraphTools::relation)
                                .toList())
                        .stream()
                        .map(GraphTools::shown)
                        .toList())),
        tool(
            "add_observations",
            "Adds observations to entities that exist.",
            ADDS,
            object(
                properties(
                    "observations",
                    array(
                        object(
                            properties(
                                "entityName", type("string", "of an entity"), "contents", TEXTS),
                            "entityName",
                            "contents"),
                        "to add")),
                "observations"),
            object(
                properties("results", array(Map.of("type", "object"), "per entity, what was new")),
                "results"),
            this::addObservations),
        tool(
            "delete_entities",
            "Deletes entities and their relations; unknown names are ignored.",
            REMOVES,
            object(properties("entityNames", TEXTS), "entityNames"),
            DONE,
            arguments -> {
              graph.deleteEntities(arguments.texts("entityNames"));
              return done("Entities deleted successfully");
            }),
        tool(
            "delete_observations",
            "Deletes observations of entities; unknown ones are ignored.",
            REMOVES,
            object(
                properties(
                    "deletions",
                    array(
                        object(
                            properties(
                                "entityName",
                                type("string", "of an entity"),
                                "observations",
                                TEXTS),
                            "entityName",
                            "observations"),
                        "to delete")),
                "deletions"),
            DONE,
            arguments -> {
              for (Arguments each : arguments.objects("deletions")) {
                graph.deleteObservations(each.text("entityName"), each.texts("observations"));
              }
              return done("Observations deleted successfully");
            }),
        tool(
            "delete_relations",
            "Deletes relations; unknown ones are ignored.",
            REMOVES,
            object(properties("relations", array(RELATION, "to delete")), "relations"),
            DONE,
            arguments -> {
              graph.deleteRelations(
                  arguments.objects("relations").stream().map(GraphTools::relation).toList());
              return done("Relations deleted successfully");
            }),
        tool(
            "read_graph",
            "Gives the whole graph.",
            ToolTraits.READ_ONLY,
            object(properties()),
            GRAPH,
            arguments -> shown(graph.read())),
        tool(
            "search_nodes",
            "Finds entities by a text in their name, type or observations.",
            ToolTraits.READ_ONLY,
            object(properties("query", type("string", "text to look for")), "query"),
            GRAPH,
            arguments -> shown(graph.search(arguments.text("query")))),
        tool(
            "open_nodes",
            "Gives entities by their names, with the relations between them.",
            ToolTraits.READ_ONLY,
            object(properties("names", TEXTS), "names"),
            GRAPH,
            arguments -> shown(graph.open(arguments.texts("names")))));
  }

  private static ServedTool tool(
      String name,
      String description,
      ToolTraits traits,
      Map<String, Object> input,
      Map<String, Object> output,
      ServedTool.Body body) {
    return new ServedTool(name, name.replace('_', ' '), description, traits, input, output, body);
  }

  private Map<String, Object> addObservations(Arguments arguments) {
    List<Object> results = new ArrayList<>();
    for (Arguments each : arguments.objects("observations")) {
      String name = each.text("entityName");
      List<String> added = graph.addObservations(name, each.texts("contents"));
      results.add(Map.of("entityName", name, "addedObservations", added));
    }
    return Map.of("results", results);
  }

  private static Map<String, Object> done(String message) {
    return Map.of("success", true, "message", message);
  }

  private static Entity entity(Arguments arguments) {
    return new Entity(
        arguments.text("name"), arguments.text("entityType"), arguments.texts("observations"));
  }

  private static Relation relation(Arguments arguments) {
    return new Relation(
        arguments.text("from"), arguments.text("to"), arguments.text("relationType"));
  }

  private static Map<String, Object> shown(Graph graph) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("entities", graph.entities().stream().map(GraphTools::shown).toList());
    shown.put("relations", graph.relations().stream().map(GraphTools::shown).toList());
    return shown;
  }

  private static Map<String, Object> shown(Entity entity) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("name", entity.name());
    shown.put("entityType", entity.entityType());
    shown.put("observations", entity.observations());
    return shown;
  }

  private static Map<String, Object> shown(Relation relation) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("from", relation.from());
    shown.put("to", relation.to());
    shown.put("relationType", relation.relationType());
    return shown;
  }
}
