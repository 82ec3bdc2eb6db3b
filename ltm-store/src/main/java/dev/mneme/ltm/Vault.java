package dev.mneme.ltm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals journal lines and names the ledger's file password, when the store has a passphrase.
 *
 * <p>The key is PBKDF2-HMAC-SHA256 over the passphrase and the home's salt; each line is
 * AES-256-GCM under a fresh nonce, in Base64. Without a passphrase lines pass through. Thread-safe.
 */
final class Vault {
  private static final int ITERATIONS = 210_000;
  private static final int NONCE = 12;
  private static final String CHECK = "mneme memory";

  private final @Nullable SecretKeySpec key;
  private final @Nullable String filePassword;
  private final SecureRandom random = new SecureRandom();

  private Vault(@Nullable SecretKeySpec key, @Nullable String filePassword) {
    this.key = key;
    this.filePassword = filePassword;
  }

  /** Opens the home's vault, making one in a new home. */
  static Vault open(Path home, @Nullable String passphrase) {
    Path file = home.resolve("vault");
    try {
      if (passphrase == null) {
        if (Files.exists(file)) {
          throw new IllegalArgumentException(
              "the memory at " + home + " is encrypted; give its passphrase");
        }
        return new Vault(null, null);
      }
      boolean fresh = !Files.exists(file);
      if (fresh && Files.exists(home.resolve("ledger.mv.db"))) {
        throw new IllegalArgumentException(
            "the memory at "
                + home
                + " is not encrypted; open it without a passphrase, or export it and import it into"
                + " a new home");
      }
      byte[] salt = new byte[16];
      String[] lines = {};
      if (fresh) {
        new SecureRandom().nextBytes(salt);
      } else {
        lines = Files.readString(file, UTF_8).strip().split("\n");
        salt = HexFormat.of().parseHex(lines[0]);
      }
      byte[] derived =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(new PBEKeySpec(passphrase.toCharArray(), salt, ITERATIONS, 512))
              .getEncoded();
      var vault =
          new Vault(
              new SecretKeySpec(derived, 0, 32, "AES"), HexFormat.of().formatHex(derived, 32, 64));
      if (fresh) {
        // In one step: half a vault would lock the memory for good.
        Path part = home.resolve("vault.part");
        Files.writeString(part, HexFormat.of().formatHex(salt) + "\n" + vault.seal(CHECK) + "\n");
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } else if (!CHECK.equals(vault.unseal(lines[1]))) {
        throw new IllegalArgumentException("wrong passphrase for the memory at " + home);
      }
      return vault;
    } catch (IOException e) {
      throw new MemoryStoreException("cannot read or write " + file, false, e);
    } catch (GeneralSecurityException e) {
      throw new MemoryStoreException(
          "this Java runtime lacks PBKDF2WithHmacSHA256 or AES-GCM", false, e);
    }
  }

  boolean sealed() {
    return key != null;
  }

  /** What H2 gets as its file password; null in the clear. */
  @Nullable String filePassword() {
    return filePassword;
  }

  String seal(String line) {
    if (key == null) {
      return line;
    }
    try {
      byte[] nonce = new byte[NONCE];
      random.nextBytes(nonce);
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
      byte[] body = cipher.doFinal(line.getBytes(UTF_8));
      byte[] all = new byte[NONCE + body.length];
      System.arraycopy(nonce, 0, all, 0, NONCE);
      System.arraycopy(body, 0, all, NONCE, body.length);
      return Base64.getEncoder().encodeToString(all);
    } catch (GeneralSecurityException e) {
      throw new MemoryStoreException("cannot encrypt a journal line", false, e);
    }
  }

  /** The line, or null when it was not sealed with this key. */
  @Nullable String unseal(String sealed) {
    if (key == null) {
      return sealed;
    }
    try {
      byte[] all = Base64.getDecoder().decode(sealed);
      if (all.length <= NONCE) {
        return null;
      }
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, all, 0, NONCE));
      return new String(cipher.doFinal(all, NONCE, all.length - NONCE), UTF_8);
    } catch (AEADBadTagException | IllegalArgumentException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new MemoryStoreException("cannot decrypt a journal line", false, e);
    }
  }
}
