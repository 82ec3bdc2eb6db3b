package dev.mneme.preference.dialogue;

import dev.mneme.data.Hashes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Makes dialogues whose quality is known because it was decided first: for each reply good, weak or
 * bad is drawn, then a reply of that quality, then what a person would say to it. Scenes, reactions
 * and weak replies are our own inventions ({@code scenes.txt}, {@code reactions.txt}, {@code
 * weak-replies.txt}).
 *
 * <p>People are not consistent, so a share of the reactions is drawn without looking at the
 * quality. The same seed makes the same dialogues. Confined to one thread.
 */
public final class DialogueMaker {
  /** How good a reply was made, as the chance that the person is satisfied. */
  enum Quality {
    GOOD(0.95),
    WEAK(0.4),
    BAD(0.05);

    final double satisfied;

    Quality(double satisfied) {
      this.satisfied = satisfied;
    }
  }

  /**
   * A made dialogue.
   *
   * @param dialogue what was said
   * @param satisfied the chance of satisfaction with each reply, by its position
   */
  public record Made(Dialogue dialogue, Map<Integer, Double> satisfied) {
    public Made {
      satisfied = Map.copyOf(satisfied);
    }
  }

  private record Scene(
      List<String> asks, List<String> good, List<String> weak, List<String> followUps) {}

  /** The share of reactions that say nothing about the quality. */
  private static final double NOISE = 0.2;

  private final List<Scene> scenes = scenes();
  private final Map<String, List<String>> reactions = sections("reactions.txt");
  private final Map<String, List<String>> weakReplies = sections("weak-replies.txt");
  private final SplittableRandom random;

  public DialogueMaker(long seed) {
    this.random = new SplittableRandom(Hashes.subSeed(seed, "dialogue maker"));
  }

  /** The next dialogue, of three to eight exchanges. */
  public Made next() {
    var utterances = new ArrayList<Utterance>();
    var satisfied = new HashMap<Integer, Double>();
    var said = new ArrayList<String>();
    int exchanges = 3 + random.nextInt(6);
    // Assistants differ: some are mostly good, some mostly bad, so quality varies by dialogue
    // first.
    double weakness = random.nextDouble() * random.nextDouble();
    boolean assistantOpens = random.nextDouble() < 0.2;
    if (assistantOpens) {
      utterances.add(Utterance.assistant("Hi! What can I do for you?"));
      satisfied.put(0, 0.8);
    }
    Scene scene = pick(scenes);
    String request = pick(scene.asks);
    boolean answersScene = true;
    Quality before = Quality.GOOD;
    for (int i = 0; i < exchanges; i++) {
      Quality quality = quality(before, weakness);
      utterances.add(Utterance.person(dress(request)));
      String reply = reply(scene, request, quality, said, answersScene);
      satisfied.put(utterances.size(), quality.satisfied);
      utterances.add(Utterance.assistant(reply));
      said.add(reply);
      Next next = react(scene, request, quality);
      if (next.ends) {
        utterances.add(Utterance.person(dress(next.words)));
        return new Made(new Dialogue(utterances), satisfied);
      }
      scene = next.scene;
      request = next.words;
      answersScene = next.answersScene;
      before = quality;
    }
    if (random.nextDouble() < 0.5) {
      utterances.add(Utterance.person(dress(request)));
    }
    return new Made(new Dialogue(utterances), satisfied);
  }

  /** Trouble comes in rows. */
  private Quality quality(Quality before, double weakness) {
    double more =
        switch (before) {
          case GOOD -> 0;
          case WEAK -> 0.1;
          case BAD -> 0.2;
        };
    double bad = Math.min(0.8, weakness + more);
    double draw = random.nextDouble();
    if (draw < bad) {
      return Quality.BAD;
    }
    return draw < bad + 0.15 ? Quality.WEAK : Quality.GOOD;
  }

  private String reply(
      Scene scene, String request, Quality quality, List<String> said, boolean answersScene) {
    return switch (quality) {
      case GOOD -> good(scene, said, answersScene);
      case WEAK ->
          random.nextDouble() < 0.5 ? pick(scene.weak) : pick(section(weakReplies, "dodge"));
      case BAD -> bad(scene, request, said);
    };
  }

  private String good(Scene scene, List<String> said, boolean answersScene) {
    if (!answersScene) {
      // An answer to a person's remark takes it up and goes on.
      String more = pick(scene.good);
      String[] openers = {"Yes, ", "Right. ", "Good point! ", "I think so too. ", "Sure: ", ""};
      return openers[random.nextInt(openers.length)] + (said.contains(more) ? rest(more) : more);
    }
    for (int i = 0; i < 4; i++) {
      String reply = pick(scene.good);
      if (!said.contains(reply)) {
        return reply;
      }
    }
    return "As I said, " + pick(scene.good);
  }

  /** The second half of a reply, so that going on does not repeat it. */
  private static String rest(String text) {
    int middle = text.indexOf(' ', text.length() / 2);
    return middle < 0 ? text : text.substring(middle + 1);
  }

  private String bad(Scene scene, String request, List<String> said) {
    return switch (random.nextInt(9)) {
      case 0, 1 -> pick(other(scene).good);
      case 2, 3 -> pick(section(weakReplies, "blurt"));
      case 4 -> said.isEmpty() ? pick(section(weakReplies, "fail")) : said.getLast();
      case 5 -> pick(section(weakReplies, "fail"));
      case 6 -> random.nextBoolean() ? request : pick(section(weakReplies, "dodge"));
      case 7 -> garbled(pick(scene.good));
      default -> pick(other(scene).followUps);
    };
  }

