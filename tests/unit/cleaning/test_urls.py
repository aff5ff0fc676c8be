from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import cleaned_url


@pytest.mark.parametrize(
    "written",
    [
        "https://shop.vn/ao-dai?size=M&color=red",
        "http://www.shop.vn/ao-dai/?color=red&size=M",
        "HTTPS://Shop.VN:443/ao-dai?size=M&color=red#reviews",
        "shop.vn/ao-dai?size=M&color=red",
        "//shop.vn/ao-dai?size=M&color=red",
        "https://shop.vn/ao-dai?utm_source=zalo&size=M&color=red&fbclid=abc",
        "https://shop.vn/ao-dai?size=M&amp;color=red&amp;utm_source=zalo",
        "https://shop.vn/ao-dai?size=M&color=red?utm_source=zalo",
        "https://shop.vn/ao-dai?size=M&color=red;utm_source=zalo;utm_medium=oa",
        "https://shop.vn/ao-dai?size=M&color=red&UTM-Source=zalo",
        "https://shop.vn/ao-dai?size=M&color=red&utm_source%3Dzalo%26utm_medium%3Dcpc",
        "https://shop.vn/ao-dai&utm_source=zalo?size=M&color=red",
        "https://shop.vn/ao-dai%3Futm_source%3Dzalo?size=M&color=red",
        "https://shop.vn/ao-dai?size=M&color=red#utm_source=zalo",
        "<https://shop.vn/ao-dai?size=M&color=red>\u200b",
        "https://lan:secret@shop.vn/ao-dai?size=M&color=red",
    ],
)
def test_one_page_however_it_is_reached(written: str) -> None:
    cleaned = cleaned_url(written)
    assert (cleaned.given, cleaned.key) == (written, "shop.vn/ao-dai?color=red&size=M")
    assert cleaned.part("host") in ("shop.vn", "www.shop.vn")


@pytest.mark.parametrize(
    ("written", "clean", "done"),
    [
        ("https://shop.vn/a?b=1#c", "https://shop.vn/a?b=1#c", ()),
        ("https://shop.vn", "https://shop.vn/", ("tidied",)),
        ("shop.vn/a", "https://shop.vn/a", ("scheme_added",)),
        ("shop.vn:8080/a", "https://shop.vn:8080/a", ("scheme_added",)),
        ("https://lan:secret@shop.vn/", "https://shop.vn/", ("sign_in_dropped",)),
        ("https://shop.vn/?a=1&amp;b=2", "https://shop.vn/?a=1&b=2", ("ampersands",)),
        ("https://shop.vn/?a=1?utm_source=x", "https://shop.vn/?a=1&utm_source=x", ("question_marks",)),
        ("https://shop.vn/áo dài", "https://shop.vn/%C3%A1o%20d%C3%A0i", ("tidied",)),
        ("https://áo.vn/", f"https://{'áo.vn'.encode('idna').decode()}/", ("tidied",)),
    ],
)
def test_what_was_done(written: str, clean: str, done: tuple[str, ...]) -> None:
    cleaned = cleaned_url(written)
    assert (cleaned.clean, cleaned.done) == (clean, done)


def test_campaign_marks() -> None:
    cleaned = cleaned_url(
        "https://shop.vn/?UTM_Source=Facebook&utm_medium=CPC&utm_campaign=T%E1%BA%BFt+2026&utm_term=&utm_other=1"
    )
    assert cleaned.parts == (
        ("host", "shop.vn"),
        ("utm_source", "facebook"),
        ("utm_medium", "cpc"),
        ("utm_campaign", "Tết 2026"),
    )
    assert cleaned.key == "shop.vn"
    twice = cleaned_url("https://shop.vn/?utm_source=a&utm_source=b")
    assert (twice.part("utm_source"), twice.hints) == ("a", ("utm_twice",))


