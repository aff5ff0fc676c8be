"""Identity in a real browser: the graph and why, splitting off and undoing, claims, what is set aside, the types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.support import Quen, eventually, unique, unique_phone

if TYPE_CHECKING:
    from playwright.sync_api import Page


def family(quen: Quen) -> dict[str, str]:
    """Lan, to whom a cashier tied her brother's phone and loyalty card."""
    mark = unique(9)
    user, phone, card = f"u-{mark}", unique_phone(), f"MAY-{mark}"
    quen.send(
        {"type": "identify", "userId": user, "traits": {"name": f"Lan {mark}", "email": f"{mark}@example.com"}},
        {"type": "identify", "userId": user, "traits": {"phone": phone}},
        {
            "type": "track",
            "event": "Card Used",
            "context": {"traits": {"phone": phone}, "externalIds": [{"type": "loyalty_card", "id": card}]},
        },
        {
            "type": "identify",
            "traits": {"phone": phone},
            "context": {"externalIds": [{"type": "loyalty_card", "id": card}]},
        },
    )
    quen.settle()
    assert len(quen.profile(f"user_id:{user}")["identifiers"]) == 4
    return {"user": user, "phone": phone, "card": card, "id": quen.profile(f"user_id:{user}")["id"], "mark": mark}


def values(quen: Quen, key: str) -> set[str]:
    return {each["value"] for each in quen.profile(key)["identifiers"]}


def silent(page: Page) -> None:
    assert not page.complaints  # type: ignore[attr-defined]


