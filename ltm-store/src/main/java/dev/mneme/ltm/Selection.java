package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

/**
 * Which part of the store a bulk read, an export or an erasure covers. There is no default:
 * everything has to be asked for by name.
 */
public sealed interface Selection {
  /** True when the selection covers this owner. */
  boolean covers(Owner owner);

  /** Every tenant: for the installation's own upkeep, never on behalf of one user. */
  record Everything() implements Selection {
    @Override
    public boolean covers(Owner owner) {
      return true;
    }
  }

  /** One tenant. */
  record Tenant(String tenant) implements Selection {
    public Tenant {
      requireNonNull(tenant, "tenant is null");
    }

    @Override
    public boolean covers(Owner owner) {
      return owner.tenant().equals(tenant);
    }
  }

  /** One person of one tenant, with every agent. */
  record User(String tenant, String user) implements Selection {
    public User {
      requireNonNull(tenant, "tenant is null");
      requireNonNull(user, "user is null");
    }

    @Override
    public boolean covers(Owner owner) {
      return owner.tenant().equals(tenant) && owner.user().equals(user);
    }
  }

  /** One person with one agent. */
  record One(Owner owner) implements Selection {
    public One {
      requireNonNull(owner, "owner is null");
    }

    @Override
    public boolean covers(Owner other) {
      return other.equals(owner);
    }
  }
}