@pytest.mark.parametrize(
    "written",
    [
        "https://shop.vn/a?utm_source=Zalo&utm_medium=OA&utm_campaign=Tết",
        "https://shop.vn/a?UTM_SOURCE=zalo&utm-medium=oa&utm_campaign=T%E1%BA%BFt",
        "https://shop.vn/a?utm_source=zalo?utm_medium=oa?utm_campaign=Tết",
        "https://shop.vn/a?utm_source=zalo&amp;utm_medium=oa&amp;amp;utm_campaign=Tết",
        "https://shop.vn/a?utm_source=zalo;utm_medium=oa;utm_campaign=Tết",
        "https://shop.vn/a&utm_source=zalo&utm_medium=oa&utm_campaign=Tết",
        "https://shop.vn/a%3Futm_source%3Dzalo%26utm_medium%3Doa%26utm_campaign%3DT%E1%BA%BFt",
        "https://shop.vn/a?utm_source%3Dzalo%26utm_medium%3Doa%26utm_campaign%3DT%E1%BA%BFt",
        "https://shop.vn/a#utm_source=zalo&utm_medium=oa&utm_campaign=Tết",
        "https://shop.vn/a?utm_source=zalo#/cart?utm_medium=oa&utm_campaign=Tết",
        "https://shop.vn/a?utm_source= zalo &utm_medium=oa&utm_campaign=Tết ",
    ],
)
def test_campaign_marks_of_messy_links(written: str) -> None:
    cleaned = cleaned_url(written)
    marks = {name: value for name, value in cleaned.parts if name.startswith("utm_")}
    assert marks == {"utm_source": "zalo", "utm_medium": "oa", "utm_campaign": "Tết"}
    assert cleaned.key is not None and cleaned.key.removesuffix("#/cart") == "shop.vn/a"


def test_click_ids_are_kept_apart() -> None:
    cleaned = cleaned_url("https://shop.vn/a?fbclid=AbC&b=1&gclid=xYz")
    assert cleaned.parts == (("host", "shop.vn"), ("fbclid", "AbC"), ("gclid", "xYz"))
    assert cleaned.key == "shop.vn/a?b=1"
    assert cleaned.clean == "https://shop.vn/a?fbclid=AbC&b=1&gclid=xYz"


def test_a_route_is_part_of_the_page_and_an_anchor_is_not() -> None:
    assert cleaned_url("https://shop.vn/#/cart").key == "shop.vn#/cart"
    assert cleaned_url("https://shop.vn/#/cart?b=1&utm_source=x").key == "shop.vn#/cart?b=1"
    assert cleaned_url("https://shop.vn/#top").key == "shop.vn"


def test_personal_data_is_a_hint() -> None:
    assert cleaned_url("https://shop.vn/?email=lan%40x.vn").hints == ("personal_data",)
    assert cleaned_url("https://shop.vn/@lan").hints == ()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        (5.5, "not_a_url"),
        ([], "not_text"),
        ("x" * 8001, "too_long"),
        ("javascript:alert(1)", "other_scheme"),
        ("mailto:lan@x.vn", "other_scheme"),
        ("/ao-dai", "not_a_url"),
        ("không có", "not_a_url"),
        ("https://", "not_a_url"),
        ("https://shop.vn:99999/", "not_a_url"),
        ("https://[::1", "not_a_url"),
        ("https://-.vn/", "not_a_url"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_url(written)
    assert (cleaned.problem, cleaned.clean, cleaned.key) == (problem, None, None)


SIGNS = ["/", "?", "&", "&amp;", "utm_source=", "utm-id", "#", "%", "%C3", "á", " ", "=", "a", "@", ":", "+", ";"]
SIGNS += ["%3F", "%3D", "%26"]
REST = st.lists(st.sampled_from(SIGNS)).map("".join)


@given(st.text(max_size=60) | REST.map("shop.vn{}".format) | REST.map("http://x.vn/{}".format))
def test_what_came_is_kept_and_nothing_changes_twice(value: str) -> None:
    cleaned = cleaned_url(value)
    assert cleaned.given is value
    assert (cleaned.clean is None) == (cleaned.problem is not None)
    if cleaned.clean:
        again = cleaned_url(cleaned.clean)
        assert (again.clean, again.key, again.done) == (cleaned.clean, cleaned.key, ())
