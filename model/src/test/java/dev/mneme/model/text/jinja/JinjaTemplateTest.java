package dev.mneme.model.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JinjaTemplateTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-02T08:05:09Z"));

  /** The expected values were worked out by Jinja's documentation, not by running this code. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '§',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "{{ 1 + 2 * 3 }}§7",
        "{{ 7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 }}§3 2 3.5 8",
        "{{ 'a' ~ 1 ~ true ~ none }}§a1TrueNone",
        "{{ 'a' 'b' }}§ab",
        "{{ [1, 'x', 2.0, none, true] }}§[1, 'x', 2.0, None, True]",
        "{{ {'a': [1]} }}§{'a': [1]}",
        "{{ 'yes' if 2 > 1 and not false else 'no' }}§yes",
        "{{ 'x' if false }}|§|",
        "{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }}§True False",
        "{{ 'ell' in 'hello' }} {{ 3 not in [1, 2] }} {{ 'k' in {'k': 1} }}§True True True",
        "{{ missing }}|{{ missing is defined }}|{{ missing | default('d') }}§|False|d",
        "{{ none is none }} {{ 1 is number }} {{ 'a' is string }} {{ {} is mapping }}§True True"
            + " True True",
        "{{ not missing is defined }} {{ 4 is even }} {{ 4 is divisibleby 3 }}§True True False",
        "{{ 'abc'[0] }} {{ 'abc'[-1] }} {{ 'abcd'[1:3] }} {{ [1,2,3][::-1] }}§a c bc [3, 2, 1]",
        "{{ [1,2,3][1:] }} {{ [1,2,3][:-1] }} {{ [1,2,3][:9] }}§[2, 3] [1, 2] [1, 2, 3]",
        "{{ '  x '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' a'.lstrip() }}|{{ 'a '.rstrip()"
            + " }}§x|a|a|a",
        "{{ 'a</think>b</think>c'.split('</think>')[-1] }}§c",
        "{{ 'a b  c'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }}§['a', 'b',"
            + " 'c'] ['a', 'b,c'] ['a,b', 'c']",
        "{{ 'Hello'.startswith('He') }} {{ 'Hello'.endswith(('lo', 'x')) }}§True True",
        "{{ 'hello world' | title }} {{ 'HI' | lower }} {{ 'hi' | capitalize }}§Hello World hi Hi",
        "{{ [3,1,2] | sort | join('-') }} {{ [1,2] | length }} {{ 'abc' | length }}§1-2-3 2 3",
        "{{ '<&>\"' | tojson }}§\"<&>\\\"\"",
        "{{ {'a': 1, 'b': [true, none, 'é']} | tojson }}§{\"a\": 1, \"b\": [true, null, \"é\"]}",
        "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}§2",
        "{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}§1",
        "{% set ns = namespace(n=0) %}{% for i in [1,2,3] %}{% set ns.n = ns.n + i %}{% endfor %}{{"
            + " ns.n }}§6",
        "{% for i in range(3) %}{{ loop.index }}{{ ',' if not loop.last }}{% endfor %}§1,2,3",
        "{% for i in [1,2,3,4] if i is odd %}{{ i }}{% else %}none{% endfor %}§13",
        "{% for i in [] %}{{ i }}{% else %}none{% endfor %}§none",
        "{% for i in [1,2,3,4] %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break"
            + " %}{% endif %}{{ i }}{% endfor %}§13",
        "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}§a=1;b=2;",
        "{% macro f(x, y=2) %}<{{ x }},{{ y }}>{% endmacro %}{{ f(1) }}{{ f(1, y=3) }}§<1,2><1,3>",
        "{% set t %}in {{ 1 }}{% endset %}{{ t | upper }}§IN 1",
        "{% filter upper %}loud{% endfilter %}§LOUD",
        "{% generation %}kept{% endgeneration %}§kept",
        "{{ '{{ 1 + 1 }}' }}§{{ 1 + 1 }}",
        "{# nothing #}x§x",
        "{{ strftime_now('%d %b %Y %-d %H:%M') }}§02 Nov 2026 2 08:05",
        "{{ users | selectattr('age', 'gt', 30) | map(attribute='name') | join(',') }}§Bo",
        "{{ users | rejectattr('age', 'gt', 30) | map(attribute='name') | list }}§['Al']",
        "{{ users[0].name }}{{ users[0]['age'] }}{{ users[0].get('x', 'd') }}§Al30d",
        "{{ users[0].items is defined }} {{ users | first | tojson }}§False {\"name\": \"Al\","
            + " \"age\": 30}",
        "{{ '%s is %d' % ('x', 3) }}§x is 3",
      })
  void rendersAsJinjaDoes(String template, String expected) {
    assertThat(render(template)).isEqualTo(expected);
  }

  @Test
  void whiteSpaceFollowsTrimAndLstripBlocks() {
    assertThat(render("a\n  {% if true %}\nb\n  {% endif %}\nc\n")).isEqualTo("a\nb\nc");
    assertThat(render("a \n {%- if true -%} \n b {%- endif %} c")).isEqualTo("ab c");
    assertThat(render("a\n  {{ 1 }}\nb")).isEqualTo("a\n  1\nb");
    assertThat(render("a\n  {{- 1 -}}\n  b")).isEqualTo("a1b");
    assertThat(render("a {%+ if true +%}\nb{% endif %}")).isEqualTo("a \nb");
  }

  @Test
  void indentedJsonMatchesPython() {
    assertThat(render("{{ {'a': [1, {'b': 2}], 'c': {}} | tojson(indent=2) }}"))
        .isEqualTo("{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {}\n}");
  }

  @Test
  void errorsNameTheLine() {
    assertThatThrownBy(() -> render("a\n{{ missing.name }}"))
        .isInstanceOf(JinjaException.class)
        .hasMessage("line 2: an undefined value has no attribute name");
    assertThatThrownBy(() -> render("{% if x %}\n\na"))
        .hasMessage("line 3: {% endif %} is missing");
    assertThatThrownBy(() -> render("\n{{ 1 + }}"))
        .hasMessage("line 2: expected an expression, found '}}'");
    assertThatThrownBy(() -> render("{{ 'x' | nonsense }}"))
        .hasMessage("line 1: there is no filter nonsense");
    assertThatThrownBy(() -> render("{{ raise_exception('roles must alternate') }}"))
        .hasMessage("roles must alternate")
        .satisfies(e -> assertThat(((JinjaException) e).raisedByTemplate()).isTrue());
  }

  @Test
  void templateCannotReachJavaOrChangeItsInput() {
    assertThatThrownBy(() -> render("{{ ''.getClass() }}"))
        .hasMessageContaining("no method getClass");
    assertThat(render("{{ ''.class }}")).isEmpty();
    var list = new java.util.ArrayList<Object>(List.of(1));
    JinjaTemplate.parse("{{ l.append(2) }}").render(Map.of("l", list), CLOCK, ZoneOffset.UTC);
    assertThat(list).containsExactly(1);
  }

  private static String render(String template) {
    var al = new LinkedHashMap<String, Object>();
    al.put("name", "Al");
    al.put("age", 30);
    var bo = new LinkedHashMap<String, Object>();
    bo.put("name", "Bo");
    bo.put("age", 31);
    return JinjaTemplate.parse(template)
        .render(Map.of("users", List.of(al, bo)), CLOCK, ZoneOffset.UTC);
  }
}
