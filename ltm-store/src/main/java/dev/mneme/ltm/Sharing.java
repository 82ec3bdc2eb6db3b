package dev.mneme.ltm;

import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who may read and add to a shared collection. */
final class Sharing {
  private Sharing() {}

  /**
   * The collection's space.
   *
   * @throws IllegalArgumentException when the owner holds no such grant; the message does not say
   *     whether the collection exists
   */
  static int requireGrant(Handle handle, Owner owner, String name, boolean write) {
    Optional<Integer> collection = Ledger.collection(handle, owner.tenant(), name);
    if (collection.isPresent()) {
      List<Boolean> granted =
          handle
              .createQuery(
                  "select may_write from grants where collection_id = :c and usr = :u and agent in"
                      + " (:a, '*')")
              .bind("c", collection.get())
              .bind("u", owner.user())
              .bind("a", owner.agent())
              .mapTo(Boolean.class)
              .list();
      if (granted.stream().anyMatch(mayWrite -> mayWrite || !write)) {
        return collection.get();
      }
    }
    throw new IllegalArgumentException(
        "user "
            + owner.user()
            + " with agent "
            + owner.agent()
            + " may not "
            + (write ? "add to" : "read")
            + " the collection "
            + name
            + "; ask its keeper for a grant");
  }

  /** Whether a user holds a grant of a collection, with whichever agent. */
  static boolean granted(Handle handle, String tenant, String user, String name, boolean write) {
    return Ledger.collection(handle, tenant, name)
        .map(
            collection ->
                handle
                    .createQuery(
                        "select may_write from grants where collection_id = :c and usr = :u")
                    .bind("c", collection)
                    .bind("u", user)
                    .mapTo(Boolean.class)
                    .list()
                    .stream()
                    .anyMatch(mayWrite -> mayWrite || !write))
        .orElse(false);
  }
}
