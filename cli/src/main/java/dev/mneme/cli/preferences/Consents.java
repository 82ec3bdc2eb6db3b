package dev.mneme.cli.preferences;

import dev.mneme.ltm.MemoryStore;
import dev.mneme.preference.History.Consent;

/**
 * What each person allowed to be learned, kept as grants in the memory: there they are dated, stand
 * in its journal, travel with an export and go with an erasure.
 *
 * <p>Who may add to the collection {@value #SHARED} shares: their requests may be grouped with
 * those of others of the tenant who do. Who holds a grant of {@value #OPTED_OUT} teaches nothing to
 * any model. Everyone else teaches only from their own conversations. Thread-safe.
 */
public final class Consents {
  private static final String SHARED = "preferences";
  private static final String OPTED_OUT = "preferences.opted-out";
  private static final String ANY_AGENT = "*";

  private final MemoryStore memory;

  /**
   * @param memory stays the caller's
   */
  public Consents(MemoryStore memory) {
    this.memory = memory;
  }

  /** What this person allowed. */
  public Consent of(String tenant, String user) {
    if (memory.granted(tenant, OPTED_OUT, user, false)) {
      return Consent.OPTED_OUT;
    }
    return memory.granted(tenant, SHARED, user, true) ? Consent.SHARED : Consent.OWN_USE;
  }

  /** From now on; what was learned before is told by the checkpoints' provenance. */
  public void set(String tenant, String user, Consent consent) {
    change(tenant, OPTED_OUT, user, !consent.learn());
    change(tenant, SHARED, user, consent.learn() && consent.share());
  }

  private void change(String tenant, String collection, String user, boolean wanted) {
    boolean is = memory.granted(tenant, collection, user, false);
    if (wanted && !is) {
      memory.grant(tenant, collection, user, ANY_AGENT, true);
    } else if (!wanted && is) {
      memory.revoke(tenant, collection, user, ANY_AGENT);
    }
  }
}
