package dev.mneme.agent.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run as one HTML page that needs nothing else: curves by generation, dialogues before and after,
 * what was learnt and from whom. Computed from the event log alone, so any log can be shown again
 * without the model.
 */
public final class SimulationReport {
  private static final String GRADE = "mt_bench_style";
  private static final String DIVERGENCE = "kl_first";
  private static final int SAMPLES = 4;
  private static final int SAMPLE_STEPS = 3;

  private final List<SimEvent> events;
  private final List<Generation> generations;

  private SimulationReport(List<SimEvent> events) {
    this.events = events;
    this.generations = Generation.of(events);
  }

  /** Reads a log. */
  public static SimulationReport of(Path log) {
    return new SimulationReport(EventLog.read(log));
  }

  public List<Generation> generations() {
    return generations;
  }

  /**
   * One person's judgements over a whole log.
   *
   * @param cell which copy of the scenario
   * @param by the person, as the scenario calls them
   * @param satisfaction of each reply, in order
   * @param right for each question with a known answer whether the reply had it
   */
  public record Person(int cell, String by, List<Double> satisfaction, List<Boolean> right) {
    public Person {
      satisfaction = List.copyOf(satisfaction);
      right = List.copyOf(right);
    }
  }

  /** Everybody who judged, in order of cells and names. */
  public List<Person> people() {
    record Key(int cell, String by) {}
    Map<Key, List<SimEvent.Judged>> all =
        new TreeMap<>(Comparator.comparingInt(Key::cell).thenComparing(Key::by));
    for (SimEvent each : events) {
      if (each instanceof SimEvent.Judged judged) {
        all.computeIfAbsent(new Key(judged.cell(), judged.by()), key -> new ArrayList<>())
            .add(judged);
      }
    }
    List<Person> people = new ArrayList<>();
    all.forEach(
        (key, judged) ->
            people.add(
                new Person(
                    key.cell(),
                    key.by(),
                    judged.stream().map(SimEvent.Judged::satisfaction).toList(),
                    judged.stream()
                        .map(SimEvent.Judged::success)
                        .filter(Objects::nonNull)
                        .map(Boolean.TRUE::equals)
                        .toList())));
    return people;
  }

