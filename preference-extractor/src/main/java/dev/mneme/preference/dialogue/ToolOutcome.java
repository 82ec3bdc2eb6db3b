package dev.mneme.preference.dialogue;

import java.util.regex.Pattern;

/** Whether a tool's result reports a failure, by the forms tools commonly use. */
final class ToolOutcome {
  private static final Pattern FAILURE =
      Pattern.compile(
          "^\\s*(error|failed|failure|exception|traceback|fatal|denied|timeout|not found)\\b"
              + "|\"(error|exception)\"\\s*:\\s*(?!null|false|\"\")"
              + "|\"(isError|is_error)\"\\s*:\\s*true"
              + "|\"(ok|success)\"\\s*:\\s*false"
              + "|\\b(HTTP|status)\\W{1,4}[45]\\d\\d\\b"
              + "|\\b\\w+(Exception|Error): "
              + "|\\bpermission denied\\b|\\bno such file\\b|\\btimed out\\b|\\bexit code [1-9]",
          Pattern.CASE_INSENSITIVE);
  private static final int LOOKED_AT = 2_000;

  private ToolOutcome() {}

  static boolean failed(String result) {
    String head = result.length() > LOOKED_AT ? result.substring(0, LOOKED_AT) : result;
    return FAILURE.matcher(head).find();
  }
}
