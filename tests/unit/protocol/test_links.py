"""Nobody makes a link but Quen, and none works as another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quen.protocol import links

ids = st.integers(0, (1 << 63) - 1)
urls = st.text(max_size=300).map(lambda t: "https://shop.example/" + t).filter(lambda t: t.isprintable())


@given(secret=st.text(min_size=1), message_id=ids, url=urls)
def test_what_was_signed_is_read(secret: str, message_id: int, url: str) -> None:
    assert links.read_open(secret, links.sign_open(secret, message_id)) == message_id
    assert links.read_unsubscribe(secret, links.sign_unsubscribe(secret, message_id)) == message_id
    assert links.read_click(secret, links.sign_click(secret, message_id, url)) == (message_id, url)


@given(message_id=ids, url=urls)
def test_tokens_fit_into_an_address_and_are_the_same_every_time(message_id: int, url: str) -> None:
    token = links.sign_click("s", message_id, url)
    assert token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    assert token == links.sign_click("s", message_id, url)
    assert len(links.sign_open("s", message_id)) == 27


@given(message_id=ids)
def test_a_token_of_one_kind_is_nothing_as_another(message_id: int) -> None:
    opened = links.sign_open("s", message_id)
    assert links.read_unsubscribe("s", opened) is None
    assert links.read_click("s", opened) is None
    assert links.read_open("s", links.sign_unsubscribe("s", message_id)) is None


@given(message_id=ids, url=urls, data=st.data())
def test_a_changed_token_is_refused(message_id: int, url: str, data: st.DataObject) -> None:
    token = links.sign_click("s", message_id, url)
    # The last character may hold bits that say nothing.
    place = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.sampled_from("ABab01-_").filter(lambda c: c != token[place]))
    assert links.read_click("s", token[:place] + other + token[place + 1 :]) is None
    assert links.read_click("other secret", token) is None


@given(st.text())
def test_garbage_is_refused_quietly(token: str) -> None:
    assert links.read_open("s", token) is None
    assert links.read_click("s", token) is None
    assert links.read_unsubscribe("s", token) is None
