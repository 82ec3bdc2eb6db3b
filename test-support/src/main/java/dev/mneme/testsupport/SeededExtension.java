package dev.mneme.testsupport;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Resolves the parameters of {@link Seeded} tests. */
final class SeededExtension implements ParameterResolver, TestExecutionExceptionHandler {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == RandomGenerator.class || type == long.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    long seed = seed(context);
    return parameter.getParameter().getType() == long.class
        ? (Object) seed
        : new SplittableRandom(seed);
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    String test =
        context.getRequiredTestClass().getName() + "#" + context.getRequiredTestMethod().getName();
    failure.addSuppressed(
        new ReproduceWith("mvn test -Dtest=" + test + " -Dtests.seed=" + seed(context)));
    throw failure;
  }

  private static long seed(ExtensionContext context) {
    String property = System.getProperty("tests.seed");
    if (property == null || property.isBlank()) {
      return context.getUniqueId().hashCode();
    }
    if (property.equals("random")) {
      return context
          .getRoot()
          .getStore(ExtensionContext.Namespace.create(SeededExtension.class))
          .computeIfAbsent("seed", key -> System.nanoTime(), Long.class);
    }
    return Long.parseLong(property);
  }

  /** Carries the command line to repeat a failure; shown as a suppressed exception. */
  private static final class ReproduceWith extends Exception {
    private static final long serialVersionUID = 1L;

    ReproduceWith(String command) {
      super("reproduce with: " + command, null, false, false);
    }
  }
}
