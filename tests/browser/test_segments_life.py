"""Somebody who writes no code follows the life of a segment, and keeps a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support import Quen, eventually, unique

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytest.importorskip("playwright.sync_api")


class Shop:
    """Four people, three of whom bought; two segments of them."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.api, self.tag = quen, quen.api(), unique(6)
        self.event = f"Bought {self.tag}"
        for place, name in enumerate(("Lan", "Minh", "Hoa", "Vy")):
            user = f"{name.lower()}-{self.tag}"
            quen.send({"type": "identify", "userId": user, "traits": {"name": f"{name} {self.tag}"}})
            buy = {"type": "track", "userId": user, "event": self.event, "properties": {"total": 100}}
            quen.send(*(buy for _ in range(place)))
        ever = {"event": self.event}
        quen.settle()
        self.all = self.make("Đã mua", ever)
        self.often = self.make("Mua nhiều", {**ever, "count": {"op": "gte", "value": 2}})

    def make(self, name: str, rule: dict[str, object]) -> str:
        made = str(self.api.post("segments", json={"name": f"{name} {self.tag}", "rule": rule}).json()["id"])
        eventually(lambda: self.api.get(f"segments/{made}").json()["status"] == "live")
        return made


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_who_came_in_and_why(page: Page, shop: Shop) -> None:
    page.goto(f"/segments/{shop.often}/history")
    row = page.locator("tr", has_text=f"Vy {shop.tag}")
    eventually(lambda: bool(page.reload()) and row.count() == 1, interval=0.5)
    expect(row).to_contain_text("Vào")
    page.locator("canvas").wait_for()
    page.get_by_text("Xem số liệu dạng bảng").click()
    expect(page.locator(".q-chart-table tbody tr").last.locator("td").first).to_have_text("2")
    row.get_by_role("link", name="Vì sao?").click()
    told = page.locator(".s-told")
    expect(told).to_contain_text("3 sự kiện như vậy")
    # And of somebody who is not in it, found by name.
    page.goto(f"/segments/{shop.often}")
    page.get_by_label("Tên, email, điện thoại hoặc mã khách").fill(f"Minh {shop.tag}")
    page.get_by_role("button", name="Tìm", exact=True).click()
    page.get_by_role("link", name=f"Minh {shop.tag}").click()
    expect(told).to_contain_text("Không ở trong")
    expect(told).to_contain_text("1 sự kiện như vậy")


def test_facts_are_written_for_people_and_as_they_came_for_programs(page: Page, shop: Shop) -> None:
    paid, user = f"Paid {shop.tag}", f"lan-{shop.tag}"
    properties = {"total": 1_150_000.5, "order_id": 10023, "paid_at": "2026-01-02T03:04:05Z"}
    shop.quen.send({"type": "track", "userId": user, "event": paid, "properties": properties})
    shop.quen.settle()
    given = [{"property": name, "op": "exists"} for name in properties]
    made = shop.make(
        "Trả nhiều", {"event": paid, "sum": {"property": "total", "op": "gt", "value": 1_000_000}, "where": given}
    )
    person = shop.quen.profile(f"user_id:{user}")["id"]
    page.goto(f"/segments/{made}/why/{person}")
    told = page.locator(".s-told")
    expect(told).to_contain_text("với tổng của total trên 1.000.000")
    for fact in ("total: 1.150.000,5", "order_id: 10023", "paid_at: 02/01/2026 10:04:05"):
        expect(told).to_contain_text(fact)
    facts = shop.api.get(f"segments/{made}/members/{person}/why").json()["why"]["facts"]
    assert facts["latest"][0]["properties"] == {name: str(value) for name, value in properties.items()}


def test_overlap_as_a_picture_that_is_a_table(page: Page, shop: Shop) -> None:
    page.goto("/segments")
    page.get_by_role("link", name="Độ trùng").click()
    for name in ("Đã mua", "Mua nhiều"):
        page.get_by_label(f"{name} {shop.tag}").check()
    page.get_by_role("button", name="So sánh").click()
    rows = page.locator(".s-upset tbody tr")
    expect(rows).to_have_count(2)
    assert f"Mua nhiều {shop.tag} + Đã mua {shop.tag}\t2" in rows.nth(0).inner_text()
    assert f"chỉ “Đã mua {shop.tag}”" in rows.nth(1).inner_text()


def test_pause_and_resume(page: Page, shop: Shop) -> None:
    page.goto(f"/segments/{shop.often}")
    page.get_by_role("button", name="Tạm dừng").click()
    page.locator("#q-confirm-yes").click()
    page.get_by_text("thành viên giữ nguyên").wait_for()
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_role("button", name="Tạm dừng").wait_for()
    eventually(lambda: shop.api.get(f"segments/{shop.often}").json()["status"] == "live")


def test_a_draft_from_the_builder(page: Page, shop: Shop) -> None:
    page.goto(f"/segments/new?copy={shop.all}")
    page.get_by_label("Tên", exact=True).fill(f"Nháp {shop.tag}")
    page.get_by_role("button", name="Lưu nháp").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    page.get_by_text("Bản nháp chưa có thành viên").wait_for()
    page.get_by_role("button", name="Bắt đầu").click()
    page.get_by_role("link", name=f"Vy {shop.tag}").wait_for()


