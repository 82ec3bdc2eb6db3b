package dev.mneme.ltm;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;
import org.jspecify.annotations.Nullable;

/**
 * Migration 3: the hashes of the values of facts stored before there was a column for them. In
 * Java, because SQL's lower case is not Java's.
 */
final class FactHashes implements JavaMigration {
  private static final int PAGE = 2_000;

  @Override
  public MigrationVersion getVersion() {
    return MigrationVersion.fromVersion("3");
  }

  @Override
  public String getDescription() {
    return "fact hashes";
  }

  @Override
  public @Nullable Integer getChecksum() {
    return null;
  }

  @Override
  public boolean canExecuteInTransaction() {
    return true;
  }

  @Override
  public void migrate(Context context) throws SQLException {
    Connection connection = context.getConnection();
    long after = 0;
    try (PreparedStatement update =
        connection.prepareStatement("update fact set val_hash = ? where seq = ?")) {
      Map<Long, String> page = page(connection, after);
      while (!page.isEmpty()) {
        for (var each : page.entrySet()) {
          after = each.getKey();
          update.setLong(1, Remembering.hash(each.getValue()));
          update.setLong(2, after);
          update.addBatch();
        }
        update.executeBatch();
        page = page(connection, after);
      }
    }
  }

  private static Map<Long, String> page(Connection connection, long after) throws SQLException {
    Map<Long, String> found = new LinkedHashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "select seq, val from fact where seq > ? order by seq fetch first ? rows only")) {
      select.setLong(1, after);
      select.setInt(2, PAGE);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.put(rows.getLong(1), rows.getString(2));
        }
      }
    }
    return found;
  }
}
