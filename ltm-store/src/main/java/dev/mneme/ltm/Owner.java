package dev.mneme.ltm;

import dev.mneme.data.Scope;

/**
 * Whose memory, over all its sessions: a person's memory with one agent.
 *
 * @param tenant the installation or customer
 * @param user the person
 * @param agent the agent the person speaks with
 */
public record Owner(String tenant, String user, String agent) {
  public Owner {
    requireText(tenant, "tenant");
    requireText(user, "user");
    requireText(agent, "agent");
  }

  /** The owner of a scope's session. */
  public static Owner of(Scope scope) {
    return new Owner(scope.tenant(), scope.user(), scope.agent());
  }

  /** The scope of one session of this owner. */
  public Scope session(String session) {
    return new Scope(tenant, user, agent, session);
  }

  private static void requireText(String value, String name) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException("an owner needs a " + name + ", got " + value);
    }
  }
}
