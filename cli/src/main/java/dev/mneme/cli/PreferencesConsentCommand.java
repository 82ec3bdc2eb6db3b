package dev.mneme.cli;

import dev.mneme.cli.preferences.Consents;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.ltm.MemoryStoreException;
import dev.mneme.preference.History.Consent;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "consent",
    description = {
      "Show or change what may be learned from a person.",
      "Without consent to share, conversations teach only from themselves; with it, requests may be"
          + " grouped with those of others who share. Who opts out teaches nothing; checkpoints"
          + " trained before keep what they learnt."
    })
final class PreferencesConsentCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "Whose (default: the person of the configuration).")
  @Nullable String user;

  @Option(
      names = "--learn",
      paramLabel = "yes|no",
      description = "Whether anything may be trained from what they say.")
  @Nullable String learn;

  @Option(
      names = "--share",
      paramLabel = "yes|no",
      description = "Whether their requests may be grouped with those of others who share.")
  @Nullable String share;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    GlobalOptions options = GlobalOptions.of(spec);
    String tenant = options.config().scope().tenant();
    String whose = user == null ? options.config().scope().user() : user;
    @Nullable Boolean wantsLearn = choice("--learn", learn);
    @Nullable Boolean wantsShare = choice("--share", share);
    Consent now;
    try (MemoryStore memory =
        MemoryStore.open(
            MemoryStoreConfig.at(options.home().create().memory(), Clock.systemUTC()))) {
      var consents = new Consents(memory);
      Consent before = consents.of(tenant, whose);
      now =
          new Consent(
              wantsLearn == null ? before.learn() : wantsLearn,
              wantsShare == null ? before.share() : wantsShare);
      if (now.share() && !now.learn()) {
        if (wantsShare != null && wantsShare) {
          throw new UserError(
              whose + " opted out of learning, so there is nothing to share; add --learn yes",
              ExitCodes.USAGE,
              null);
        }
        now = Consent.OPTED_OUT;
      }
      if (!now.equals(before)) {
        consents.set(tenant, whose, now);
      }
    } catch (MemoryStoreException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    if (json) {
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("tenant", tenant);
      value.put("user", whose);
      value.put("learn", now.learn());
      value.put("share", now.share());
      Output.json(spec, value);
    } else {
      Output.out(spec)
          .printf(
              Locale.ROOT,
              "%s: %s, %s%n",
              whose,
              now.learn() ? "may be learned from" : "opted out of learning",
              now.share() ? "shares with others who share" : "does not share");
    }
    return ExitCodes.OK;
  }

  private static @Nullable Boolean choice(String option, @Nullable String text) {
    return switch (text) {
      case null -> null;
      case "yes" -> true;
      case "no" -> false;
      default ->
          throw new UserError(option + " " + text + ": expected yes or no", ExitCodes.USAGE, null);
    };
  }
}
