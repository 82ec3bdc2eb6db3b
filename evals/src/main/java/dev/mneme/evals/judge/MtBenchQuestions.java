package dev.mneme.evals.judge;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.evals.EvalException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * FastChat's {@code question.jsonl}, bad lines included: one that cannot be asked keeps its place,
 * so that it is counted.
 *
 * <p>A file whose every question has one turn is a single-turn bench, such as FastChat's {@code
 * vicuna_bench}; as soon as one question has two, all must have two.
 *
 * @param questions in the order of the file
 * @param turns how many turns each question has, 1 or 2
 */
public record MtBenchQuestions(List<Question> questions, int turns) {
  public MtBenchQuestions {
    questions = List.copyOf(questions);
    if (turns != 1 && turns != 2) {
      throw new IllegalArgumentException("questions have 1 or 2 turns, got " + turns);
    }
  }

  /**
   * One line.
   *
   * @param id unique; FastChat's question_id where the line has one of its own
   * @param category one of eight in MT-Bench
   * @param turns what is asked, one after the other
   * @param reference what a human wrote as the right answers; empty for most
   * @param problem why it cannot be asked, naming file and line; empty when it can
   * @param where file and line
   */
  public record Question(
      String id,
      String category,
      List<String> turns,
      List<String> reference,
      String problem,
      String where) {
    public Question {
      turns = List.copyOf(turns);
      reference = List.copyOf(reference);
    }
  }

  /**
   * @throws EvalException when the file cannot be read at all
   */
  public static MtBenchQuestions read(Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new EvalException("cannot read the questions " + file, e);
    }
    var questions = new ArrayList<Question>();
    Map<String, Integer> lineOfId = new HashMap<>();
    int line = 0;
    int from = 0;
    while (from < bytes.length) {
      int to = from;
      while (to < bytes.length && bytes[to] != '\n') {
        to++;
      }
      line++;
      if (to > from) {
        Question question = question(file + ":" + line, line, bytes, from, to);
        if (question != null) {
          Integer first = lineOfId.putIfAbsent(question.id(), line);
          questions.add(first == null ? question : duplicate(file, line, first, question));
        }
      }
      from = to + 1;
    }
    if (questions.isEmpty()) {
      throw new EvalException(
          file + " holds no questions; expected FastChat's question.jsonl", null);
    }
    int turns = questions.stream().anyMatch(each -> each.turns().size() > 1) ? 2 : 1;
    return new MtBenchQuestions(
        questions.stream().map(each -> complete(each, turns)).toList(), turns);
  }

  /** The question, with its problem where it has fewer or more turns than the file's others. */
  private static Question complete(Question question, int turns) {
    boolean whole =
        question.turns().size() == turns && question.turns().stream().noneMatch(String::isBlank);
    return whole || !question.problem().isEmpty()
        ? question
        : new Question(
            question.id(),
            question.category(),
            question.turns(),
            question.reference(),
            question.where()
                + ": question "
                + question.id()
                + " needs "
                + (turns == 1 ? "one" : "two")
                + " \"turns\" with text"
                + ", got "
                + Json.mapper().writeValueAsString(question.turns()),
            question.where());
  }

  private static @org.jspecify.annotations.Nullable Question question(
      String where, int line, byte[] bytes, int from, int to) {
    String text;
    CharsetDecoder strict =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      text = strict.decode(ByteBuffer.wrap(bytes, from, to - from)).toString();
    } catch (CharacterCodingException e) {
      return broken(line, where, "not UTF-8");
    }
    if (text.isBlank()) {
      return null;
    }
    JsonNode node;
    try {
      node = Json.mapper().readTree(text);
    } catch (JacksonException e) {
      return broken(line, where, "not JSON");
    }
    if (!node.isObject() || !node.has("question_id")) {
      return broken(line, where, "no \"question_id\"");
    }
    String id = node.get("question_id").asString();
    String category = node.has("category") ? node.get("category").asString() : "all";
    return new Question(id, category, texts(node, "turns"), texts(node, "reference"), "", where);
  }

  private static Question broken(int line, String where, String problem) {
    return new Question("line-" + line, "all", List.of(), List.of(), where + ": " + problem, where);
  }

  private static Question duplicate(Path file, int line, int first, Question question) {
    return new Question(
        question.id() + "#line-" + line,
        question.category(),
        question.turns(),
        question.reference(),
        file + ":" + line + ": question " + question.id() + " was there before, on line " + first,
        question.where());
  }

  private static List<String> texts(JsonNode node, String name) {
    var texts = new ArrayList<String>();
    JsonNode array = node.get(name);
    if (array != null && array.isArray()) {
      array.forEach(each -> texts.add(each.isString() ? each.asString() : ""));
    }
    return texts;
  }
}
