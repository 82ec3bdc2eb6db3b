package dev.mneme.ltm;

import dev.mneme.data.Hashes;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What happens inside a write, on the writer's thread. */
final class Remembering {
  private static final Pattern BLOCK =
      Pattern.compile(
          Pattern.quote(MemoryBlock.OPEN) + ".*?(" + Pattern.quote(MemoryBlock.CLOSE) + "|$)",
          Pattern.DOTALL);

  private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");
  private static final Pattern ARTICLE = Pattern.compile("^ ?(the|a|an|my) ");

  private final FactExtractor extractor;
  private final Echoes echoes;

  Remembering(FactExtractor extractor, Echoes echoes) {
    this.extractor = extractor;
    this.echoes = echoes;
  }

  Receipt remember(Committer.Transaction transaction, List<Turn> turns) {
    record Key(Owner owner, String id) {}
    Handle handle = transaction.handle();
    List<Turn> fresh = new ArrayList<>(turns.size());
    Map<Key, Turn> inBatch = new HashMap<>();
    int known = 0;
    for (Turn given : turns) {
      Turn turn = withoutRecalled(given);
      Owner owner = Owner.of(turn.scope());
      Turn twin = inBatch.put(new Key(owner, turn.id()), turn);
      Optional<TurnRow> stored =
          twin != null
              ? Optional.empty()
              : Ledger.space(handle, owner).flatMap(space -> Ledger.turn(handle, space, turn.id()));
      if (twin == null && stored.isEmpty()) {
        fresh.add(turn);
      } else if (twin != null ? twin.equals(turn) : stored.get().sameWords(turn)) {
        known++;
      } else {
        throw new IllegalArgumentException(
            "turn "
                + turn.id()
                + " of "
                + owner
                + " is already stored with other words; give the new turn an id of its own");
      }
    }
    long sequence = 0;
    int echoed = 0;
    List<Fact> facts = new ArrayList<>();
    for (Turn turn : fresh) {
      boolean echo = echoes.isEcho(handle, turn);
      echoed += echo ? 1 : 0;
      sequence = transaction.append(new Change.TurnAdded(turn, echo));
      if (!echo && turn.message().role() == Role.USER) {
        for (FactExtractor.Statement statement : extractor.extract(turn)) {
          for (Fact each : state(transaction, turn, statement)) {
            sequence = transaction.append(new Change.FactSet(Owner.of(turn.scope()), each, true));
            if (each.status() == Fact.Status.CURRENT) {
              facts.add(each);
            }
          }
        }
      }
    }
    if (sequence == 0) {
      sequence = Ledger.lastSequence(handle);
    }
    return new Receipt(sequence, turns.stream().map(Turn::id).toList(), known, echoed, facts);
  }

  /** What was recalled into a prompt does not come back as something said. */
  private static Turn withoutRecalled(Turn turn) {
    Message message = turn.message();
    if (!message.content().contains(MemoryBlock.OPEN)) {
      return turn;
    }
    String rest = BLOCK.matcher(message.content()).replaceAll("").strip();
    return new Turn(
        turn.id(),
        turn.scope(),
        turn.index(),
        turn.speaker(),
        new Message(message.role(), rest, message.toolCalls(), message.toolCallId()),
        turn.at(),
        turn.replyTo(),
        turn.provenance());
  }

  /** The versions of facts a statement brings: what it ends first, then what it begins. */
  private static List<Fact> state(
      Committer.Transaction transaction, Turn turn, FactExtractor.Statement said) {
    Handle handle = transaction.handle();
    Owner owner = Owner.of(turn.scope());
    int space = Ledger.space(handle, owner).orElseThrow();
    Instant now = transaction.now();
    Instant at = turn.at();
    @Nullable Fact same = current(handle, space, said.subject(), said.attribute(), said.value());
    List<Fact> versions = new ArrayList<>();
    switch (said.kind()) {
      case HOLDS -> {
        if (same != null) {
          versions.add(same.repeated(turn.id(), turn.scope().session(), said.confidence(), now));
          return versions;
        }
        @Nullable Fact superseded = null;
        if (said.single()) {
          for (Fact each : Ledger.currentFacts(handle, space, said.subject(), said.attribute())) {
            versions.add(each.ended(Fact.Status.SUPERSEDED, at, now));
            superseded = each;
          }
        }
        String opposite = opposite(said.attribute());
        if (opposite != null) {
          for (Fact each :
              Ledger.currentFacts(handle, space, said.subject(), opposite, said.value())) {
            versions.add(each.ended(Fact.Status.SUPERSEDED, at, now));
            superseded = each;
          }
        }
        versions.add(fact(turn, said, said.attribute(), superseded, now));
      }
      case ENDED -> {
        if (same != null) {
          versions.add(same.ended(Fact.Status.ENDED, at, now));
        }
      }
      case DENIED -> {
        if (same != null) {
          versions.add(same.ended(Fact.Status.ENDED, at, now));
        }
        String opposite = opposite(said.attribute());
        if (opposite != null) {
          boolean known = false;
          for (Fact each :
              Ledger.currentFacts(handle, space, said.subject(), opposite, said.value())) {
            versions.add(each.repeated(turn.id(), turn.scope().session(), said.confidence(), now));
            known = true;
          }
          if (!known) {
            versions.add(fact(turn, said, opposite, same, now));
          }
        }
      }
    }
    return versions;
  }

