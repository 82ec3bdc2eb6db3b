package dev.mneme.model.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.File;
import java.io.IOException;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * The Rust {@code tokenizers} library that DJL ships in its jar, loaded without DJL's own loader.
 *
 * <p>DJL's loader probes for CUDA (a native library and a warning of its own), may download another
 * build, and reports use over the network; none of that is wanted to split a text. The library is
 * copied once into JavaCPP's cache, where ND4J's natives already live.
 */
final class NativeTokenizers {
  private static final Map<String, String> FILES =
      Map.of(
          "linux-x86_64", "linux-x86_64/cpu/libtokenizers.so",
          "linux-arm64", "linux-aarch64/cpu/libtokenizers.so",
          "macosx-arm64", "osx-aarch64/cpu/libtokenizers.dylib",
          "windows-x86_64", "win-x86_64/cpu/tokenizers.dll");

  /** What the Windows build links against, in load order. */
  private static final String[] WINDOWS_HELPERS = {
    "libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll"
  };

  private static final @Nullable String FAILURE = load();

  private NativeTokenizers() {}

  /**
   * The native calls.
   *
   * @throws TextFormatException where the library does not exist for this platform
   */
  static TokenizersLibrary library() {
    if (FAILURE != null) {
      throw new TextFormatException(FAILURE);
    }
    return TokenizersLibrary.LIB;
  }

  /** System.load is restricted since JDK 24; --enable-native-access is in jvm.options. */
  @SuppressWarnings("restricted")
  private static @Nullable String load() {
    String platform = Loader.getPlatform();
    String file = FILES.get(platform);
    if (file == null) {
      return "no tokenizer library for " + platform + "; there is one for " + FILES.keySet();
    }
    try {
      if (platform.startsWith("windows")) {
        for (String helper : WINDOWS_HELPERS) {
          System.load(cached("win-x86_64/cpu/" + helper).getAbsolutePath());
        }
      }
      System.load(cached(file).getAbsolutePath());
      return null;
    } catch (IOException | UnsatisfiedLinkError e) {
      return "cannot load the tokenizer library " + file + " from the tokenizers jar: " + e;
    }
  }

  private static File cached(String file) throws IOException {
    File found = Loader.cacheResource(TokenizersLibrary.class, "/native/lib/" + file);
    if (found == null) {
      throw new IOException("/native/lib/" + file + " is not on the class path");
    }
    return found;
  }
}
