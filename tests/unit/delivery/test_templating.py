"""From template and person to an e-mail: whatever people are called, the letter stays what its author wrote."""

from __future__ import annotations

import html as html_module
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.delivery.channels import Letter
from quen.delivery.channels.email.mime import sender_address, to_bytes
from quen.delivery.errors import TemplateError
from quen.delivery.rendering import Person, render, unsubscribe_url, webhook_body
from quen.delivery.templating import Content, Rendered, RenderWarning, Setting
from quen.protocol.links import read_click, read_open, read_unsubscribe

SETTING = Setting(ZoneInfo("Asia/Ho_Chi_Minh"), "vi", "Tiệm <Mộc>", "https://e.example", "secret")
BODY = """<mjml lang="vi">
<mj-head><mj-title>{{ person.name }}</mj-title><mj-preview>{{ person.name }}</mj-preview></mj-head>
<mj-body background-color="{{ person.color }}">
<mj-section background-url="{{ person.picture }}"><mj-column>
<mj-text css-class="{{ person.name }}">Chào {{ person.name }}!</mj-text>
{% for p in event.properties.products %}<mj-text>{{ p.name }}: {{ p.price | vnd }}</mj-text>{% endfor %}
<mj-image src="{{ person.picture }}" alt="{{ person.name }}" />
<mj-button href="https://shop.vn/gio?a=1&amp;b=2">Giỏ hàng</mj-button>
<mj-text><a href="{{ unsubscribe_url }}">Thôi</a></mj-text>
</mj-column></mj-section>
</mj-body></mjml>"""
NASTY = st.text() | st.sampled_from(
    [
        "{{ person.id }}{% for i in (1..9) %}",
        '"><script>alert(1)</script>',
        "</mj-text><mj-include path='/etc/passwd' />",
        "--><script>x</script><!--",
        "</title></style><script>x</script>",
        "Lan\r\nBcc: all@example.com\r\n\r\nboo",
        "Lan\x0b\x0c\x1c\x85\u2028\u2029\u202eevil",
        "\x00\ufffe",
    ]
)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def make(
    person: dict[str, Any], event: dict[str, Any] | None = None, *, id: int | None = 7, **content: str
) -> Rendered:
    template = Content(content.get("subject", "Chào {{ person.name }}"), content.get("body", BODY))
    return render(template, Person(42, person), event, SETTING, message_id=id)


PLAIN = make({"name": "Lan", "color": "red", "picture": "https://a.vn/b.png"}, {"properties": {"products": [{}]}})


@given(NASTY, NASTY, NASTY)
def test_names_never_change_the_letter(name: str, color: str, product: str) -> None:
    event = {"event": "Cart Updated", "properties": {"products": [{"name": product, "price": product}]}}
    made = make({"name": name, "color": color, "picture": name}, event)
    assert Tags(made.html).found == Tags(PLAIN.html).found
    assert Tags(made.html).handlers == []
    assert "\n" not in made.subject and "\r" not in made.subject
    letter = Letter(7, "9", "lan@example.com", made.subject, made.html, made.text, unsubscribe_url(SETTING, 7))
    head = to_bytes(letter, sender_address("Tiệm <hi@shop.vn>")).split(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head and head.count(b"\r\nSubject:") == 1


def test_the_letter_reads_as_written() -> None:
    event = {"properties": {"products": [{"name": "Áo <dài>", "price": 350000}]}}
    made = make({"name": "Lan & Hòa", "color": "#fff", "picture": "https://a.vn/b.png"}, event)
    assert made.subject == "Chào Lan & Hòa"
    assert "Chào Lan &amp; Hòa!" in made.html
    assert made.text.splitlines()[0] == "Chào Lan & Hòa!"
    assert "Áo <dài>: 350.000\xa0₫" in made.text.replace("350.000 ₫", "350.000\xa0₫")
    assert "Giỏ hàng (https://shop.vn/gio?a=1&b=2)" in made.text
    assert made.warnings == []


def test_links_are_followed_and_lead_where_they_led() -> None:
    made = make({"name": "Lan"})
    links = [part.split('"')[0] for part in made.html.split('href="')[1:]]
    clicks = [read_click("secret", link.rpartition("/")[2]) for link in links if "/c/" in link]
    assert clicks == [(7, "https://shop.vn/gio?a=1&b=2")]
    assert [read_unsubscribe("secret", link.rpartition("/")[2]) for link in links if "/u/" in link] == [7]
    pixel = made.html.split("https://e.example/o/")[1].split('"')[0]
    assert read_open("secret", pixel) == 7
    assert made.html.index("/o/") > made.html.rindex("</div>")


def test_a_preview_follows_nothing() -> None:
    made = make({"name": "Lan"}, id=None)
    assert "https://e.example" not in made.html
    assert "https://shop.vn/gio" in made.html


def test_dangerous_links_are_disarmed() -> None:
    body = BODY.replace("https://shop.vn/gio?a=1&amp;b=2", "{{ person.site }}")
    for site in (
        "javascript:alert(1)",
        " JaVa\tScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
    ):
        made = make({"name": "Lan", "site": site}, body=body)
        assert site not in html_module.unescape(made.html)
        assert [w.code for w in made.warnings if w.code == "link"] == ["link"]


def test_the_way_out_is_added_where_it_is_missing() -> None:
    body = BODY.replace('<mj-text><a href="{{ unsubscribe_url }}">Thôi</a></mj-text>', "")
    made = make({"name": "Lan", "color": "", "picture": ""}, {"properties": {"products": []}}, body=body)
    assert made.warnings == [RenderWarning("footer")]
    assert "Tiệm &lt;Mộc&gt;" in made.html and "Hủy đăng ký nhận thư" in made.html
    assert unsubscribe_url(SETTING, 7) in made.html and unsubscribe_url(SETTING, 7) in made.text


def test_missing_names_are_warned_of_with_place_and_line() -> None:
    made = make({"color": "", "picture": ""}, {"properties": {"products": []}}, subject="{{ person.nick }}")
    assert made.subject == ""
    assert RenderWarning("undefined", "person.nick", 1, "subject") in made.warnings
    assert RenderWarning("no_subject", place="subject") in made.warnings
    assert RenderWarning("undefined", "person.name", 2) in made.warnings


def test_json_of_webhooks() -> None:
    event = {"event": "Order Completed", "time": 1, "properties": {"total": 5}}
    person = Person(42, {"name": 'Lan"\\'}, [("email", "lan@example.com")])
    made = webhook_body(
        '{"n": "{{ person.name }}", "t": {{ event.properties.total }}}', person, event, SETTING, about={}, created_at=0
    )
    assert made == b'{"n":"Lan\\"\\\\","t":5}'
    whole = webhook_body("", person, event, SETTING, about={"run_id": "3"}, created_at=0)
    assert b'"profile":{"id":"42"' in whole and b'"run_id":"3"' in whole and b'"1970-01-01T00:00:00.000Z"' in whole
    with pytest.raises(TemplateError, match="not JSON"):
        webhook_body('{"n": {{ person.name }}}', person, event, SETTING, about={}, created_at=0)
