package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import dev.mneme.data.ToolSpec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Conversations that are written out: each block of a file has several wordings of what the user
 * says, several good replies, and follow-up turns with theirs.
 *
 * <pre>
 * == title
 * sys: You are a pirate captain.     optional persona
 * let: a=10..99; b=10..99; c=a+b     optional numbers, see {@link Numbers}
 * call: calculator; expression={a} + {b}     optional tool call before the first reply
 * result: {c}                        what the tool returns
 * tools: none                        offer no tools (default: by chance)
 * typos: none                        write what the user says as it stands here
 * &gt; wording of the user            split: a tenth is held out
 * &lt; a good reply                   any of them may be drawn
 * &lt;formal&gt; the reply in a style    drawn when that style is asked for, and now and then unasked
 * ! says a / b                     a check of the reply, see {@link #check}
 * &gt;&gt; follow-up   &lt;&lt; its reply   !! its check   and so on, to &gt;&gt;&gt;&gt;
 * </pre>
 */
final class Dialogs implements Skill {
  private static final int MAX_TURNS = 4;

  private record Turn(
      Pool<Phrase> asks,
      List<Phrase> replies,
      Map<String, List<Phrase>> styled,
      List<Phrase> checks) {}

  private record Call(ToolSpec tool, Map<String, Phrase> arguments, Phrase result) {}

  private record Dialog(
      String where,
      @Nullable Phrase persona,
      boolean noTools,
      boolean noTypos,
      Numbers numbers,
      @Nullable Call call,
      List<Turn> turns) {}

  private final Styles styles;
  private final List<Dialog> dialogs = new ArrayList<>();
  private final List<Dialog> heldOut;

  Dialogs(String file, Styles styles) {
    this.styles = styles;
    for (Texts.Block block : Texts.blocks(file)) {
      dialogs.add(read(block));
    }
    this.heldOut =
        dialogs.stream().filter(each -> each.turns().getFirst().asks().has(true)).toList();
  }

  private Dialog read(Texts.Block block) {
    var turns = new ArrayList<Turn>();
    for (int depth = 1; depth <= MAX_TURNS; depth++) {
      String asks = ">".repeat(depth);
      if (block.of(asks).isEmpty()) {
        break;
      }
      turns.add(turn(block, depth));
    }
    if (turns.isEmpty() || !turns.getFirst().asks().has(false)) {
      throw new IllegalArgumentException(
          block.where()
              + ": block '"
              + block.title()
              + "' needs a line '> ...' to train on; these are held out: "
              + block.of(">"));
    }
    String persona = block.properties().get("sys");
    return new Dialog(
        block.where(),
        persona == null ? null : Phrase.parse(persona),
        block.property("tools", "").equals("none"),
        block.property("typos", "").equals("none"),
        Numbers.parse(block.property("let", ""), block.where()),
        call(block),
        List.copyOf(turns));
  }

  private Turn turn(Texts.Block block, int depth) {
    String replies = "<".repeat(depth);
    var styled = new LinkedHashMap<String, List<Phrase>>();
    for (String style : styles.names()) {
      List<Phrase> phrases = block.phrases(replies + style + ">");
      if (!phrases.isEmpty()) {
        styled.put(style, phrases);
      }
    }
    List<Phrase> plain = block.phrases(replies);
    if (plain.isEmpty()) {
      throw new IllegalArgumentException(
          block.where() + ": block '" + block.title() + "' has no reply '" + replies + " ...'");
    }
    return new Turn(
        block.wordings(">".repeat(depth)), plain, styled, block.phrases("!".repeat(depth)));
  }

  private static @Nullable Call call(Texts.Block block) {
    String text = block.properties().get("call");
    if (text == null) {
      return null;
    }
    String[] parts = text.split(";");
    ToolSpec tool =
        BuiltInTools.ALL.stream()
            .filter(each -> each.name().equals(parts[0].strip()))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException(block.where() + ": no tool '" + parts[0] + "'"));
    var arguments = new LinkedHashMap<String, Phrase>();
    for (int i = 1; i < parts.length; i++) {
      String[] sides = parts[i].split("=", 2);
      arguments.put(sides[0].strip(), Phrase.parse(sides[1].strip()));
    }
    return new Call(tool, arguments, Phrase.parse(block.property("result")));
  }

  /**
   * A check as it is written: {@code says a / b}, {@code avoids a / b}, {@code exactly a / b},
   * {@code abstains}, {@code number 12}, {@code words 3 10}, {@code sentences 2}, {@code bullets
   * 3}, {@code numbered 3}, {@code upper}, {@code lower}, {@code starts text}, {@code ends text},
   * {@code json}.
   */
  static Check check(String line, String where) {
    String[] words = line.split(" ", 2);
    String rest = words.length > 1 ? words[1].strip() : "";
    return switch (words[0]) {
      case "says" -> Check.says(rest.split(" / "));
      case "avoids" -> new Check.Avoids(List.of(rest.split(" / ")));
      case "exactly" -> new Check.Exactly(List.of(rest.split(" / ")));
      case "abstains" -> new Check.Abstains();
      case "number" -> new Check.FinalNumber(rest);
      case "words" ->
          Check.Form.words(
              Integer.parseInt(rest.split(" ")[0]), Integer.parseInt(rest.split(" ")[1]));
      case "sentences" -> Check.Form.sentences(Integer.parseInt(rest));
      case "bullets" -> Check.Form.bullets(Integer.parseInt(rest));
      case "numbered" -> Check.Form.numbered(Integer.parseInt(rest));
      case "upper" -> Check.Form.in(Check.LetterCase.UPPER);
      case "lower" -> Check.Form.in(Check.LetterCase.LOWER);
      case "starts" -> Check.Form.startsWith(rest);
      case "ends" -> Check.Form.endsWith(rest);
      case "json" -> new Check.IsJson();
      default ->
          throw new IllegalArgumentException(
              where + ": unknown check '" + line + "': see the javadoc of Dialogs.check");
    };
  }

  @Override
  public void compose(Talk talk) {
    Frame frame = talk.frame().fresh().unknowns(0.15);
    Dialog dialog = frame.pick(talk.heldOut() && !heldOut.isEmpty() ? heldOut : dialogs);
    frame.bind("today", talk.today().toString());
    dialog.numbers().bind(frame);
    if (dialog.persona() != null) {
      talk.persona(dialog.persona().fill(frame)).close();
    }
    if (dialog.noTools()) {
      talk.offer(List.of());
    }
    String style = talk.style();
    boolean asks = false;
    Map<String, List<Phrase>> styled = dialog.turns().getFirst().styled();
    if (style == null && !styled.isEmpty() && frame.chance(0.4)) {
      asks = true;
      style = frame.pick(List.copyOf(styled.keySet()));
    }
    for (int i = 0; i < dialog.turns().size(); i++) {
      Turn turn = dialog.turns().get(i);
      if (i > 0 && frame.chance(0.15)) {
        break;
      }
      String request = frame.pick(turn.asks()).fill(frame);
      if (asks && style != null && i == 0) {
        request = styles.ask(style, request, talk);
      }
      talk.user(dialog.noTypos() ? request : Noise.heavy(request, frame));
      if (i == 0 && dialog.call() != null) {
        call(dialog.call(), talk, frame);
      }
      talk.assistant(reply(turn, style, frame).fill(frame));
      for (Phrase each : turn.checks()) {
        Check check = check(each.fill(frame), dialog.where());
        talk.expect(measure(check), check);
      }
    }
  }

  private static void call(Call call, Talk talk, Frame frame) {
    talk.offer(BuiltInTools.ALL);
    var arguments = new LinkedHashMap<String, Object>();
    call.arguments()
        .forEach((name, value) -> arguments.put(name, json(call.tool(), name, value.fill(frame))));
    talk.calls(call.tool().name(), arguments);
    talk.expect("call", new Check.Calls(call.tool().name(), arguments, List.of()));
    talk.result(call.result().fill(frame));
  }

  /** The argument as the tool's schema wants it. */
  static Object json(ToolSpec tool, String name, String value) {
    boolean number =
        tool.inputSchema().get("properties") instanceof Map<?, ?> properties
            && properties.get(name) instanceof Map<?, ?> schema
            && "number".equals(schema.get("type"));
    if (!number) {
      return value;
    }
    BigDecimal exact = new BigDecimal(value);
    if (exact.stripTrailingZeros().scale() <= 0) {
      return exact.intValueExact();
    }
    return exact.doubleValue();
  }

  private static Phrase reply(Turn turn, @Nullable String style, Frame frame) {
    List<Phrase> asked = style == null ? null : turn.styled().get(style);
    if (asked != null) {
      return frame.pick(asked);
    }
    if (style == null && !turn.styled().isEmpty() && frame.chance(0.35)) {
      return frame.pick(frame.pick(List.copyOf(turn.styled().values())));
    }
    return frame.pick(turn.replies());
  }

  private static String measure(Check check) {
    return switch (check) {
      case Check.Form _, Check.IsJson _ -> "form";
      case Check.Abstains _ -> "abstain";
      case Check.Calls _, Check.CallsNothing _ -> "call";
      case Check.Exactly _,
          Check.Says _,
          Check.Avoids _,
          Check.JsonEquals _,
          Check.FinalNumber _,
          Check.All _ ->
          "answer";
    };
  }

  @Override
  public boolean hasHeldOut() {
    return !heldOut.isEmpty();
  }

  @Override
  public int templates() {
    return dialogs.stream()
        .flatMap(each -> each.turns().stream())
        .mapToInt(each -> each.asks().size())
        .sum();
  }
}
