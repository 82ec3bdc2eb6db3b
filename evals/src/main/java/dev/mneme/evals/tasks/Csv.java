package dev.mneme.evals.tasks;

import dev.mneme.evals.EvalException;
import java.util.ArrayList;
import java.util.List;

/** Comma-separated values as RFC 4180 has them: quoted cells may hold commas, quotes and lines. */
final class Csv {
  private Csv() {}

  /**
   * @param line where the row begins, counted from 1
   */
  record Row(int line, List<String> cells) {}

  static List<Row> parse(String text, String file) {
    var rows = new ArrayList<Row>();
    var cells = new ArrayList<String>();
    var cell = new StringBuilder();
    boolean quoted = false;
    int line = 1;
    int start = 1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      line += c == '\n' ? 1 : 0;
      if (quoted) {
        if (c != '"') {
          cell.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          cell.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && cell.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        cells.add(take(cell));
      } else if (c == '\n') {
        endRow(rows, cells, cell, start);
        start = line;
      } else if (c != '\r') {
        cell.append(c);
      }
    }
    if (quoted) {
      throw new EvalException(
          file + ":" + start + ": a quoted cell is never closed; expected another \"", null);
    }
    endRow(rows, cells, cell, start);
    return rows;
  }

  private static void endRow(List<Row> rows, List<String> cells, StringBuilder cell, int start) {
    if (!cells.isEmpty() || !cell.isEmpty()) {
      cells.add(take(cell));
      rows.add(new Row(start, List.copyOf(cells)));
      cells.clear();
    }
  }

  private static String take(StringBuilder cell) {
    String text = cell.toString();
    cell.setLength(0);
    return text;
  }
}
