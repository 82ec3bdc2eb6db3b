package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Unit conversion by tool, from {@code tools/convert.txt}: a table of pairs {@code from | to |
 * factor | offset} (result = value * factor + offset) and the wordings around it; {@code <~} are
 * replies that shorten a long number.
 */
final class Conversions implements Skill {
  private record Pair(String from, String to, BigDecimal factor, BigDecimal offset) {}

  private final List<Pair> pairs = new ArrayList<>();
  private final Pool<Phrase> asks;
  private final List<Phrase> replies;
  private final List<Phrase> about;

  Conversions() {
    Texts.Block block = Texts.blocks("tools/convert.txt").getFirst();
    asks = block.wordings(">");
    replies = block.phrases("<");
    about = block.phrases("<~");
    for (String line : block.of("-")) {
      String[] cells = line.split("\\|");
      if (cells.length != 4) {
        throw new IllegalArgumentException(
            block.where() + ": expected 'from | to | factor | offset', got: " + line);
      }
      pairs.add(
          new Pair(
              cells[0].strip(),
              cells[1].strip(),
              new BigDecimal(cells[2].strip()),
              new BigDecimal(cells[3].strip())));
    }
  }

  @Override
  public void compose(Talk talk) {
    Frame frame = talk.frame().fresh();
    Pair pair = frame.pick(pairs);
    BigDecimal value =
        switch (frame.below(4)) {
          case 0 -> BigDecimal.valueOf(frame.below(9) + 2L);
          case 1 -> BigDecimal.valueOf(frame.below(990) + 10L, 1).stripTrailingZeros();
          case 2 -> BigDecimal.valueOf((frame.below(99) + 1L) * 10);
          default -> BigDecimal.valueOf(frame.below(200) + 1L);
        };
    String number = value.toPlainString();
    BigDecimal exact = value.multiply(pair.factor()).add(pair.offset());
    String result = plain(exact, 12);
    // The tool gives many digits. Saying fewer of them is copying and stopping: no rounding up.
    int places = exact.abs().compareTo(BigDecimal.ONE) < 0 ? 4 : 2;
    boolean cut = new BigDecimal(result).scale() > places + 1;
    frame
        .bind("n", number)
        .bind("from", pair.from())
        .bind("to", pair.to())
        .bind("result", cut ? plain(exact, places) : result);
    talk.offer(BuiltInTools.ALL);
    talk.user(Noise.light(frame.pick(asks).fill(frame), frame));
    var arguments = new LinkedHashMap<String, Object>();
    arguments.put("value", Dialogs.json(BuiltInTools.CONVERT_UNITS, "value", number));
    arguments.put("from", pair.from());
    arguments.put("to", pair.to());
    talk.calls(BuiltInTools.CONVERT_UNITS.name(), arguments);
    talk.expect("call", new Check.Calls(BuiltInTools.CONVERT_UNITS.name(), arguments, List.of()));
    talk.result(number + " " + pair.from() + " = " + result + " " + pair.to());
    talk.assistant(frame.pick(cut ? about : replies).fill(frame));
    talk.expect("answer", Check.says(frame.value("result")));
  }

  private static String plain(BigDecimal value, int places) {
    BigDecimal cut = value.setScale(places, RoundingMode.DOWN).stripTrailingZeros();
    return cut.toPlainString();
  }

  @Override
  public boolean hasHeldOut() {
    return asks.has(true);
  }

  @Override
  public int templates() {
    return asks.size();
  }
}
