package dev.mneme.evals.satisfaction;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Comma-separated values as RFC 4180 has them: quoted fields may hold commas, quotes and lines. */
final class Csv {
  private Csv() {}

  /** The rows by the header's names; a short row has empty text for what it lacks. */
  static List<Map<String, String>> rows(String text) {
    List<List<String>> lines = lines(text);
    if (lines.isEmpty()) {
      return List.of();
    }
    List<String> header = lines.getFirst();
    var rows = new ArrayList<Map<String, String>>();
    for (List<String> line : lines.subList(1, lines.size())) {
      var row = new LinkedHashMap<String, String>();
      for (int i = 0; i < header.size(); i++) {
        row.put(header.get(i), i < line.size() ? line.get(i) : "");
      }
      rows.add(row);
    }
    return rows;
  }

  private static List<List<String>> lines(String text) {
    var lines = new ArrayList<List<String>>();
    var line = new ArrayList<String>();
    var field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == ',') {
        line.add(field.toString());
        field.setLength(0);
      } else if (c == '\n') {
        line.add(field.toString());
        field.setLength(0);
        lines.add(List.copyOf(line));
        line.clear();
      } else if (c != '\r') {
        field.append(c);
      }
    }
    if (!field.isEmpty() || !line.isEmpty()) {
      line.add(field.toString());
      lines.add(List.copyOf(line));
    }
    return lines;
  }
}
