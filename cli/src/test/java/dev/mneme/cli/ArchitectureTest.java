package dev.mneme.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The arrows of ARCHITECTURE.md, and who may import which library. */
class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.mneme");

  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          "data", Set.of(),
          "model", Set.of("data"),
          "ltm", Set.of("data"),
          "preference", Set.of("data"),
          "dpo", Set.of("model", "data"),
          "agent", Set.of("ltm", "data"),
          "evals", Set.of("agent", "model", "data"));

  @Test
  void importsPointOnlyAlongTheArrows() {
    ARROWS.forEach(
        (module, allowed) -> {
          String[] forbidden =
              ARROWS.keySet().stream()
                  .filter(other -> !other.equals(module) && !allowed.contains(other))
                  .map(other -> "dev.mneme." + other + "..")
                  .toArray(String[]::new);
          noClasses()
              .that()
              .resideInAPackage("dev.mneme." + module + "..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(forbidden)
              .check(OURS);
          noClasses()
              .that()
              .resideInAPackage("dev.mneme." + module + "..")
              .should()
              .dependOnClassesThat()
              .resideInAPackage("dev.mneme.cli..")
              .check(OURS);
        });
  }

  @Test
  void librariesStayInTheirModules() {
    onlyIn(List.of("dev.mneme.model..", "dev.mneme.dpo.."), "org.nd4j..", "org.bytedeco..");
    onlyIn(List.of("dev.mneme.model..", "dev.mneme.dpo.."), "jdk.incubator.vector..");
    onlyIn(List.of("dev.mneme.ltm.."), "org.apache.lucene..", "org.h2..", "org.jdbi..");
    onlyIn(List.of("dev.mneme.agent.."), "io.modelcontextprotocol..");
    onlyIn(List.of("dev.mneme.cli.."), "picocli..", "org.jline..", "ch.qos.logback..");
  }

  @Test
  void onlyTheCommandLinePrintsReadsTheEnvironmentOrExits() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mneme.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .callMethod(System.class, "getenv")
        .check(OURS);
  }

  @Test
  void randomnessAndTimeAreGiven() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mneme.cli..")
        .should()
        .callMethod(Math.class, "random")
        .orShould()
        .callConstructor(java.util.Random.class)
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(java.time.LocalDate.class, "now")
        .orShould()
        .callMethod(java.util.Collections.class, "shuffle", List.class)
        .check(OURS);
  }

  /** Else a decimal point is a comma and a file's number has other digits on another machine. */
  @Test
  void numbersAreWrittenAlikeEverywhere() {
    noClasses()
        .should()
        .callMethod(String.class, "formatted", Object[].class)
        .orShould()
        .callMethod(String.class, "format", String.class, Object[].class)
        .orShould()
        .callMethod(PrintWriter.class, "printf", String.class, Object[].class)
        .orShould()
        .callMethod(PrintWriter.class, "format", String.class, Object[].class)
        .check(OURS);
  }

  @Test
  void commandsAreNamedAsCommands() {
    classes()
        .that()
        .areAnnotatedWith(picocli.CommandLine.Command.class)
        .should()
        .haveSimpleNameEndingWith("Command")
        .check(OURS);
  }

  private static void onlyIn(List<String> homes, String... library) {
    noClasses()
        .that()
        .resideOutsideOfPackages(homes.toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(library)
        .check(OURS);
  }
}
