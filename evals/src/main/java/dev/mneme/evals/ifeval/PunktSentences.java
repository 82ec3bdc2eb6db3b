package dev.mneme.evals.ifeval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits text into sentences by the procedure of Punkt (Kiss and Strunk, "Unsupervised Multilingual
 * Sentence Boundary Detection", Computational Linguistics 32(4), 2006), as NLTK applies it.
 *
 * <p>Punkt first marks every token that ends in a full stop as an abbreviation, an ellipsis or the
 * end of a sentence, then revises abbreviations, ellipses, initials and numbers by what follows.
 * The published model learned its lists from a newspaper; here they are short lists of our own:
 * abbreviations, and words that are everyday words in lower case, so that their capital after an
 * abbreviation betrays a new sentence.
 */
final class PunktSentences {
  private static final String NON_WORD = "[)\";}\\]*:@'({\\[!?]";
  private static final String MULTI = "(?:-{2,}|\\.{2,}|(?:\\.\\s){2,}\\.)";
  private static final String WORD_START = "[^(\"`{\\[:;&#*@)}\\]\\-,]";

  private static final Pattern CANDIDATE =
      compile("\\S*[.?!](?=(?<after>" + NON_WORD + "|\\s+(?<next>\\S+)))");

  private static final Pattern TOKEN =
      compile(
          MULTI
              + "|(?="
              + WORD_START
              + ")\\S+?(?=\\s|$|"
              + NON_WORD
              + "|"
              + MULTI
              + "|,(?=$|\\s|"
              + NON_WORD
              + "|"
              + MULTI
              + "))|\\S");

  private static final Pattern CLOSING = compile("[\"')\\]}]+?(?:\\s+|(?=--)|$)");
  private static final Pattern ELLIPSIS = compile("\\.\\.+$");
  private static final Pattern INITIAL = compile("[\\p{L}_]\\.");
  private static final Pattern NUMBER = compile("-?[.,]?\\d[\\d,.-]*\\.?");

  private static final Set<String> ABBREVIATIONS =
      words(
          """
          mr mrs ms dr prof rev hon gen col lt sgt capt cmdr adm maj gov sen rep reps sens pres
          messrs mme st sr jr esq bros inc ltd co corp vs ft mt no nos ave blvd rd dept univ assn
          jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k u.n u.s.a e.u d.c a.m p.m b.c
          a.d ph.d m.d b.a m.a b.s m.b.a j.d l.a n.y n.j n.c s.c calif mass conn pa va fla ga ala
          ariz ark colo ill ind kan ky md mich minn mo mont neb nev okla ore tenn tex vt wash wis
          wyo vol fig
          """);

  private static final Set<String> EVERYDAY =
      words(
          """
          a an the this that these those it he she we they you i there here his her its our their
          my your and but or so if when while after before because since although though however
          in on at by for from with without as to of what who how why where which another many
          most some several few all each every both no not now then also even among during
          moreover nevertheless nonetheless meanwhile still yet such one
          """);

  /**
   * Words that are seldom names, so that a capital after an initial or a list's letter starts a
   * sentence.
   */
  private static final Set<String> COMMON =
      words(
          """
          please let then next first second third finally lastly once again later soon thank thanks
          yes hello hi dear well just only more less much first last new old good great best better
          make sure take give get go come see look keep put use try ask tell say show find help
          think know remember consider start begin stop end open close read write add remove check
          choose pick turn move run walk eat drink cook mix stir pour heat bake serve place set cut
          buy sell pay save spend send call visit explore enjoy learn study teach practice play work
          live love like want need feel believe hope wish imagine create build design develop plan
          prepare improve increase reduce provide offer include follow avoid ensure allow enable
          don't do does did is are was were be been being have has had can could will would shall
          should may might must whether until unless despite within across through over under
          between among against about around behind below above up down out off always never often
          sometimes usually rarely perhaps maybe instead overall additionally furthermore similarly
          consequently therefore thus hence otherwise people users students time day today tomorrow
          yesterday night morning life love world music food water money home house family friends
          children nothing something everything anything someone everyone anyone nobody anybody
          either neither two three four five six seven eight nine ten
          """);

  private PunktSentences() {}

  /** The sentences, without surrounding white space. */
  static List<String> split(String text) {
    var slices = new ArrayList<int[]>();
    int begin = 0;
    Matcher candidate = CANDIDATE.matcher(text);
    while (candidate.find()) {
      if (breaksInside(candidate.group() + candidate.group("after"))) {
        slices.add(new int[] {begin, candidate.end()});
        begin = candidate.group("next") == null ? candidate.end() : candidate.start("next");
      }
    }
    slices.add(new int[] {begin, Math.max(begin, text.stripTrailing().length())});
    return realigned(text, slices);
  }

  /** Gives closing quotes and brackets that opened a slice back to the sentence they close. */
  private static List<String> realigned(String text, List<int[]> slices) {
    var sentences = new ArrayList<String>();
    int shift = 0;
    for (int i = 0; i < slices.size(); i++) {
      int from = slices.get(i)[0] + shift;
      int to = slices.get(i)[1];
      shift = 0;
      if (i + 1 < slices.size()) {
        int[] next = slices.get(i + 1);
        Matcher closing =
            CLOSING.matcher(text).region(next[0], next[1]).useTransparentBounds(false);
        if (closing.lookingAt()) {
          to = next[0] + closing.group().stripTrailing().length();
          shift = closing.end() - next[0];
        }
      }
      if (from < to) {
        sentences.add(text.substring(from, to));
      }
    }
    return sentences;
  }

  /** Whether some token other than the last ends a sentence. */
  private static boolean breaksInside(String context) {
    List<String> tokens = tokens(context);
    for (int i = 0; i + 1 < tokens.size(); i++) {
      if (endsSentence(tokens.get(i), tokens.get(i + 1))) {
        return true;
      }
    }
    return false;
  }

  private static List<String> tokens(String context) {
    var tokens = new ArrayList<String>();
    context
        .lines()
        .forEach(
            line -> {
              Matcher token = TOKEN.matcher(line);
              while (token.find()) {
                tokens.add(token.group());
              }
            });
    return tokens;
  }

  private static boolean endsSentence(String token, String next) {
    if (token.equals(".") || token.equals("?") || token.equals("!")) {
      return true;
    }
    if (!token.endsWith(".")) {
      return false;
    }
    boolean ellipsis = ELLIPSIS.matcher(token).find();
    String bare = token.substring(0, token.length() - 1).toLowerCase(Locale.ROOT);
    boolean abbreviation =
        !ellipsis
            && (ABBREVIATIONS.contains(bare)
                || ABBREVIATIONS.contains(bare.substring(bare.lastIndexOf('-') + 1)));
    boolean initial = INITIAL.matcher(token).matches();
    Start start = startOf(next);
    if (initial) {
      // An initial ends no sentence unless an everyday word in capitals follows.
      return start == Start.YES
          || (start == Start.UNKNOWN && (!startsUpper(next) || isCommon(next)));
    }
    if (ellipsis || abbreviation) {
      return start == Start.YES;
    }
    if (NUMBER.matcher(token).matches()) {
      return start != Start.NO;
    }
    return true;
  }

  private enum Start {
    YES,
    NO,
    UNKNOWN
  }

  /** Whether the token looks like the first of a sentence, by its case. */
  private static Start startOf(String token) {
    if (";:,.!?".contains(token)) {
      return Start.NO;
    }
    String word = token.endsWith(".") ? token.substring(0, token.length() - 1) : token;
    if (startsUpper(token)) {
      return EVERYDAY.contains(word.toLowerCase(Locale.ROOT)) ? Start.YES : Start.UNKNOWN;
    }
    return Character.isLowerCase(token.codePointAt(0)) ? Start.NO : Start.UNKNOWN;
  }

  private static boolean isCommon(String token) {
    String word = token.endsWith(".") ? token.substring(0, token.length() - 1) : token;
    return COMMON.contains(word.toLowerCase(Locale.ROOT));
  }

  private static boolean startsUpper(String token) {
    return Character.isUpperCase(token.codePointAt(0));
  }

  private static Pattern compile(String regex) {
    return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNIX_LINES);
  }

  private static Set<String> words(String list) {
    return Set.copyOf(List.of(list.strip().split("\\s+")));
  }
}
