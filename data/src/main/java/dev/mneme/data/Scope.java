package dev.mneme.data;

/**
 * Whose memory this is. Every read and write of the long-term memory names one; there is no
 * default.
 *
 * @param tenant the installation or customer; nothing crosses it
 * @param user the person
 * @param agent the agent the person speaks with
 * @param session one conversation
 */
public record Scope(String tenant, String user, String agent, String session) {
  public Scope {
    requireText(tenant, "tenant");
    requireText(user, "user");
    requireText(agent, "agent");
    requireText(session, "session");
  }

  private static void requireText(String value, String name) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException("scope needs a " + name + ", got " + value);
    }
  }

  public Scope withSession(String newSession) {
    return new Scope(tenant, user, agent, newSession);
  }
}
