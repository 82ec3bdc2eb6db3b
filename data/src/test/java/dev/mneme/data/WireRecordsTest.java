package dev.mneme.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.node.ObjectNode;

/** Finds every public record of the package and sends it through JSON and back. */
class WireRecordsTest {
  @TestFactory
  Stream<DynamicTest> everyWireRecordRoundTrips() throws Exception {
    return records().stream()
        .map(
            type ->
                DynamicTest.dynamicTest(
                    type.getSimpleName(),
                    () -> {
                      Object value = sample(type);
                      String json = Json.mapper().writeValueAsString(value);
                      assertThat(Json.mapper().readValue(json, type)).isEqualTo(value);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> unknownFieldsAreTolerated() throws Exception {
    return records().stream()
        .map(
            type ->
                DynamicTest.dynamicTest(
                    type.getSimpleName(),
                    () -> {
                      Object value = sample(type);
                      ObjectNode tree = Json.mapper().valueToTree(value);
                      tree.put("a_field_of_the_future", 7);
                      assertThat(Json.mapper().treeToValue(tree, type)).isEqualTo(value);
                    }));
  }

  @Test
  void theSweepSeesTheRecordsItShould() throws Exception {
    assertThat(records())
        .contains(Turn.class, PreferencePair.class, EvalItem.class, Signal.Fix.class)
        .hasSizeGreaterThan(25);
  }

  private static List<Class<?>> records() throws IOException, ClassNotFoundException {
    Path classes =
        Path.of(Turn.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    List<Class<?>> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(classes.resolve("dev/mneme/data"))) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".class") && !name.equals("package-info.class")) {
          Class<?> type = Class.forName("dev.mneme.data." + name.replace(".class", ""));
          if (type.isRecord() && java.lang.reflect.Modifier.isPublic(type.getModifiers())) {
            found.add(type);
          }
        }
      }
    }
    return found;
  }

  private static Object sample(Class<?> type) throws ReflectiveOperationException {
    if (type == TrainingExample.class) {
      return new TrainingExample(
          "memory/answer",
          List.of(Message.user("Who?"), Message.assistant("Ann.")),
          List.of((ToolSpec) sample(ToolSpec.class)),
          true,
          List.of(new Expectation(1, "exact", Check.says("Ann"))));
    }
    if (type == Check.FinalNumber.class) {
      return new Check.FinalNumber("25");
    }
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(components[i].getGenericType());
    }
    Constructor<?> constructor = type.getDeclaredConstructor(types);
    return constructor.newInstance(values);
  }

  private static Object value(Type type) throws ReflectiveOperationException {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return generic.getRawType() == Map.class
          ? Map.of("key", arguments[1] == Object.class ? "value" : value(arguments[1]))
          : List.of(value(arguments[0]));
    }
    Class<?> plain = (Class<?>) type;
    if (plain == String.class) {
      return "text";
    } else if (plain == int.class || plain == Integer.class) {
      return 3;
    } else if (plain == long.class) {
      return 4L;
    } else if (plain == double.class || plain == Double.class) {
      return 0.5;
    } else if (plain == boolean.class) {
      return true;
    } else if (plain == Instant.class) {
      return Instant.parse("2026-03-01T10:00:00.123Z");
    } else if (plain == LocalDate.class) {
      return LocalDate.parse("2026-03-01");
    } else if (plain == Object.class) {
      return "value";
    } else if (plain.isEnum()) {
      return plain.getEnumConstants()[0];
    } else if (plain.isSealed()) {
      return sample(plain.getPermittedSubclasses()[0]);
    }
    return sample(plain);
  }
}