  private static @Nullable Fact current(
      Handle handle, int space, String subject, String attribute, String value) {
    List<Fact> found = Ledger.currentFacts(handle, space, subject, attribute, value);
    return found.isEmpty() ? null : found.getLast();
  }

  private static Fact fact(
      Turn turn,
      FactExtractor.Statement said,
      String attribute,
      @Nullable Fact superseded,
      Instant now) {
    return new Fact(
        Hashes.sha256(turn.id(), said.subject(), attribute, said.value()).substring(0, 16),
        said.subject(),
        attribute,
        said.value(),
        said.confidence(),
        turn.at(),
        null,
        now,
        turn.id(),
        1,
        Fact.Status.CURRENT,
        superseded == null ? null : superseded.id(),
        turn.scope().session(),
        said.quote());
  }

  private static @Nullable String opposite(String attribute) {
    return switch (attribute) {
      case "likes" -> "dislikes";
      case "dislikes" -> "likes";
      default -> null;
    };
  }

  static boolean sameValue(String a, String b) {
    return plain(a).equals(plain(b));
  }

  /** Equal for {@linkplain #sameValue equal} values; how the ledger finds them. */
  static long hash(String value) {
    return Hashes.subSeed(0, "fact", plain(value));
  }

  private static String plain(String value) {
    String words = NO_WORD.matcher(value.toLowerCase(Locale.ROOT)).replaceAll(" ");
    return ARTICLE.matcher(words).replaceAll("").strip();
  }

  /** Hides turns, and takes back what rests on them. */
  long forget(Committer.Transaction transaction, Owner owner, List<String> ids, String reason) {
    int space = requireTurns(transaction, owner, ids);
    long sequence = transaction.append(new Change.TurnsForgotten(owner, ids, reason));
    for (Fact each : Ledger.factsOf(transaction.handle(), space, ids.toArray(String[]::new))) {
      sequence =
          transaction.append(
              new Change.FactSet(
                  owner,
                  each.ended(Fact.Status.RETRACTED, each.validTo(), transaction.now()),
                  true));
      // What it had superseded is believed again.
      if (each.supersedes() != null) {
        Optional<Fact> before =
            Ledger.fact(transaction.handle(), space, each.supersedes())
                .filter(old -> old.status() == Fact.Status.SUPERSEDED);
        if (before.isPresent()) {
          sequence =
              transaction.append(
                  new Change.FactSet(
                      owner,
                      before.get().ended(Fact.Status.CURRENT, null, transaction.now()),
                      true));
        }
      }
    }
    return sequence;
  }

  static int requireTurns(Committer.Transaction transaction, Owner owner, List<String> ids) {
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("no turn ids were given");
    }
    int space =
        Ledger.space(transaction.handle(), owner)
            .orElseThrow(
                () -> new IllegalArgumentException(owner + " has no memory in this store"));
    List<String> found =
        transaction
            .handle()
            .createQuery(
                "select t.id from unnest(:i) u(id) join turn t on t.space_id = :p and t.id = u.id")
            .bind("p", space)
            .bind("i", ids.toArray(String[]::new))
            .mapTo(String.class)
            .list();
    if (found.size() < ids.size()) {
      List<String> missing = new ArrayList<>(ids);
      missing.removeAll(found);
      throw new IllegalArgumentException(
          owner
              + " has no turn "
              + String.join(", ", missing.subList(0, Math.min(5, missing.size()))));
    }
    return space;
  }
}
