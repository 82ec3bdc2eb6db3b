package dev.mneme.model.text.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text its text; a string's is unescaped
 * @param line where it starts, from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    /** Literal output. */
    TEXT,
    /** <code>{{</code>. */
    OUTPUT,
    /** <code>{%</code>. */
    BLOCK,
    /** <code>}}</code> or <code>%}</code>. */
    END,
    NAME,
    INTEGER,
    FLOAT,
    STRING,
    OPERATOR,
    /** The end of the template. */
    EOF
  }

  boolean is(Kind other, String otherText) {
    return kind == other && text.equals(otherText);
  }
}
