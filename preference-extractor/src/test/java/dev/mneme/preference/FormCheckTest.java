package dev.mneme.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.preference.FormCheck.Verdict;
import dev.mneme.preference.StatedPreference.Slot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormCheckTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          NAME     | Sam     | Of course, Sam, here it is.                            | KEPT
          NAME     | Sam     | Hello Tom, nice to see you.                            | BROKEN
          NAME     | Sam     | Hello there, nice to see you.                          | UNKNOWN
          NAME     | Sam     | The same holds for Samuel.                             | UNKNOWN
          NAME     | Sam     | Good morning! It is seven.                             | UNKNOWN
          LANGUAGE | German  | Der Hafen ist nicht weit von hier, und es ist schön.   | KEPT
          LANGUAGE | German  | The harbour is not far from here, and it is lovely.    | BROKEN
          LANGUAGE | German  | 42                                                     | UNKNOWN
          LANGUAGE | German  | Bergen, Oslo, Trondheim                                | UNKNOWN
          LANGUAGE | French  | Le port est dans la ville et les bateaux sont sur l'eau. | KEPT
          LANGUAGE | Spanish | El puerto no es grande, pero está muy cerca de la casa. | KEPT
          LANGUAGE | English | Il porto non è grande, ma è nella città e si può vedere. | BROKEN
          LANGUAGE | Dutch   | De haven is niet ver van hier en het is een mooie plek. | KEPT
          LANGUAGE | Russian | Порт находится недалеко от города.                     | KEPT
          LANGUAGE | English | Порт находится недалеко от города.                     | BROKEN
          LANGUAGE | Japanese | 港は町の近くにあります。                                 | KEPT
          LANGUAGE | Chinese | 港口离城市不远。                                         | KEPT
          LANGUAGE | Swedish | Och det är en stor hamn som inte är så långt från staden. | KEPT
          """)
  void whatTheTextShowsIsDecidedAndNothingElse(
      Slot slot, String value, String reply, Verdict verdict) {
    assertThat(FormCheck.check(slot, value, reply)).isEqualTo(verdict);
  }

  @Test
  void codeIsInNoLanguage() {
    String code = "```java\nfor (int i = 0; i < the.of; i++) { it.is(to); }\n```";
    assertThat(FormCheck.check(Slot.LANGUAGE, "German", code)).isEqualTo(Verdict.UNKNOWN);
  }

  @Test
  void aLevelIsToldByLongWordsWhereThereAreEnoughWords() {
    String plain =
        "The sea is salt. Rain falls on the hills and takes a bit of salt from the rock. The rivers"
            + " bring it down to the sea, and when the sun dries the water up, the salt stays.";
    String learned =
        "Atmospheric precipitation dissolves mineral constituents through chemical weathering;"
            + " subsequent evaporation concentrates chloride and sodium, maintaining approximately"
            + " constant salinity notwithstanding continuous riverine contributions and"
            + " hydrothermal exchange processes.";
    assertThat(FormCheck.check(Slot.LEVEL, "simple", plain)).isEqualTo(Verdict.KEPT);
    assertThat(FormCheck.check(Slot.LEVEL, "simple", learned)).isEqualTo(Verdict.BROKEN);
    assertThat(FormCheck.check(Slot.LEVEL, "expert", learned)).isEqualTo(Verdict.KEPT);
    assertThat(FormCheck.check(Slot.LEVEL, "expert", plain)).isEqualTo(Verdict.UNKNOWN);
    assertThat(FormCheck.check(Slot.LEVEL, "simple", "Because of evaporation."))
        .isEqualTo(Verdict.UNKNOWN);
  }
}
