"""MJML: what is wrong is named with its line, nothing is read, nothing crashes."""

from __future__ import annotations

import contextlib
from html import escape, unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quen.delivery.errors import TemplateError
from quen.delivery.mjml import check, clean_text, to_html

FRAME = "<mjml>\n<mj-body>\n<mj-section><mj-column>\n{}\n</mj-column></mj-section>\n</mj-body>\n</mjml>"


@pytest.mark.parametrize(
    ("inside", "line", "words"),
    [
        ("<mj-text><b>x</mj-text>", 4, "<b>"),
        ("<mj-text>a\n< b</mj-text>", 5, "&lt;"),
        ("<mj-text><a href=x>y</a></mj-text>", 4, "quotes"),
        ("<mj-text>x</mj-text></div>", 4, "closes nothing"),
        ("<mj-text>x</mj-txt>", 4, "closes nothing"),
        ('<mj-include path="/etc/passwd" />', 4, "mj-include"),
        ('<mj-include path="http://127.0.0.1/x" />', 4, "mj-include"),
        ("<!DOCTYPE x>", 4, "no place"),
        ("<div>" * 20_000 + "</div>" * 20_000, 4, "inside each other"),
    ],
)
def test_errors_name_their_line(inside: str, line: int, words: str) -> None:
    with pytest.raises(TemplateError, match=words) as caught:
        to_html(FRAME.format(inside))
    assert caught.value.line == line


@pytest.mark.parametrize("source", ["", "hello", "<p>hello</p>", "<html><body>x</body></html>", "<mjml><mj-body>"])
def test_what_is_no_mjml(source: str) -> None:
    with pytest.raises(TemplateError):
        to_html(source)


def test_an_error_is_found_in_the_source_before_loops_grew() -> None:
    source = FRAME.format("{% for p in products %}\n<mj-text>{{ p }}</mj-text>\n{% endfor %}\n<mj-text><b></mj-text>")
    filled = FRAME.format("\n<mj-text>1</mj-text>\n" * 50 + "<mj-text><b></mj-text>")
    with pytest.raises(TemplateError) as caught:
        to_html(filled, source)
    assert caught.value.line == 7


def test_odd_things_are_warned_of() -> None:
    html, problems = to_html(FRAME.format("<mj-foo>x</mj-foo>stray<mj-text>ok</mj-text>"))
    assert "ok" in html
    assert [(p.line, p.fatal) for p in problems] == [(4, False), (4, False)]


def test_entities_pass_untouched() -> None:
    html, _ = to_html(FRAME.format('<mj-button href="https://a.vn/?x=1&amp;y=2">&lt;b&gt; &#34;</mj-button>'))
    assert 'href="https://a.vn/?x=1&amp;y=2"' in html and "&lt;b&gt; &#34;</a>" in html


@given(st.text(alphabet='<>/mj-textbody "=&;!{}\n') | st.text())
def test_any_text_gives_html_or_an_error(text: str) -> None:
    with contextlib.suppress(TemplateError):
        to_html(clean_text(FRAME.format(text)))


@given(st.text())
def test_checking_never_fails(text: str) -> None:
    check(text)


@given(st.text())
@example("Nguye\u0302\u0303n \u200d \xa0 \\ \t \n 👨‍👩‍👧 \"'")
def test_attributes_keep_every_character(value: str) -> None:
    value = clean_text(value)
    html, _ = to_html(FRAME.format(f'<mj-image src="x" alt="{escape(value)}" />'))
    given = html.split('alt="')[1].split('"')[0]
    assert unescape(given) == value.replace("\r\n", "\n").replace("\r", "\n") or unescape(given) == value


def test_single_quotes_may_hold_double_ones() -> None:
    html, _ = to_html(FRAME.format("""<mj-text><i title='say "hi"'>x</i></mj-text>"""))
    assert '<i title="say &#34;hi&#34;">' in html


def test_lines_as_browsers_send_them() -> None:
    source = FRAME.format("<mj-text>a</mj-text>").replace("\n", "\r\n")
    html, _ = to_html(clean_text(source))
    assert ">a</div>" in html


def test_a_letter_fetches_nothing_that_its_author_did_not_ask_for() -> None:
    html, _ = to_html(FRAME.format("<mj-text>a</mj-text>"))
    assert "googleapis" not in html and "@import" not in html
