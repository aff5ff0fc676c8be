"""Somebody who writes no code builds a segment, sees who matches while building, and finds the members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support import Quen, eventually, unique

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytest.importorskip("playwright.sync_api")


class Shop:
    """Customers of an event name of their own: two who bought twice for enough, and others."""

    def __init__(self, quen: Quen) -> None:
        self.tag = unique(6)
        self.event = f"Order Completed {self.tag}"
        self.quen = quen
        orders = {"lan": [600_000, 700_000], "minh": [900_000, 800_000, 100_000], "hoa": [600_000, 400_000], "tuan": []}
        messages: list[dict[str, Any]] = []
        for name, totals in orders.items():
            user = f"{name}-{self.tag}"
            traits = {"name": f"{name.title()} {self.tag}", "tier": f"gold-{self.tag}" if totals else "none"}
            messages.append({"type": "identify", "userId": user, "traits": traits})
            for total in totals:
                message = {"type": "track", "userId": user, "event": self.event, "properties": {"total": total}}
                messages.append(message)
        quen.send(*messages)
        quen.settle()


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_build_see_the_count_save_see_the_members(page: Page, shop: Shop) -> None:
    name = f"Khách mua nhiều {shop.tag}"
    page.goto("/segments/new")
    page.get_by_label("Tên", exact=True).fill(name)
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.get_by_label("Sự kiện", exact=True).nth(1).fill(shop.event)
    page.get_by_label("Giá trị").fill("2")
    page.get_by_role("button", name="Thêm bộ lọc").click()
    page.get_by_label("Thuộc tính").fill("total")
    page.get_by_label("Phép so sánh").nth(1).select_option(label="trên")
    page.get_by_label("Giá trị").nth(1).fill("500.000")
    rail = page.locator("#s-rail")
    rail.locator("[data-count='2']").wait_for()
    expect(page.locator("#s-sentence")).to_have_text(
        f"Đã {shop.event} ít nhất 2 lần trong 30 ngày qua, với total trên 500.000."
    )
    expect(rail).to_contain_text("Lan")
    page.get_by_role("button", name="Tạo phân khúc").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    page.get_by_role("link", name=f"Minh {shop.tag}").wait_for()
    expect(page.locator("main tbody tr")).to_have_count(2)
    expect(page.locator(".s-count")).to_have_text("2")
    # A third one enters by buying once more, and the page of the list says so by itself.
    page.goto("/segments")
    row = page.locator("tr", has_text=name)
    expect(row.locator("td").nth(1)).to_contain_text("2")
    order = {"type": "track", "userId": f"hoa-{shop.tag}", "event": shop.event, "properties": {"total": 999_999}}
    shop.quen.send(order)
    page.locator(f"tr:has-text('{name}') td:nth-child(2):text-is('3')").wait_for()
    row.get_by_role("link", name=name).click()
    page.get_by_role("link", name=f"Hoa {shop.tag}").click()
    page.wait_for_url(re.compile(r"/customers/\d+"))


def test_a_list_that_renews_itself_does_not_take_a_click_away(page: Page, shop: Shop) -> None:
    made = shop.quen.api().post("segments", json={"name": f"Bấm {shop.tag}", "rule": {"event": shop.event}}).json()
    page.goto("/segments")
    link = page.get_by_role("link", name=f"Bấm {shop.tag}")
    link.hover()
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        pass  # the next one is as far away as can be
    page.evaluate("document.querySelector('#s-rows').dataset.before = '1'")

    def press_while_it_comes(route: Route) -> None:
        page.mouse.down()
        route.continue_()

    page.route("**/segments", press_while_it_comes)
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true") as coming:
        pass
    coming.value.finished()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.unroute("**/segments")
    page.mouse.up()
    page.wait_for_url(f"**/segments/{made['id']}")
    # Nobody presses any more: it goes on renewing itself.
    page.goto("/segments")
    page.evaluate("document.querySelector('#s-rows').dataset.before = '1'")
    page.locator("#s-rows:not([data-before])").wait_for(state="attached")


def test_groups_by_keyboard_and_problems_beside_the_field(page: Page, shop: Shop) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ là ai").press("Enter")
    page.keyboard.type("tier")
    page.keyboard.press("Tab")
    page.get_by_label("Phép so sánh").select_option(label="khớp với mẫu")
    page.get_by_label("Giá trị").fill("(gold")
    problem = page.locator(".s-row .s-problem")
    problem.wait_for()
    expect(problem).to_contain_text("RE2")
    expect(page.get_by_label("Giá trị")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Giá trị").fill(f"^gold-{shop.tag}$")
    page.locator("#s-rail [data-count='3']").wait_for()
    expect(page.locator(".s-problem")).to_have_count(0)
    page.get_by_role("button", name="Nhóm").press("Enter")
    page.keyboard.type(shop.event)
    page.get_by_label("khớp", exact=True).select_option(label="không điều nào")
    page.locator("#s-rail [data-count='0']").wait_for()
    page.get_by_role("button", name="Bỏ").last.click()
    page.get_by_role("button", name="Tạo phân khúc").click()
    page.get_by_text("Hãy đặt tên cho phân khúc").wait_for()
    # What was built is still there.
    page.locator("#s-builder, .s-builder").get_by_label("Thông tin khách").wait_for()
    expect(page.get_by_label("Thông tin khách")).to_have_value("tier")


def test_json_for_those_who_prefer_it(page: Page, shop: Shop) -> None:
    page.goto("/segments/new")
    toggle = page.get_by_role("button", name="Dạng JSON")
    page.locator(".s-builder").wait_for()
    toggle.click()
    area = page.locator("#s-rule")
    area.fill(f'{{"all": [{{"event": "{shop.event}", "count": {{"op": "gte", "value": 2}}}}')
    page.locator("#s-rule.is-invalid").wait_for()
    area.fill(f'{{"event": "{shop.event}", "count": {{"op": "gte", "value": 2}}}}')
    page.locator("#s-rail [data-count='3']").wait_for()
    toggle.click()
    expect(page.get_by_label("Sự kiện", exact=True).nth(1)).to_have_value(shop.event)
    toggle.click()
    expect(area).to_have_value(re.compile('"all"'))


def test_on_a_phone_nothing_is_wider_than_the_screen(phone_page: Page, shop: Shop) -> None:
    for address in ("/segments", "/segments/new?recipe=good-customers", "/segments/new?recipe=one-purchase"):
        phone_page.goto(address)
        if "new" in address:
            phone_page.locator(".s-row").first.wait_for()
        width = phone_page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, address


def test_archive_asks_once_and_can_be_undone(page: Page, shop: Shop) -> None:
    api = shop.quen.api()
    name = f"Để lưu trữ {shop.tag}"
    segment = api.post("/segments", json={"name": name, "rule": {"event": shop.event}}).json()
    eventually(lambda: api.get(f"/segments/{segment['id']}").json()["status"] == "live")
    page.goto(f"/segments/{segment['id']}")
    page.get_by_role("button", name="Lưu trữ").click()
    page.locator("#q-confirm-yes").click()
    page.wait_for_url(re.compile(r"/segments$"))
    expect(page.locator("tbody tr", has_text=name)).to_have_count(0)
    page.goto("/segments?status=archived")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Khôi phục").click()
    eventually(lambda: api.get(f"/segments/{segment['id']}").json()["count"] == 3)


def test_what_others_use_is_neither_paused_nor_archived_and_says_who_uses_it(page: Page, shop: Shop) -> None:
    api = shop.quen.api()
    inner = api.post("/segments", json={"name": f"Inner {shop.tag}", "rule": {"event": shop.event}}).json()["id"]
    outer = f"Outer {shop.tag}"
    api.post("/segments", json={"name": outer, "rule": {"not": {"segment": inner}}})
    page.goto(f"/segments/{inner}")
    for button, advice in (("Tạm dừng", "hãy tạm dừng"), ("Lưu trữ", "hãy sửa")):
        page.get_by_role("button", name=button).click()
        page.locator("#q-confirm-yes").click()
        expect(page.get_by_text(f"Phân khúc đang được dùng bởi “{outer}”: {advice}")).to_be_visible()
        assert page.url.endswith(f"/segments/{inner}")


def test_an_earlier_version_is_opened_and_made_the_rule_again(page: Page, shop: Shop) -> None:
    api = shop.quen.api()
    rules = [{"event": shop.event}, {"event": shop.event, "count": {"op": "gte", "value": 2}}]
    first = api.post("/segments", json={"name": f"Versions {shop.tag}", "rule": rules[0]}).json()
    made = first["id"]
    api.patch(f"/segments/{made}", json={"rule": rules[1]})
    page.goto(f"/segments/{made}/history")
    versions = page.locator("section", has_text="Các phiên bản").locator(".list-group-item")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text(f"Đã {shop.event} ít nhất 2 lần")
    expect(versions.first.get_by_role("link")).to_have_count(0)
    versions.last.get_by_role("link", name="Mở để sửa").click()
    expect(page.get_by_text("Đây là điều kiện của phiên bản 1.")).to_be_visible()
    page.locator(".s-row").first.wait_for()
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url(re.compile(rf"/segments/{made}$"))
    now = api.get(f"/segments/{made}").json()
    # What stands alone is a group of one in the builder.
    assert (now["version"], now["rule"]) == (3, {"all": [first["rule"]]})
