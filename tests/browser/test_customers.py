"""Customers in a real browser: finding a person, reading their history, correcting a trait."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect

from tests.support import Quen, eventually, unique, unique_phone

if TYPE_CHECKING:
    from playwright.sync_api import Page


def known(quen: Quen, *messages: dict[str, object]) -> tuple[str, str, dict[str, object]]:
    """Someone new: (name, phone as typed, profile)."""
    mark = unique(9)
    name, phone = f"Nguyễn Thị {mark.title()}", unique_phone().replace("+84", "0")
    traits = {"name": name, "phone": phone, "email": f"{mark}@example.com", "city": "Huế"}
    quen.send({"type": "identify", "userId": mark, "traits": traits}, *({**m, "userId": mark} for m in messages))
    return name, phone, quen.profile(f"user_id:{mark}")


def test_a_phone_in_a_messy_form_finds_the_person(quen: Quen, page: Page) -> None:
    name, phone, profile = known(quen)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(f" (+84) {phone[1:4]}.{phone[4:7]} - {phone[7:]}")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=name).click()
    page.wait_for_url(f"**/customers/{profile['id']}")
    expect(page.locator("h1")).to_have_text(name)
    assert not page.complaints  # type: ignore[attr-defined]


def test_the_list_searches_as_one_types_and_filters(quen: Quen, page: Page) -> None:
    name, _phone, _profile = known(quen)
    quen.send({"type": "page", "anonymousId": f"visitor-{uuid4().hex}"})
    page.goto("/customers")
    page.locator("#people-search").press_sequentially(name.split()[-1].lower())
    expect(page.locator("#people tbody tr")).to_have_count(1)
    expect(page.locator("#people")).to_contain_text(name)
    expect(page).to_have_url(re.compile("q="))
    page.goto("/customers")
    page.locator("select[name=kind]").select_option("anonymous")
    page.wait_for_url(re.compile("kind=anonymous"))
    expect(page.locator("#people")).not_to_contain_text(name)


def test_the_timeline_loads_on_scroll_and_grows_by_itself(quen: Quen, page: Page) -> None:
    viewed = [
        {"type": "track", "event": "Product Viewed", "properties": {"name": f"Áo số {n}", "price": 1000 * n}}
        for n in range(120)
    ]
    _name, _phone, profile = known(quen, *viewed)

    def stored() -> int:
        """At least what was sent: she may enter other tests' segments too."""
        return len(quen.api().get(f"profiles/{profile['id']}/events?limit=200").json()["items"])

    quen.settle()
    assert stored() >= 121
    page.goto(f"/customers/{profile['id']}")
    events = page.locator(".q-event")
    expect(events).to_have_count(50)

    def scrolled() -> bool:
        page.mouse.wheel(0, 4000)
        return events.count() == stored()

    assert eventually(scrolled)
    assert len(set(events.locator("strong").all_inner_texts())) >= 120
    assert page.locator(".q-day-label").count() == 1  # one day, although it came in three pieces
    page.evaluate("scrollTo(0, 0)")
    quen.send({"type": "track", "event": "Quiz Taken", "userId": next(
        i["value"] for i in profile["identifiers"] if i["type"] == "user_id"  # type: ignore[attr-defined]
    )})  # fmt: skip
    page.get_by_text("Quiz Taken").first.wait_for()
    eventually(lambda: events.count() == stored() > 121)
    # One kind only.
    page.reload()
    page.locator(".q-pill", has_text="Khác").click()
    page.wait_for_url(re.compile("kind=other"))
    page.get_by_text("Quiz Taken").first.wait_for()
    expect(page.locator("#timeline, main").first).not_to_contain_text("Áo số")
    # The raw properties are one click away.
    page.goto(f"/customers/{profile['id']}?kind=browsing")
    events.first.locator("summary").click()
    expect(events.first.locator("pre")).to_contain_text('"name": "Áo số')
    assert not page.complaints  # type: ignore[attr-defined]