  /** The generations as a table for a terminal. */
  public String table() {
    var text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-4s %-18s %11s %14s %6s %8s %10s %7s %9s %6s %6s %6s%n",
            "gen",
            "model",
            "steps",
            "satisfaction",
            "form",
            "success",
            "remembered",
            "words",
            "self-BLEU",
            "grade",
            "KL",
            "good"));
    for (Generation each : generations) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-4d %-18.18s %5d-%-5d %6.3f ±%6.3f %6.3f %8.3f %10.3f %7.1f %9.3f %6s %6s %6.2f%n",
              each.round(),
              each.model(),
              each.fromStep(),
              each.toStep(),
              each.satisfaction(),
              each.satisfactionCi(),
              each.form(),
              each.taskSuccess(),
              each.remembered(),
              each.words(),
              each.selfBleu(),
              known(each, GRADE, "%.2f"),
              known(each, DIVERGENCE, "%.3f"),
              each.good()));
    }
    changes().ifPresent(said -> text.append(said).append(System.lineSeparator()));
    return text.toString();
  }

  /** Writes the page. */
  public void write(Path file) {
    try {
      Files.writeString(file, html(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the report " + file, e);
    }
  }

  String html() {
    var page = new StringBuilder();
    SimEvent.@Nullable Started started = started();
    String title = started == null ? "Simulation" : "Simulation: " + started.scenario();
    page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    page.append(escape(title))
        .append("</title><style>")
        .append(STYLE)
        .append("</style></head><body>");
    page.append("<h1>").append(escape(title)).append("</h1><p class=\"lead\">");
    page.append(escape(lead(started))).append("</p>");
    page.append("<section class=\"charts\">");
    chart(
        page,
        "Satisfaction by the hidden profiles",
        1,
        Map.of("satisfaction", Generation::satisfaction),
        true);
    Map<String, ToDoubleFunction<Generation>> success = new LinkedHashMap<>();
    success.put("right answers", Generation::taskSuccess);
    success.put("fact in the prompt", Generation::remembered);
    success.put("right when it was", Generation::memoryUse);
    chart(page, "Answers and memory", 1, success, false);
    Map<String, ToDoubleFunction<Generation>> diversity = new LinkedHashMap<>();
    diversity.put("distinct-1", Generation::distinct1);
    diversity.put("distinct-2", Generation::distinct2);
    diversity.put("self-BLEU", Generation::selfBleu);
    chart(page, "Variety of replies", 1, diversity, false);
    double longest = generations.stream().mapToDouble(Generation::words).max().orElse(1);
    chart(
        page,
        "Words in a reply",
        Math.max(1, longest * 1.1),
        Map.of("words", Generation::words),
        false);
    weights(page, "Grade on our 80 prompts, of 10", GRADE, 10);
    weights(page, "Distance from the first weights, KL in nats a token", DIVERGENCE, 0);
    page.append("</section><h2>Generations</h2>");
    table(page);
    page.append("<h2>What was learnt, and from whom</h2>");
    learnt(page);
    page.append("<h2>Before and after</h2>");
    dialogues(page);
    failures(page);
    return page.append("</body></html>\n").toString();
  }

  /** A curve of what was measured about the weights, where every generation has it. */
  private void weights(StringBuilder page, String title, String name, double top) {
    if (generations.isEmpty()
        || !generations.stream().allMatch(each -> each.weights().containsKey(name))) {
      return;
    }
    double highest = generations.stream().mapToDouble(each -> weight(each, name)).max().orElse(1);
    chart(
        page,
        title,
        top > 0 ? top : Math.max(0.1, highest * 1.1),
        Map.of(name.replace('_', ' '), each -> weight(each, name)),
        false);
  }

  private static double weight(Generation generation, String name) {
    return generation.weights().getOrDefault(name, Double.NaN);
  }

  private static String known(Generation generation, String name, String format) {
    double value = weight(generation, name);
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
  }

  /** Figures by name, shortly: {@code kl 0.1250, steps 8}. */
  private static String figures(Map<String, Double> figures) {
    return new TreeMap<>(figures)
        .entrySet().stream()
            .map(
                each ->
                    String.format(Locale.ROOT, "%s %.4f", each.getKey(), each.getValue())
                        .replaceFirst("\\.?0+$", ""))
            .collect(Collectors.joining(", "));
  }

  private SimEvent.@Nullable Started started() {
    return !events.isEmpty() && events.getFirst() instanceof SimEvent.Started first ? first : null;
  }

  /** When people changed their mind, without which a fall reads as a failure to learn. */
  private Optional<String> changes() {
    SimEvent.Started started = started();
    return started == null || started.changes().isEmpty()
        ? Optional.empty()
        : Optional.of(
            "People change what they like at step "
                + started.changes().stream().map(String::valueOf).collect(Collectors.joining(", "))
                + ".");
  }

  private String lead(SimEvent.@Nullable Started started) {
    if (generations.isEmpty()) {
      return "Nothing was judged in this run.";
    }
    Generation first = generations.getFirst();
    Generation last = generations.getLast();
    int promoted =
        (int) generations.stream().filter(each -> Boolean.TRUE.equals(each.promoted())).count();
    return String.format(
            Locale.ROOT,
            "%d people over %d steps%s. %d cycles, %d promoted. Satisfaction went from %.2f (±%.2f)"
                + " to %.2f (±%.2f); right answers from %.0f %% to %.0f %%.",
            Generation.people(events).size(),
            last.toStep(),
            started == null ? "" : ", seed " + started.seed(),
            generations.size() - 1,
            promoted,
            first.satisfaction(),
            first.satisfactionCi(),
            last.satisfaction(),
            last.satisfactionCi(),
            100 * first.taskSuccess(),
            100 * last.taskSuccess())
        + changes().map(" "::concat).orElse("");
  }

  private void table(StringBuilder page) {
    page.append("<table><tr><th>gen</th><th>model</th><th>steps</th><th>replies</th>");
    page.append(
        "<th>satisfaction</th><th>form</th><th>right</th><th>remembered</th><th>words</th>");
    page.append(
        "<th>distinct-1</th><th>distinct-2</th><th>self-BLEU</th><th>grade</th><th>KL</th>");
    page.append("<th>good reactions</th><th>leaks</th>");
    page.append("<th>tokens read / written</th></tr>");
    for (Generation each : generations) {
      page.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%d</td><td>%s</td><td>%d–%d</td><td>%d</td><td>%.3f ±%.3f</td><td>%.3f</td>"
                  + "<td>%.3f</td><td>%.3f</td><td>%.1f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td>"
                  + "<td>%s</td><td>%s</td><td>%.2f</td><td>%d</td><td>%d / %d</td></tr>",
              each.round(),
              escape(each.model()),
              each.fromStep(),
              each.toStep(),
              each.replies(),
              each.satisfaction(),
              each.satisfactionCi(),
              each.form(),
              each.taskSuccess(),
              each.remembered(),
              each.words(),
              each.distinct1(),
              each.distinct2(),
              each.selfBleu(),
              known(each, GRADE, "%.2f"),
              known(each, DIVERGENCE, "%.3f"),
              each.good(),
              each.leaks(),
              each.promptTokens(),
              each.replyTokens()));
    }
    page.append("</table>");
  }

  private void learnt(StringBuilder page) {
    if (generations.size() < 2) {
      page.append("<p>No cycle was run.</p>");
    }
    for (int i = 1; i < generations.size(); i++) {
      Generation before = generations.get(i - 1);
      Generation each = generations.get(i);
      page.append("<div class=\"cycle\"><h3>Cycle ").append(each.round()).append(" — ");
      page.append(Boolean.TRUE.equals(each.promoted()) ? "promoted" : "not promoted");
      page.append("</h3><p>").append(escape(String.valueOf(each.note())));
      page.append("</p><p>New reactions to learn from: ")
          .append(escape(mostFirst(before.reactions())))
          .append("; from ")
          .append(escape(mostFirst(reacting(before))));
      if (!each.measures().isEmpty()) {
        page.append("<br>Measured: ").append(escape(figures(each.measures())));
      }
      page.append("</p>");
      corrections(page, before);
      page.append("</div>");
    }
  }

  /** Who reacted in a generation, and how often. Several people may share a name. */
  private Map<String, Integer> reacting(Generation generation) {
    Map<Integer, String> names = new HashMap<>();
    Map<String, Integer> reacting = new TreeMap<>();
    for (SimEvent event : events) {
      switch (event) {
        case SimEvent.Asked asked -> names.putIfAbsent(asked.cell(), asked.by());
        case SimEvent.Reacted reacted when generation.holds(reacted.step()) ->
            reacting.merge(names.getOrDefault(reacted.cell(), "somebody"), 1, Integer::sum);
        default -> {}
      }
    }
    return reacting;
  }

  private static String mostFirst(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(each -> each.getKey().replace('_', ' ') + " " + each.getValue())
        .collect(Collectors.joining(", "));
  }

  /** The first replies of a generation that somebody put right, one a person. */
  private void corrections(StringBuilder page, Generation generation) {
    Map<String, String> replies = new HashMap<>();
    Set<Integer> shown = new HashSet<>();
    for (SimEvent event : events) {
      switch (event) {
        case SimEvent.Replied replied -> replies.put(replied.turnId(), replied.text());
        case SimEvent.Reacted reacted
            when generation.holds(reacted.step())
                && reacted.how().equals(SimEvent.Reacted.FIX)
                && shown.size() < SAMPLES
                && shown.add(reacted.cell()) -> {
          page.append(line("agent", "-", replies.getOrDefault(reacted.turnId(), "")));
          page.append(line("reaction", "+", reacted.words()));
        }
        default -> {}
      }
    }
  }

  /** The same people at the beginning and at the end. */
  private void dialogues(StringBuilder page) {
    int end = generations.isEmpty() ? 0 : generations.getLast().toStep();
    for (int cell = 0; cell < SAMPLES; cell++) {
      List<String> before = dialogue(cell, 0, SAMPLE_STEPS);
      List<String> after = dialogue(cell, Math.max(SAMPLE_STEPS, end - SAMPLE_STEPS), end);
      if (before.isEmpty()) {
        return;
      }
      page.append("<div class=\"pair\"><div><h3>At first</h3>");
      before.forEach(page::append);
      page.append("</div><div><h3>In the end</h3>");
      after.forEach(page::append);
      page.append("</div></div>");
    }
  }

  private List<String> dialogue(int cell, int from, int to) {
    List<String> lines = new ArrayList<>();
    for (SimEvent each : events) {
      switch (each) {
        case SimEvent.Asked e when e.cell() == cell && e.step() >= from && e.step() < to ->
            lines.add(line("person", e.by(), e.text()));
        case SimEvent.Replied e when e.cell() == cell && e.step() >= from && e.step() < to ->
            lines.add(line("agent", e.agent(), e.text()));
        case SimEvent.Judged e when e.cell() == cell && e.step() >= from && e.step() < to ->
            lines.add(
                String.format(
                    Locale.ROOT, "<p class=\"verdict\">satisfaction %.2f</p>", e.satisfaction()));
        case SimEvent.Reacted e when e.cell() == cell && e.step() >= from && e.step() < to ->
            lines.add(line("reaction", e.how(), e.words()));
        default -> {}
      }
    }
    return lines;
  }

  private static String line(String kind, String who, String text) {
    return "<p class=\"" + kind + "\"><b>" + escape(who) + "</b> " + escape(text) + "</p>";
  }

  private void failures(StringBuilder page) {
    List<SimEvent.CellFailed> failed =
        events.stream()
            .filter(SimEvent.CellFailed.class::isInstance)
            .map(SimEvent.CellFailed.class::cast)
            .toList();
    if (!failed.isEmpty()) {
      page.append("<h2>Stopped</h2><ul>");
      for (SimEvent.CellFailed each : failed) {
        page.append("<li>cell ").append(each.cell()).append(" at step ").append(each.step());
        page.append(": ").append(escape(each.reason())).append("</li>");
      }
      page.append("</ul>");
    }
  }

  private void chart(
      StringBuilder page,
      String title,
      double top,
      Map<String, ToDoubleFunction<Generation>> lines,
      boolean interval) {
    page.append("<figure><figcaption>").append(escape(title)).append("</figcaption>");
    page.append("<svg viewBox=\"0 0 420 220\" role=\"img\">");
    for (int i = 0; i <= 4; i++) {
      double y = y(top * i / 4, top);
      page.append(
          String.format(
              Locale.ROOT,
              "<line class=\"grid\" x1=\"40\" x2=\"410\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"34\""
                  + " y=\"%.1f\" text-anchor=\"end\">%.2f</text>",
              y,
              y,
              y + 4,
              top * i / 4));
    }
    int color = 0;
    for (Map.Entry<String, ToDoubleFunction<Generation>> each : lines.entrySet()) {
      var points = new StringBuilder();
      for (int i = 0; i < generations.size(); i++) {
        double value = each.getValue().applyAsDouble(generations.get(i));
        double x = x(i);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y(value, top)));
        page.append(
            String.format(
                Locale.ROOT,
                "<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>",
                color,
                x,
                y(value, top)));
        if (interval) {
          double half = generations.get(i).satisfactionCi();
          page.append(
              String.format(
                  Locale.ROOT,
                  "<line class=\"c%d\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
                  color,
                  x,
                  x,
                  y(Math.max(0, value - half), top),
                  y(Math.min(top, value + half), top)));
        }
      }
      page.append("<polyline class=\"c").append(color).append("\" points=\"").append(points);
      page.append("\"/>");
      page.append(
          String.format(
              Locale.ROOT,
              "<text class=\"key c%d\" x=\"%d\" y=\"214\">%s</text>",
              color,
              45 + color * 125,
              escape(each.getKey())));
      color++;
    }
    page.append("</svg></figure>");
  }

  private double x(int i) {
    return generations.size() < 2 ? 225 : 50 + 350.0 * i / (generations.size() - 1);
  }

  private static double y(double value, double top) {
    return 190 - 170 * Math.clamp(value / top, 0, 1);
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("\n", "<br>");
  }

  private static final String STYLE =
      """
      body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;\
      color:#1c2430;background:#fff}h1{margin-bottom:.2rem}.lead{font-size:1.1rem;color:#445}\
      .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1rem}\
      figure{margin:0;padding:1rem;border:1px solid #dde;border-radius:.5rem}\
      figcaption{font-weight:600;margin-bottom:.3rem}svg{width:100%;height:auto}\
      svg text{font-size:10px;fill:#556}.grid{stroke:#e4e7ee}polyline{fill:none;stroke-width:2}\
      .c0{stroke:#2a6fdb;fill:#2a6fdb}.c1{stroke:#d9822b;fill:#d9822b}.c2{stroke:#2e9e6b;\
      fill:#2e9e6b}polyline.c0,polyline.c1,polyline.c2{fill:none}svg text.key{stroke:none}\
      table{border-collapse:collapse;font-size:.9rem;display:block;overflow-x:auto}\
      td,th{padding:.3rem .6rem;border-bottom:1px solid #dde;text-align:right;white-space:nowrap}\
      .cycle{border-left:3px solid #2a6fdb;padding-left:1rem;margin:1rem 0}.cycle h3{margin:0}\
      .pair{display:grid;grid-template-columns:1fr 1fr;gap:2rem;margin-bottom:2rem}\
      .pair p{margin:.3rem 0;padding:.4rem .7rem;border-radius:.5rem}.person{background:#eef1f7}\
      .agent{background:#e3f1e8;margin-left:1.5rem!important}.reaction{background:#fdf3e1;\
      font-size:.9rem}.verdict{color:#889;font-size:.8rem}@media(prefers-color-scheme:dark){\
      body{background:#14181f;color:#dfe5ee}.lead{color:#9ab}.person{background:#232b38}\
      .agent{background:#1f3329}.reaction{background:#3a3020}figure,td,th{border-color:#334}\
      .grid{stroke:#2b3340}}
      """;
}
