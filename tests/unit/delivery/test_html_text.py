"""The plain-text part: readable, complete, links kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.delivery.html_text import html_to_text
from quen.delivery.links import disarm, follow


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Xin  chào\n bạn</p><p>Hai</p>", "Xin chào bạn\n\nHai\n"),
        ("a<br>b", "a\nb\n"),
        ("<ul><li>một</li><li>hai</li></ul>", "- một\n\n- hai\n"),
        ('<a href="https://a.vn">Mua</a>', "Mua (https://a.vn)\n"),
        ('<a href="https://a.vn">https://a.vn</a>', "https://a.vn\n"),
        ('<a href="mailto:a@b.vn">a@b.vn</a>', "a@b.vn\n"),
        ('<a href="#x">lên</a>', "lên\n"),
        ('<a href="https://a.vn"><img src="x" alt="Áo dài"></a>', "Áo dài (https://a.vn)\n"),
        ("<head><title>t</title><style>p{}</style></head><body>x<script>y</script></body>", "x\n"),
        ('<div style="color:red; display: none">ẩn<br><b>nữa</b></div>hiện', "hiện\n"),
        ("<!-- c --><!--[if mso]><p>outlook</p><![endif]-->x", "x\n"),
        ("&lt;b&gt; &amp; &#34;", '<b> & "\n'),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc\n"),
        ("", "\n"),
    ],
)
def test_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@given(st.text(alphabet="<>/ab \"='!-\n&;") | st.text())
def test_any_html_is_read(html: str) -> None:
    html_to_text(html)
    assert follow(html, lambda address: address, except_for=frozenset()) == html
    disarm(html)


def test_every_way_of_writing_a_link_is_followed() -> None:
    html = """<A HREF='https://a.vn/?x=1&y=2' class=b>1</A>\n<a class="q"\n href=http://b.vn>2</a>
    <area href="https://c.vn">
    <a href="mailto:x@y.vn">m</a><a href="/relative">r</a>
    <link href="https://css.vn"><!-- <a href="https://no.vn"> -->"""
    seen: list[str] = []

    def sign(address: str) -> str:
        seen.append(address)
        return "https://e/" + str(len(seen))

    made = follow(html, sign, except_for=frozenset())
    assert seen == ["https://a.vn/?x=1&y=2", "http://b.vn", "https://c.vn"]
    assert made.count("https://e/") == 3 and "https://css.vn" in made and "https://no.vn" in made