def test_orders_identity_and_segments_have_their_tabs(quen: Quen, phone_page: Page) -> None:
    page = phone_page
    products = [{"name": "Khăn lụa", "quantity": 2, "price": 150_000}]
    order = {"order_id": "DH-1", "total": 300_000, "products": products}
    name, _phone, profile = known(quen, {"type": "track", "event": "Order Completed", "properties": order})
    assert profile["computed"]["order_count"] == 1  # type: ignore[index]
    page.goto(f"/customers/{profile['id']}/orders")
    page.get_by_text("#DH-1").click()
    expect(page.get_by_role("cell", name="Khăn lụa")).to_be_visible()
    expect(page.locator(".q-facts")).to_contain_text("300.000")
    page.goto(f"/customers/{profile['id']}/identity")
    expect(page.locator(".q-idnode")).to_have_count(3)
    expect(page.locator(".q-events .q-event").nth(2)).to_be_visible()
    for tab in ("messages", "journeys", "segments", "traits"):
        page.goto(f"/customers/{profile['id']}/{tab}")
        expect(page.locator("h1")).to_have_text(name)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{tab} is {wide} px wider than the phone"
    assert not page.complaints  # type: ignore[attr-defined]


def test_a_trait_is_corrected_through_the_journal(quen: Quen, page: Page) -> None:
    _name, phone, profile = known(quen)
    other = known(quen)[1]
    page.goto(f"/customers/{profile['id']}/traits?edit=city")
    page.locator("#trait-value").fill("Đà Lạt")
    page.locator(".q-trait-form button[type=submit]").click()
    page.get_by_role("cell", name="Đà Lạt").wait_for()
    assert quen.profile(str(profile["id"]))["traits"]["city"] == "Đà Lạt"
    # A phone that is someone else's is refused beside the field, and what was typed stays.
    page.goto(f"/customers/{profile['id']}/traits?edit=phone")
    expect(page.locator("#trait-value")).to_have_value(f"+84{phone[1:]}")
    page.locator("#trait-value").fill(other)
    page.locator(".q-trait-form button[type=submit]").click()
    page.locator("#trait-value-error").wait_for()
    expect(page.locator("#trait-value")).to_have_value(other)
    # Deleting asks once.
    page.goto(f"/customers/{profile['id']}/traits")
    page.get_by_role("button", name="Xóa city").click()
    page.locator("#q-confirm-yes").click()
    eventually(lambda: "city" not in quen.profile(str(profile["id"]))["traits"])


def test_a_profile_that_went_into_another_leads_there(quen: Quen, page: Page) -> None:
    name, _phone, profile = known(quen)
    user = next(i["value"] for i in profile["identifiers"] if i["type"] == "user_id")  # type: ignore[attr-defined]
    quen.send({"type": "page", "anonymousId": f"tab-{user}"})
    visitor = quen.profile(f"anonymous_id:tab-{user}")
    quen.send({"type": "identify", "anonymousId": f"tab-{user}", "userId": user})
    quen.settle()
    page.goto(f"/customers/{visitor['id']}/identity")
    expect(page).to_have_url(re.compile(f"/customers/{profile['id']}/identity$"))
    expect(page.locator("h1")).to_have_text(name)


def test_names_are_text_whatever_they_hold(quen: Quen, page: Page) -> None:
    mark = unique(9)
    evil = f"<img src=x onerror=alert(1)>{mark} {{{{ 7*7 }}}}"
    properties = {"name": evil, "x": "</script><script>alert(1)</script>"}
    quen.send(
        {"type": "identify", "userId": mark, "traits": {"name": evil, evil: evil}},
        {"type": "track", "userId": mark, "event": evil, "properties": properties},
    )
    profile = quen.profile(f"user_id:{mark}")
    assert profile["traits"]["name"] == evil  # no cleaner touches what is no name
    assert evil in profile["traits"]
    for path in ("", "/traits", "/identity"):
        page.goto(f"/customers/{profile['id']}{path}")
        assert page.locator("h1").inner_text() == evil
        assert page.locator("img[src=x]").count() == 0
    assert not page.complaints  # type: ignore[attr-defined]
