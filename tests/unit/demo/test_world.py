"""The sample shop's year is believable, messy, and the same every time."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from quen.cleaning import clean_email, clean_phone
from quen.demo.behaviour import DAY_MS, Sent, a_day, plan_visits
from quen.demo.catalogue import BY_ID, PRODUCTS
from quen.demo.drawing import svg
from quen.demo.people import Person, make_people, truth

SEED, DAYS, END = 7, 90, 1_790_000_000_000


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return make_people(SEED, 400)


@pytest.fixture(scope="module")
def year(people: list[Person]) -> list[Sent]:
    visits = plan_visits(SEED, people, DAYS)
    return [sent for day in range(DAYS) for sent in a_day(SEED, people, visits[day], day, END, DAYS)]


def test_the_same_seed_makes_the_same_year(people: list[Person], year: list[Sent]) -> None:
    again = make_people(SEED, 400)
    assert again == people
    visits = plan_visits(SEED, again, DAYS)
    assert [sent for day in range(DAYS) for sent in a_day(SEED, again, visits[day], day, END, DAYS)] == year
    assert make_people(SEED + 1, 400) != people


def test_nothing_happens_twice_or_in_the_future(year: list[Sent]) -> None:
    ids = Counter(sent.message["messageId"] for sent in year)
    assert max(ids.values()) == 1
    assert all(END - (DAYS + 7) * DAY_MS < sent.time < END for sent in year)


def test_it_comes_from_everywhere(year: list[Sent]) -> None:
    assert {sent.source for sent in year} == {"web", "app", "pos", "zalo"}
    events = {sent.message.get("event") for sent in year}
    assert {
        "Product Viewed",
        "Product Added",
        "Checkout Started",
        "Order Completed",
        "Signed Up",
        "OA Followed",
    } <= events


def test_orders_add_up(year: list[Sent]) -> None:
    for sent in year:
        if sent.message.get("event") == "Order Completed":
            properties = sent.message["properties"]
            lines = sum(line["price"] * line["quantity"] for line in properties["products"])
            assert properties["revenue"] == lines - properties["discount"]
            assert properties["total"] == properties["revenue"] + properties["shipping"]


def test_the_mess_of_real_life(people: list[Person]) -> None:
    typed = [person.pos_phone for person in people if person.pos_phone]
    assert any(re.fullmatch(r"01\d{9}", phone) for phone in typed)  # eleven digits, from before 2018
    assert any(not phone.startswith(("0", "+")) for phone in typed)  # without its zero
    true = {person.number: clean_phone(person.phone) for person in people}
    assert any(clean_phone(p.pos_phone) not in (None, true[p.number]) for p in people)  # somebody else's telephone
    wrong = [phone for phone in typed if not clean_phone(phone)]  # a digit is missing
    assert 0 < len(wrong) < len(typed) / 20
    assert any(len(person.accounts) > 1 for person in people)
    assert any(person.pos_name != person.name for person in people)


def test_no_address_of_the_shop_can_exist(people: list[Person]) -> None:
    for person in people:
        for account in person.accounts:
            assert clean_email(account.email)
            assert account.email.lower().endswith(".example")


def test_the_truth_names_every_identifier_once(people: list[Person]) -> None:
    rows = list(truth(people))
    assert len({(kind, value) for _, kind, value in rows}) == len(rows)
    assert {kind for _, kind, _ in rows} >= {
        "anonymous_id",
        "user_id",
        "email",
        "phone",
        "customer_code",
        "zalo_user_id",
    }


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_every_product_is_drawn(product: object) -> None:
    assert product in BY_ID.values()
    drawing = svg(product)  # type: ignore[arg-type]
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert "currentColor" not in drawing
    assert "var(" not in drawing
