package dev.mneme.evals.satisfaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The floor any judge must clear: 70 words counted in the person's next turn, nothing learned,
 * nothing else looked at. Positive minus negative words, squashed into (0, 1).
 */
public final class LexiconFloor implements SatisfactionJudge {
  private final Map<String, Integer> poles = new HashMap<>();

  public LexiconFloor() {
    try (InputStream in = LexiconFloor.class.getResourceAsStream("floor-lexicon.txt")) {
      if (in == null) {
        throw new AssertionError("floor-lexicon.txt is missing from the module");
      }
      new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> line.startsWith("+") || line.startsWith("-"))
          .forEach(this::add);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read floor-lexicon.txt", e);
    }
  }

  private void add(String line) {
    for (String word : line.substring(1).strip().split(" +")) {
      poles.put(word, line.charAt(0) == '+' ? 1 : -1);
    }
  }

  int size() {
    return poles.size();
  }

  @Override
  public String name() {
    return "lexicon floor (" + poles.size() + " words)";
  }

  @Override
  public List<Double> judge(List<Message> dialogue, List<Integer> replies) {
    return replies.stream().map(reply -> judge(next(dialogue, reply))).toList();
  }

  private static String next(List<Message> dialogue, int reply) {
    for (int i = reply + 1; i < dialogue.size(); i++) {
      if (dialogue.get(i).role() == Role.USER) {
        return dialogue.get(i).content();
      }
    }
    return "";
  }

  private double judge(String next) {
    int sum = 0;
    for (String word :
        next.toLowerCase(Locale.ROOT).replace('’', '\'').split("[^\\p{L}\\p{N}']+")) {
      sum += poles.getOrDefault(word, 0);
    }
    return 1 / (1 + Math.exp(-sum));
  }
}
