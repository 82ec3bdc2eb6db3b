package dev.mneme.testsupport;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Compares the counts of {@link OpenResources} before and after each test. Public so that a module
 * can apply it to all its tests, as a service of JUnit's {@code Extension}.
 */
public final class NoLeaksExtension implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(NoLeaksExtension.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(NAMESPACE).put("before", counts());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Map<?, ?> before = context.getStore(NAMESPACE).get("before", Map.class);
    List<String> leaks = new ArrayList<>();
    counts()
        .forEach(
            (kind, open) -> {
              Object earlier = before == null ? null : before.get(kind);
              long was = earlier instanceof Long count ? count : 0;
              if (open > was) {
                leaks.add((open - was) + " " + kind + " left open");
              }
            });
    if (!leaks.isEmpty()) {
      throw new AssertionError(context.getDisplayName() + ": " + String.join(", ", leaks));
    }
  }

  private static Map<String, Long> counts() {
    Map<String, Long> counts = new HashMap<>();
    for (OpenResources each : ServiceLoader.load(OpenResources.class)) {
      counts.put(each.kind(), each.open());
    }
    return counts;
  }
}
