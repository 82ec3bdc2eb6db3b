package dev.mneme.model.text.jinja;

import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/** A parsed template. Immutable and thread-safe; each render is a run of its own. */
public final class JinjaTemplate {
  private final List<Node> nodes;

  private JinjaTemplate(List<Node> nodes) {
    this.nodes = nodes;
  }

  /**
   * Parses a template.
   *
   * @throws JinjaException naming the line that is wrong
   */
  public static JinjaTemplate parse(String source) {
    return new JinjaTemplate(Parser.parse(source));
  }

  /**
   * Runs the template.
   *
   * @param variables its names: text, numbers, booleans, lists and maps of these; null is None
   * @param clock what {@code strftime_now} reads
   * @param zone where that clock hangs
   * @throws JinjaException when it fails or calls {@code raise_exception}
   */
  public String render(Map<String, ?> variables, InstantSource clock, ZoneId zone) {
    return new Renderer(clock, zone).render(nodes, variables);
  }
}