def no_wider(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def test_the_graph_answers_why(quen: Quen, page: Page) -> None:
    one = family(quen)
    page.goto(f"/customers/{one['id']}/identity")
    expect(page.locator(".q-idnode:visible")).to_have_count(4)
    # By keyboard: the first of two, then the second.
    page.locator(".q-idnode:visible", has_text=f"{one['mark']}@example.com").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**left=**")
    page.locator(".q-idnode:visible", has_text=one["card"]).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**right=**")
    page.locator(".q-chain-id").first.wait_for()
    chain = page.locator(".q-chain-id").all_inner_texts()
    assert [text.split()[-1] for text in chain] in (
        [f"{one['mark']}@example.com", one["user"], one["phone"], one["card"]],
        [f"{one['mark']}@example.com", one["user"], one["card"]],
    )
    expect(page.locator(".q-idnode.q-marked:visible")).to_have_count(len(chain))
    no_wider(page)
    silent(page)


def test_identifiers_are_split_off_and_it_is_undone(quen: Quen, page: Page) -> None:
    one = family(quen)
    page.goto(f"/customers/{one['id']}/identity")
    split = page.locator("#identifiers button", has_text="Tách ra")
    expect(split).to_be_disabled()
    for value in (one["phone"], one["card"]):
        page.locator(".q-ids label", has_text=value).click()
    split.click()
    sides = page.locator(".q-side")
    sides.nth(1).wait_for()
    assert one["user"] in sides.nth(0).inner_text() and one["phone"] not in sides.nth(0).inner_text()
    assert one["phone"] in sides.nth(1).inner_text() and one["card"] in sides.nth(1).inner_text()
    page.locator("#note").fill("Của anh trai")
    page.get_by_role("button", name="Tách ra").click()
    page.wait_for_url("**/identity/orders/*")
    page.get_by_role("button", name="Hoàn tác").wait_for()
    assert values(quen, f"user_id:{one['user']}") == {one["user"], f"{one['mark']}@example.com"}
    assert values(quen, f"phone:{one['phone']}") == {one["phone"], one["card"]}
    page.goto(f"/customers/{one['id']}/identity")
    assert page.locator(".q-log-entry q", has_text="Của anh trai").count() >= 1
    page.go_back()
    page.get_by_role("button", name="Hoàn tác").click()
    page.get_by_role("heading", name="Hai người đã là một").wait_for()
    assert len(values(quen, f"user_id:{one['user']}")) == 4
    silent(page)


def test_an_entry_of_the_log_is_taken_back(quen: Quen, page: Page) -> None:
    one = family(quen)
    page.goto(f"/customers/{one['id']}/identity")
    entry = page.locator(".q-log-entry", has_text=f"{one['mark']}@example.com").filter(has=page.locator("a.btn"))
    entry.first.get_by_role("link", name="Gỡ").click()
    page.locator(".q-side").nth(1).wait_for()
    page.locator(".q-act form button.btn-primary").click()
    page.get_by_role("heading", name="Giờ họ là những người riêng").wait_for()
    assert values(quen, f"email:{one['mark']}@example.com") == {f"{one['mark']}@example.com"}
    silent(page)


def test_an_identifier_moves_and_people_merge(quen: Quen, page: Page) -> None:
    one, other = family(quen), family(quen)
    page.goto(f"/customers/{one['id']}/identity")
    page.locator(".q-ids label", has_text=one["card"]).click()
    page.locator("#identifiers button", has_text="Chuyển sang người khác").click()
    page.locator("#target").fill(f"lan {other['mark']}")
    page.locator("#matches a", has_text=other["mark"]).click()
    page.wait_for_url(f"**to={other['id']}")
    page.locator(".q-act form button.btn-primary").click()
    page.get_by_role("heading", name="Đã chuyển").wait_for()
    moved = page.url
    assert one["card"] in values(quen, f"user_id:{other['user']}")
    page.get_by_role("button", name="Hoàn tác").click()
    page.wait_for_url(lambda url: url != moved)
    page.get_by_role("heading", name="Đã chuyển").wait_for()
    assert one["card"] in values(quen, f"user_id:{one['user']}")
    # Two accounts: refused unless somebody says that he knows.
    page.goto(f"/customers/{one['id']}/identity/merge?with={other['id']}")
    page.locator("input[name=two_accounts]").check()
    page.get_by_role("button", name="Hợp nhất").click()
    page.get_by_role("heading", name="Hai người đã là một").wait_for()
    assert other["user"] in values(quen, f"user_id:{one['user']}")
    page.get_by_role("button", name="Hoàn tác").click()
    page.get_by_role("heading", name="Giờ họ là những người riêng").wait_for()
    assert other["user"] not in values(quen, f"user_id:{one['user']}")
    silent(page)


def claim(quen: Quen) -> tuple[str, str]:
    mark = unique(9)
    email, phone = f"c.{mark}@example.com", unique_phone()
    quen.send({"type": "identify", "traits": {"email": email}}, {"type": "identify", "traits": {"phone": phone}})
    quen.profile(f"phone:{phone}")
    both: dict[str, Any] = {"type": "identify", "anonymousId": f"v-{mark}", "traits": {"email": email, "phone": phone}}
    quen.send(both, source=quen.source("browser"))
    eventually(lambda: phone in quen.api().get("claims", params={"limit": 200}).text)
    return email, phone


def test_claims_are_accepted_and_refused_by_key(quen: Quen, page: Page) -> None:
    claim(quen)
    email, phone = claim(quen)
    page.goto("/claims")
    expect(page.locator(".q-claim").first).to_contain_text(phone)
    badge = page.locator(".q-sidebar .nav-item.active .badge")
    before = int(badge.inner_text().split()[0])
    page.keyboard.press("a")
    page.locator("#q-confirm-yes").click()
    page.get_by_role("heading", name="Hai người đã là một").wait_for()
    assert quen.profile(f"email:{email}")["id"] == quen.profile(f"phone:{phone}")["id"]
    page.goto("/claims")
    expect(badge).to_have_text(re.compile(rf"^\s*{before - 1}\b"))
    refused = page.locator(".q-claim").first.locator("strong").last.inner_text().split()[-1]
    page.keyboard.press("r")
    page.locator("[data-toast]").first.wait_for()
    page.goto("/claims?status=refused")
    expect(page.locator(".q-claim").first).to_contain_text(refused)
    no_wider(page)
    silent(page)


def test_a_hub_is_blocked(quen: Quen, page: Page) -> None:
    mark = unique(9)
    hotline = unique_phone()
    for n in range(3):
        quen.send({"type": "identify", "userId": f"h{n}-{mark}", "traits": {"phone": hotline}})
    quen.settle()
    page.goto("/claims/set-aside")
    row = page.locator(".q-hub", has_text=hotline)
    row.get_by_role("button", name="Chặn").click()
    page.locator("#q-confirm-yes").click()
    page.wait_for_url("**/identity/orders/*")
    page.get_by_role("heading", name="Giờ họ là những người riêng").wait_for()
    assert values(quen, f"user_id:h0-{mark}") == {f"h0-{mark}"}
    page.goto("/claims/set-aside")
    expect(page.locator(".q-hub", has_text=hotline)).to_have_count(0)
    # Settings undo it.
    page.goto("/settings/identifier-types")
    phones = page.locator(".q-type", has=page.locator("code", has_text="phone"))
    phones.locator("summary").click()
    blocked = phones.locator("textarea[name$=blocked]")
    assert hotline in blocked.input_value()
    blocked.fill(blocked.input_value().replace(hotline, ""))
    page.get_by_role("button", name="Xem điều gì sẽ thay đổi").click()
    page.get_by_role("button", name="Lưu").click()
    page.locator("[data-toast]").first.wait_for()
    assert hotline not in quen.api().get("identity/types").text
    silent(page)


def test_a_type_is_added_with_a_preview(quen: Quen, page: Page) -> None:
    mark = unique(6)
    name, user = f"club_{mark}", f"u-{mark}"
    for value in ("c1", "c2"):
        each = {"type": name, "id": value, "scope": ""}
        quen.send({"type": "identify", "userId": user, "context": {"externalIds": [each]}})
    quen.settle()
    assert len(quen.profile(f"user_id:{user}")["identifiers"]) == 3
    page.goto("/settings/identifier-types")
    page.get_by_role("button", name="Thêm loại").click()
    added = page.locator(".q-type[open]")
    added.locator("input[name$=name]").fill("Thẻ VIP")
    added.locator("input[name$=priority]").fill("nhiều")
    page.get_by_role("button", name="Xem điều gì sẽ thay đổi").click()
    # What is wrong stands beside the field, and what was typed stays.
    page.locator(".q-type .invalid-feedback").nth(1).wait_for()
    expect(added.locator("input[name$=name]")).to_have_value("Thẻ VIP")
    added.locator("input[name$=name]").fill(name)
    added.locator("input[name$=priority]").fill("33")
    added.locator("input[type=radio][value=one]").check()
    page.get_by_role("button", name="Xem điều gì sẽ thay đổi").click()
    found = page.locator("#preview")
    found.wait_for()
    expect(found).to_contain_text("1 người có nhiều hơn một")
    found.locator("input[name=rebuild]").check()
    found.get_by_role("button", name="Lưu").click()
    eventually(lambda: len(quen.profile(f"user_id:{user}")["identifiers"]) == 2)
    page.goto("/settings/identifier-types")
    expect(page.locator(".list-group")).to_contain_text(name)
    # Taken away again.
    mine = page.locator(".q-type", has=page.locator(f"input[value={name}]"))
    mine.locator("summary").click()
    mine.locator("input[name$=remove]").check()
    page.get_by_role("button", name="Xem điều gì sẽ thay đổi").click()
    page.locator("#preview").get_by_role("button", name="Lưu").click()
    page.locator("[data-toast]").first.wait_for()
    assert name not in {each["name"] for each in quen.api().get("identity/types").json()["types"]}
    assert all("422" in line for line in page.complaints)  # type: ignore[attr-defined]


def test_the_pages_fit_a_phone(quen: Quen, phone_page: Page) -> None:
    one = family(quen)
    claim(quen)
    for path in (
        f"/customers/{one['id']}/identity",
        f"/customers/{one['id']}/identity/merge?q=lan",
        "/claims",
        "/claims/set-aside",
        "/settings/identifier-types",
    ):
        phone_page.goto(path)
        no_wider(phone_page)
    silent(phone_page)
