package dev.mneme.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds logging in code: warnings to stderr, everything of ours with {@code --verbose}. An XML file
 * would cost a tenth of a second at every start.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
  private static final String WITH_TRACES = "%level %logger{0}: %msg%n";
  private static final String MCP = "io.modelcontextprotocol";
  private static final String BRIEF = WITH_TRACES + "%nopex";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(BRIEF);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    root.setLevel(Level.WARN);
    // What is wrong with a tool server is told by ourselves, once, and not in somebody's line.
    context.getLogger(MCP).setLevel(Level.OFF);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Shows what every module of ours logs, down to DEBUG. */
  static void verbose() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger("dev.mneme").setLevel(Level.DEBUG);
      var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
      root.setLevel(Level.INFO);
      context.getLogger(MCP).setLevel(null);
      root.iteratorForAppenders().forEachRemaining(LogSetup::showTraces);
    }
  }

  private static void showTraces(Appender<ILoggingEvent> appender) {
    if (appender instanceof ConsoleAppender<ILoggingEvent> console
        && console.getEncoder() instanceof PatternLayoutEncoder encoder) {
      encoder.stop();
      encoder.setPattern(WITH_TRACES);
      encoder.start();
    }
  }
}