def test_a_list_by_picking_and_by_file(page: Page, shop: Shop, tmp_path: Path) -> None:
    page.goto("/segments/lists")
    page.get_by_label("Tên danh sách mới").fill(f"Khách mời {shop.tag}")
    page.get_by_role("button", name="Tạo danh sách").click()
    page.wait_for_url(re.compile(r"/lists/\d+$"))
    page.get_by_label("Tên, email, điện thoại hoặc mã khách").fill(f"Lan {shop.tag}")
    page.get_by_role("button", name="Tìm", exact=True).click()
    page.get_by_role("button", name=f"Đưa Lan {shop.tag} vào danh sách").click()
    page.locator("#l-members").get_by_role("link", name=f"Lan {shop.tag}").wait_for()
    file = tmp_path / "guests.csv"
    file.write_text(f"user_id\nhoa-{shop.tag}\nvy-{shop.tag}\nnobody-{shop.tag}\n", encoding="utf-8")
    page.get_by_label("Mỗi dòng là gì").select_option("user_id")
    page.get_by_label("Tệp", exact=True).set_input_files(file)
    page.get_by_role("button", name="Đưa vào danh sách", exact=True).click()
    page.get_by_text("1 dòng không ứng với ai: 3").wait_for()
    eventually(lambda: bool(page.reload()) and page.locator("#l-members tbody tr").count() == 3, interval=0.5)
    with page.expect_navigation():
        page.get_by_role("button", name=f"Bỏ Hoa {shop.tag} khỏi danh sách").click()
    eventually(lambda: bool(page.reload()) and page.locator("#l-members tbody tr").count() == 2, interval=0.5)


def test_include_and_exclude_by_hand(page: Page, shop: Shop) -> None:
    made = shop.make("Bằng tay", {"event": shop.event, "count": {"op": "gte", "value": 2}})
    page.goto(f"/segments/{made}")
    page.get_by_role("button", name="Thêm hoặc loại người bằng tay").click()
    for kind, who in (("luôn thuộc", "Lan"), ("không bao giờ thuộc", "Vy")):
        page.goto(f"/segments/{made}")
        page.locator(".list-group-item", has_text=f": {kind}").click()
        page.get_by_label("Tên, email, điện thoại hoặc mã khách").fill(f"{who} {shop.tag}")
        page.get_by_role("button", name="Tìm", exact=True).click()
        page.get_by_role("button", name=f"Đưa {who} {shop.tag} vào danh sách").click()
        page.get_by_text("Đã đưa vào danh sách").wait_for()
    expected = {shop.quen.profile(f"user_id:{name}-{shop.tag}")["id"] for name in ("lan", "hoa")}

    def inside() -> bool:
        answer = shop.api.get(f"segments/{made}/members")
        return answer.status_code == 200 and {m["profile_id"] for m in answer.json()["items"]} == expected

    eventually(inside)


def test_on_a_phone_nothing_is_wider_than_the_screen(phone_page: Page, shop: Shop) -> None:
    person = shop.quen.profile(f"user_id:vy-{shop.tag}")["id"]
    for address in (
        f"/segments/{shop.all}",
        f"/segments/{shop.all}/history",
        f"/segments/{shop.all}/why/{person}",
        f"/segments/overlap?s={shop.all}&s={shop.often}",
        f"/customers/{person}/segments",
        "/segments/lists",
    ):
        phone_page.goto(address)
        assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_undo_and_a_list_among_the_sentences(page: Page, shop: Shop) -> None:
    made = shop.api.post("lists", json={"name": f"Bạn bè {shop.tag}"}).json()["id"]
    page.goto(f"/segments/new?copy={shop.all}")
    page.get_by_role("button", name="Danh sách tĩnh").click()
    page.get_by_label("Danh sách", exact=True).nth(1).select_option(made)
    page.locator("#s-rail [data-count='0']").wait_for()
    page.get_by_label("Danh sách", exact=True).first.select_option(label="Không có trong danh sách")
    page.locator("#s-rail [data-count='3']").wait_for()
    area = page.locator("#s-rule")
    expect(area).to_have_value(re.compile(f'"list": "{made}"'))
    for _ in range(3):
        page.get_by_role("button", name="Hoàn tác").click()
    expect(area).not_to_have_value(re.compile(made))
    expect(page.locator(".s-row")).to_have_count(1)
    expect(page.get_by_role("button", name="Hoàn tác")).to_be_disabled()
    page.get_by_role("button", name="Làm lại").click()
    expect(page.locator(".s-row")).to_have_count(2)
    page.get_by_label("Sự kiện", exact=True).nth(1).press("Control+z")
    expect(page.locator(".s-row")).to_have_count(1)


def test_values_are_suggested_with_how_often_they_came(page: Page, shop: Shop) -> None:
    page.goto(f"/segments/new?copy={shop.all}")
    page.get_by_role("button", name="Thêm bộ lọc").click()
    page.get_by_label("Thuộc tính").fill("total")
    with page.expect_response(lambda response: "values.json" in response.url) as answered:
        page.get_by_label("Giá trị").last.focus()
    assert answered.value.json() == {"values": [["100", 6]]}
    page.get_by_role("option", name="100 × 6").wait_for()