  private String garbled(String text) {
    String[] words = text.split(" ");
    int from = random.nextInt(Math.max(1, words.length - 3));
    var out = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      for (int j = from; j < Math.min(words.length, from + 3); j++) {
        out.append(words[j]).append(' ');
      }
    }
    return out.toString().strip();
  }

  private record Next(Scene scene, String words, boolean answersScene, boolean ends) {}

  private Next react(Scene scene, String request, Quality quality) {
    Quality felt = quality;
    if (random.nextDouble() < NOISE) {
      felt = Quality.values()[random.nextInt(3)];
    }
    double draw = random.nextDouble();
    return switch (felt) {
      case GOOD -> {
        if (draw < 0.15) {
          yield newTopic(pick(section(reactions, "thanks")) + ". ", scene);
        } else if (draw < 0.3) {
          yield remark(scene, pick(section(reactions, "agree")));
        } else if (draw < 0.72) {
          yield remark(scene, pick(scene.followUps));
        } else if (draw < 0.8) {
          yield remark(scene, pick(section(reactions, "neutral")));
        } else if (draw < 0.92) {
          yield newTopic("", scene);
        }
        yield leave(scene, draw < 0.96 ? "thanks" : "leave");
      }
      case WEAK -> {
        if (draw < 0.35) {
          yield remark(scene, pick(section(reactions, "neutral")));
        } else if (draw < 0.55) {
          yield newTopic("", scene);
        } else if (draw < 0.7) {
          yield again(scene, request, "repeat");
        } else if (draw < 0.85) {
          yield remark(scene, fill(pick(section(reactions, "decline")), scene, request));
        }
        yield remark(scene, fill(pick(section(reactions, "clarify")), scene, request));
      }
      case BAD -> {
        if (draw < 0.17) {
          yield remark(scene, fill(pick(section(reactions, "complain")), scene, request));
        } else if (draw < 0.37) {
          yield remark(scene, fill(pick(section(reactions, "clarify")), scene, request));
        } else if (draw < 0.5) {
          yield again(scene, request, "correct");
        } else if (draw < 0.63) {
          yield again(scene, request, "repeat");
        } else if (draw < 0.7) {
          yield remark(scene, fill(pick(section(reactions, "decline")), scene, request));
        } else if (draw < 0.8) {
          yield remark(scene, pick(section(reactions, "neutral")));
        } else if (draw < 0.95) {
          yield newTopic("", scene);
        }
        yield leave(scene, "leave");
      }
    };
  }

  private Next remark(Scene scene, String words) {
    return new Next(scene, words, false, false);
  }

  private Next again(Scene scene, String request, String kind) {
    return new Next(scene, fill(pick(section(reactions, kind)), scene, request), true, false);
  }

  private Next newTopic(String opening, Scene scene) {
    Scene next = other(scene);
    return new Next(next, opening + pick(next.asks), true, false);
  }

  private Next leave(Scene scene, String kind) {
    return new Next(scene, pick(section(reactions, kind)), false, true);
  }

  private String fill(String template, Scene scene, String request) {
    if (!template.contains("{")) {
      return template;
    }
    String ask = pick(scene.asks);
    List<String> content =
        Words.of(request).stream()
            .filter(word -> !Words.isStop(word) && word.length() > 3)
            .toList();
    String word = content.isEmpty() ? "that" : pick(content);
    return template.replace("{ask}", ask).replace("{word}", "the " + word);
  }

  /** People write as they like. */
  private String dress(String words) {
    String text = words;
    if (random.nextDouble() < 0.4 && !text.isEmpty()) {
      text = Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
    if (random.nextDouble() < 0.3 && (text.endsWith("?") || text.endsWith("."))) {
      text = text.substring(0, text.length() - 1);
    }
    return text;
  }

  private Scene other(Scene scene) {
    Scene other = pick(scenes);
    while (other.equals(scene)) {
      other = pick(scenes);
    }
    return other;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static List<String> section(Map<String, List<String>> sections, String name) {
    return Optional.ofNullable(sections.get(name))
        .orElseThrow(() -> new AssertionError("no section [" + name + "]"));
  }

  private static Map<String, List<String>> sections(String resource) {
    var sections = new LinkedHashMap<String, List<String>>();
    var current = new ArrayList<String>();
    for (String line : Lexicon.lines(resource)) {
      if (line.startsWith("[")) {
        current = new ArrayList<>();
        sections.put(line.substring(1, line.length() - 1), current);
      } else {
        current.add(line);
      }
    }
    return sections;
  }

  private static List<Scene> scenes() {
    var scenes = new ArrayList<Scene>();
    for (String line : Lexicon.lines("scenes.txt")) {
      if (line.startsWith("=")) {
        scenes.add(
            new Scene(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
        continue;
      }
      Scene scene = scenes.getLast();
      String words = line.substring(1).strip();
      switch (line.charAt(0)) {
        case '?' -> scene.asks.add(words);
        case '+' -> scene.good.add(words);
        case '-' -> scene.weak.add(words);
        case '>' -> scene.followUps.add(words);
        default -> throw new AssertionError("scenes.txt: unknown line " + line);
      }
    }
    return List.copyOf(scenes);
  }
}
