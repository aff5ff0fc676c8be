"""Liquid: data is never a template, and no template can take the process down."""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.delivery.errors import TemplateError
from quen.delivery.safe_liquid import Form, LiquidWarning, _environment, render

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NASTY = st.text() | st.sampled_from(
    [
        "{{ 7 | times: 6 }}",
        "{% for i in (1..9) %}x{% endfor %}",
        "<script>alert(1)</script>",
        "\" onload='x",
        "a\r\nBcc: b@c.vn",
        "\x00\ufffe",
        "]]>",
        "&lt;b&gt;",
        "\\",
        '","admin":true,"x":"',
    ]
)


def fill(source: str, form: Form = "html", **data: Any) -> str:
    return render(source, data, zone=ZONE, form=form, place="body")[0]


@given(NASTY)
def test_data_is_never_read_as_a_template(value: str) -> None:
    assert fill("{{ x }}", "text", x=value) == value


@given(NASTY)
def test_html_holds_no_markup_from_data(value: str) -> None:
    made = fill("<p title=\"{{ x }}\" lang='{{ x }}'>{{ x }}</p>", x=value)
    assert made.count("<") == 2 and made.count(">") == 2 and made.count('"') == 2 and made.count("'") == 2


@pytest.mark.parametrize("name", sorted(set(_environment("html").filters) - {"newline_to_br"}))
@given(value=NASTY)
def test_no_filter_lets_markup_through(name: str, value: str) -> None:
    arguments = {"append": ": x", "prepend": ": x", "remove": ": x", "concat": ": y"}.get(name, "")
    for source in ("{{ x | %s%s }}", "{%% capture c %%}{{ x }}{%% endcapture %%}{{ c | %s%s }}"):
        try:
            made = fill(source % (name, arguments), x=value, y=[value])
        except TemplateError:
            continue
        assert not set(made) & set("<>\"'")


@given(
    st.dictionaries(st.text(), NASTY),
    NASTY,
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(),
)
def test_a_value_cannot_leave_its_place_in_json(tree: dict[str, str], name: str, number: float) -> None:
    made = fill(
        '{"name": "{{ name }}", "tree": {{ tree | json }}, "n": {{ n }}}', "json", name=name, tree=tree, n=number
    )
    assert msgspec.json.decode(made) == {"name": name, "tree": tree, "n": number}


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1000000000) reversed %}{% endfor %}",
        "{% assign x = (1..1000000000) %}{% for i in x reversed %}{% endfor %}",
        "{{ (1..1000000000) | join: '' }}",
        "{% for i in (1..n) offset: 900000000 limit: 1 %}{% endfor %}",
        "{% for i in (1..400) %}{% for j in (1..400) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'aaaaaaaaaa' %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}",
        "{% assign a = 'aaaaaaaaaa' %}{% for i in (1..9) %}{% assign a = a | replace: 'a', a %}{% endfor %}",
        "{% assign a = 10 %}{% for i in (1..100) %}{% assign a = a | times: a %}{% endfor %}{{ a }}",
        "{% for i in (1..2000) %}" + "x" * 1000 + "{% endfor %}",
        "{{ 'now' | date: '%999999999d' }}",
        "{% if a %}" * 50 + "{% endif %}" * 50,
        "x" * 300_000,
    ],
)
def test_bombs_fizzle(source: str) -> None:
    started = time.thread_time()
    with pytest.raises(TemplateError):
        fill(source, n=10**12, a=1)
    assert time.thread_time() - started < 5


@pytest.mark.parametrize(
    "source",
    ["{% include '/etc/passwd' %}", "{% render 'x' %}", "{{ x | safe }}", "{{ x | nope }}", "{{ x", "{% if %}"],
)
def test_what_is_not_there_is_an_error_with_its_line(source: str) -> None:
    with pytest.raises(TemplateError) as caught:
        fill("first\n" + source)
    assert caught.value.details == {"place": "body", "line": 2}


@pytest.mark.parametrize("path", ["x.__class__", "x.__init__.__globals__", "now.__class__.__mro__", "x.keys"])
def test_no_way_into_python(path: str) -> None:
    assert fill("{{ " + path + " }}", x={"a": 1}) == ""


def test_missing_names_print_nothing_and_are_listed() -> None:
    text, warnings = render(
        "{{ a }}\n{{ person.first_name }} {{ b | upcase }} {{ c | default: 'bạn' }}{% if d %}{% endif %}",
        {"person": {}},
        zone=ZONE,
        form="html",
        place="body",
    )
    assert text == "\n  bạn"
    assert warnings == [LiquidWarning("a", 1), LiquidWarning("person.first_name", 2), LiquidWarning("b", 2)]


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("{{ 1250000 | vnd }}", "1.250.000\xa0₫"),
        ("{{ '1250000.5' | vnd }}", "1.250.001\xa0₫"),
        ("{{ 0 | vnd }}", "0\xa0₫"),
        ("{{ nothing | vnd }}", ""),
        ("{{ 'liên hệ' | vnd }}", "liên hệ"),
        ("{{ true | vnd }}", "True"),
        ("{{ 1234567.25 | number }}", "1.234.567,25"),
        ("{{ '2026-01-31T18:30:00Z' | date }}", "01/02/2026"),
        ("{{ '2026-01-31T18:30:00Z' | date: '%H:%M %d/%m' }}", "01:30 01/02"),
        ("{{ '2026-01-31' | date: '%d.%m.%Y' }}", "31.01.2026"),
        ("{{ 1769884200000 | date: '%d/%m/%Y %H:%M' }}", "01/02/2026 01:30"),
        ("{{ 'mai' | date }}", "mai"),
        ("{{ nothing | date }}", ""),
    ],
)
def test_formats(source: str, made: str) -> None:
    assert fill(source) == made
