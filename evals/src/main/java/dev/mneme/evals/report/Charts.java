package dev.mneme.evals.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Date;
import java.util.List;
import org.knowm.xchart.RadarChart;
import org.knowm.xchart.RadarChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Charts as SVG elements, to stand inside a page. They have no background and grey text, which is
 * legible on a light page and on a dark one.
 */
public final class Charts {
  private static final int WIDTH = 560;
  private static final int RADAR_HEIGHT = 430;
  private static final int TIME_HEIGHT = 300;
  private static final Color NOTHING = new Color(0, 0, 0, 0);
  private static final Color TEXT = new Color(0x80868b);
  private static final Color GRID = new Color(0x80, 0x86, 0x8b, 0x60);
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

  private static final Color[] COLORS = {
    new Color(0x3b82f6), new Color(0xf59e0b), new Color(0x10b981), new Color(0xec4899),
    new Color(0x8b5cf6), new Color(0x14b8a6), new Color(0xef4444), new Color(0x84cc16)
  };

  private Charts() {}

  /**
   * One line of a chart.
   *
   * @param name for the legend
   * @param values one for each label, from 0 to 1; or one for each time
   */
  public record Line(String name, List<Double> values) {
    public Line {
      values = List.copyOf(values);
    }
  }

  /** A radar: one axis for each label, 0 in the middle and 1 outside. */
  static String radar(List<String> labels, List<Line> lines) {
    RadarChart chart = new RadarChartBuilder().width(WIDTH).height(RADAR_HEIGHT).build();
    style(chart.getStyler());
    chart
        .getStyler()
        .setSeriesFilled(false)
        .setMarkerSize(7)
        .setRadiiTickMarksCount(5)
        .setRadiiTickMarksColor(GRID)
        .setRadiiTitleFont(FONT);
    chart.getStyler().setPlotContentSize(0.78);
    chart.setRadiiLabels(labels.toArray(String[]::new));
    lines.forEach(each -> chart.addSeries(each.name(), unboxed(each.values())));
    return svg(chart::paint, WIDTH, RADAR_HEIGHT, "Radar of " + String.join(", ", labels));
  }

  /** A mean and its interval over time. */
  static String overTime(
      String metric, List<Date> times, List<Double> means, List<Double> low, List<Double> high) {
    XYChart chart =
        new XYChartBuilder().width(WIDTH).height(TIME_HEIGHT).yAxisTitle(metric).build();
    style(chart.getStyler());
    chart
        .getStyler()
        .setLegendVisible(false)
        .setMarkerSize(8)
        .setSeriesColors(new Color[] {COLORS[0], COLORS[0], COLORS[0]});
    styleAxes(chart);
    chart.getStyler().setDatePattern("d MMM HH:mm");
    chart.addSeries(metric, times, means).setMarker(SeriesMarkers.CIRCLE);
    for (var each : List.of(new Line("low", low), new Line("high", high))) {
      chart
          .addSeries(each.name(), times, each.values())
          .setMarker(SeriesMarkers.NONE)
          .setLineStyle(
              new BasicStroke(
                  1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 0, new float[] {4, 4}, 0));
    }
    return svg(chart::paint, WIDTH, TIME_HEIGHT, metric + " over time");
  }

  /** Lines over steps 1, 2, 3, ...; every line has one value a step. */
  public static String overSteps(String title, List<Line> lines) {
    XYChart chart = new XYChartBuilder().width(WIDTH).height(TIME_HEIGHT).yAxisTitle(title).build();
    style(chart.getStyler());
    styleAxes(chart);
    chart.getStyler().setLegendVisible(lines.size() > 1);
    for (Line each : lines) {
      double[] steps = new double[each.values().size()];
      for (int i = 0; i < steps.length; i++) {
        steps[i] = i + 1;
      }
      chart.addSeries(each.name(), steps, unboxed(each.values())).setMarker(SeriesMarkers.NONE);
    }
    return svg(chart::paint, WIDTH, TIME_HEIGHT, title + " over steps");
  }

  /**
   * A mean by generation, with its interval.
   *
   * @param name for the legend
   * @param means from generation 0 on
   * @param half half the width of each mean's interval
   */
  public record Band(String name, List<Double> means, List<Double> half) {
    public Band {
      means = List.copyOf(means);
      half = List.copyOf(half);
      if (means.isEmpty() || means.size() != half.size()) {
        throw new IllegalArgumentException(
            "a band needs as many means as intervals and at least one, got "
                + means.size()
                + " and "
                + half.size());
      }
    }
  }

  /** Lines with error bars over generations 0, 1, 2, ... */
  public static String overGenerations(String title, List<Band> bands) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(TIME_HEIGHT)
            .xAxisTitle("generation")
            .yAxisTitle(title)
            .build();
    style(chart.getStyler());
    styleAxes(chart);
    chart
        .getStyler()
        .setXAxisDecimalPattern("0")
        .setLegendVisible(bands.size() > 1)
        .setMarkerSize(6);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    for (Band each : bands) {
      double[] generations = new double[each.means().size()];
      for (int i = 0; i < generations.length; i++) {
        generations[i] = i;
      }
      chart
          .addSeries(each.name(), generations, unboxed(each.means()), unboxed(each.half()))
          .setMarker(SeriesMarkers.CIRCLE);
    }
    return svg(chart::paint, WIDTH, TIME_HEIGHT, title + " by generation");
  }

  private static void styleAxes(XYChart chart) {
    chart
        .getStyler()
        .setPlotGridLinesColor(GRID)
        .setAxisTickLabelsColor(TEXT)
        .setAxisTickMarksColor(GRID)
        .setAxisTickLabelsFont(FONT)
        .setAxisTitleFont(FONT);
  }

  private static void style(Styler styler) {
    styler
        .setBaseFont(FONT)
        .setChartBackgroundColor(NOTHING)
        .setPlotBackgroundColor(NOTHING)
        .setPlotBorderVisible(false)
        .setLegendBackgroundColor(NOTHING)
        .setLegendBorderColor(NOTHING)
        .setChartFontColor(TEXT)
        .setLegendFont(FONT)
        .setSeriesColors(COLORS)
        .setLegendPosition(Styler.LegendPosition.OutsideS)
        .setLegendLayout(Styler.LegendLayout.Vertical)
        .setChartPadding(6);
  }

  private static double[] unboxed(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private interface Painter {
    void paint(Graphics2D graphics, int width, int height);
  }

  /** The chart's svg element alone, of the width of its place, with a name for screen readers. */
  private static String svg(Painter chart, int width, int height, String name) {
    var graphics = new VectorGraphics2D();
    chart.paint(graphics, width, height);
    var out = new ByteArrayOutputStream();
    try {
      new SVGProcessor()
          .getDocument(graphics.getCommands(), new PageSize(width, height))
          .writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    String document = out.toString(UTF_8);
    String element = document.substring(document.indexOf("<svg"));
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
        + " viewBox=\"0 0 "
        + width
        + " "
        + height
        + "\" role=\"img\" aria-label=\""
        + Html.escape(name)
        + "\">"
        + element.substring(element.indexOf('>') + 1);
  }
}
