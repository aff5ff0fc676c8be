"""Somebody who writes no code switches computed traits on, makes one of their own, and sees it on a person's page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support import Quen, eventually, unique

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright.sync_api")


class Shop:
    """Six customers of an event of their own, of whom the n-th bought n times for 1,000,000 each; one who never did."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.api, self.tag = quen, quen.api(), unique(6)
        self.event = f"Bought {self.tag}"
        people = ("An", "Ba", "Chi", "Dung", "Em", "Giang", "Hà")
        for place, name in enumerate(people):
            user = f"{name.lower()}-{self.tag}"
            quen.send({"type": "identify", "userId": user, "traits": {"name": f"{name} {self.tag}"}})
            buy = {"type": "track", "userId": user, "event": self.event, "properties": {"total": 1_000_000, "n": place}}
            if place:
                quen.send(*(buy for _ in range(place)))
        quen.settle()
        self.spent = self.make("spent", {"kind": "sum", "event": self.event, "property": "total"})

    def make(self, name: str, spec: dict[str, object]) -> str:
        made = f"{name}_{self.tag}"
        answer = self.api.post("computed-traits", json={"name": made, "label": f"{name} {self.tag}", "spec": spec})
        assert answer.status_code == 201, answer.text
        self.wait(made)
        return made

    def wait(self, name: str) -> None:
        eventually(lambda: self.api.get(f"computed-traits/{name}").json().get("status") == "live")

    def person(self, name: str) -> str:
        return str(self.quen.profile(f"user_id:{name}-{self.tag}")["id"])


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def test_make_one_with_a_filter_and_a_preview(page: Page, shop: Shop) -> None:
    page.goto("/computed/new")
    page.get_by_role("link", name=re.compile("^Bao nhiêu lần")).click()
    page.get_by_label("Tên", exact=True).fill(f"Số đơn đắt {shop.tag}")
    expect(page.get_by_label("Trong điều kiện và mẫu tin")).to_have_value(f"so_don_dat_{shop.tag}")
    page.get_by_placeholder("Sự kiện").fill(shop.event)
    page.get_by_role("button", name="Thêm bộ lọc").click()
    page.get_by_label("Thuộc tính", exact=True).fill("n")
    page.get_by_label("Phép so sánh").select_option("gte")
    page.get_by_label("Giá trị", exact=True).fill("5")
    rail = page.locator("#c-rail")
    expect(rail).to_contain_text(f"Số lần {shop.event}, với n ít nhất là 5")
    expect(rail.locator("li")).to_have_count(2)
    expect(rail.locator("li").first).to_contain_text(f"Hà {shop.tag}")
    page.get_by_role("button", name="Tạo", exact=True).click()
    page.wait_for_url(re.compile(rf"/computed/traits/so_don_dat_{shop.tag}$"))
    shop.wait(f"so_don_dat_{shop.tag}")
    eventually(lambda: shop.quen.profile(f"user_id:hà-{shop.tag}")["computed"].get(f"so_don_dat_{shop.tag}") == 6)


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(page: Page, shop: Shop) -> None:
    page.goto("/computed/new?kind=lifecycle")
    page.get_by_label("Tên", exact=True).fill(f"Giai đoạn {shop.tag}")
    page.get_by_placeholder("Sự kiện").fill(shop.event)
    page.get_by_label("Đã rời bỏ sau").fill("10")
    page.get_by_role("button", name="Tạo", exact=True).click()
    wrong = page.locator("[data-field=lapsed]")
    expect(wrong.get_by_role("alert")).to_contain_text("cần thời gian dài hơn")
    expect(page.get_by_placeholder("Sự kiện")).to_have_value(shop.event)
    expect(page.get_by_label("Đã rời bỏ sau")).to_have_value("10")


def test_values_as_a_picture_versions_and_who_uses_it(page: Page, shop: Shop) -> None:
    rule = {"trait": f"computed.{shop.spent}", "op": "gte", "value": 5_000_000}
    segment = shop.api.post("segments", json={"name": f"Chi nhiều {shop.tag}", "rule": rule}).json()
    page.goto(f"/computed/traits/{shop.spent}")
    page.locator("canvas").wait_for()
    page.get_by_text("Xem số liệu dạng bảng").click()
    assert "6.000.000\t1" in page.locator(".q-chart-table tbody").inner_text()
    having = re.search(r"Khách có giá trị\s*(\d+)", page.locator(".c-figures").inner_text())
    assert having and int(having[1]) >= 7  # those of the shop, and whoever else is in this Quen
    page.get_by_role("button", name="Xóa").click()
    page.locator("#q-confirm-yes").click()
    expect(page.get_by_text(f"Đang được dùng bởi “Chi nhiều {shop.tag}”")).to_be_visible()
    eventually(lambda: shop.api.get(f"segments/{segment['id']}").json()["count"] == 2)
    page.get_by_role("link", name="Sửa", exact=True).click()
    page.locator("select[name=window]").select_option("within")
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(rf"/{shop.spent}$"))
    expect(page.locator(".list-group-item", has_text="trong 30 ngày qua")).to_have_count(1)
    shop.wait(shop.spent)


def test_rfm_from_boundaries_to_a_segment_of_a_group(page: Page, shop: Shop) -> None:
    name = shop.make("rfm", {"kind": "rfm", "event": shop.event})
    page.goto(f"/computed/traits/{name}/rfm")
    # An owner need not wait for the night.
    page.get_by_role("button", name="Tính lại ranh giới").click()
    page.get_by_text("Đã tính lại ranh giới").wait_for()
    shop.wait(name)

    def scores() -> dict[str, object]:
        return dict(shop.quen.profile(f"user_id:hà-{shop.tag}")["computed"].get(name, {}))

    # Whoever bought a minute ago is soon older than anybody was when the boundaries were found: then nobody moves.
    eventually(lambda: (scores().get("r"), scores().get("f")) == (1, 5))
    eventually(lambda: bool(page.reload()) and page.locator(".c-grid strong", has_text="1").count() > 0)
    expect(page.locator(".c-group")).to_have_count(11)
    expect(page.locator(".c-grid")).to_contain_text("6 tr")  # what those spent who bought most often
    # A score that nobody can have, because the one above it asks for as little, says so.
    meaning = page.locator("section", has_text="Ý nghĩa của điểm")
    for column in (3, 4):  # ages of a test differ by milliseconds
        asked = meaning.locator(f"tbody tr > :nth-child({column})").all_inner_texts()
        reached = [text for text in asked if text != "–"]
        assert len(asked) == 5 and len(set(reached)) == len(reached)
    group = scores()["group"]
    button = page.locator(f"form:has(input[value={group}]) button")
    button.click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    page.get_by_role("link", name=f"Hà {shop.tag}").wait_for()
    # The same group again is the same segment.
    address = page.url
    page.goto(f"/computed/traits/{name}/rfm")
    button.click()
    page.wait_for_url(address)


def test_stages_and_the_moves_between_them(page: Page, shop: Shop) -> None:
    name = shop.make("stage", {"kind": "lifecycle", "event": shop.event})
    shop.quen.send({"type": "track", "userId": f"an-{shop.tag}", "event": shop.event, "properties": {"total": 5}})
    eventually(lambda: shop.quen.profile(f"user_id:an-{shop.tag}")["computed"].get(name) == "new")
    page.goto(f"/computed/traits/{name}/lifecycle")
    eventually(lambda: bool(page.reload()) and "Tiềm năng" in page.locator("main").inner_text())
    expect(page.locator("li.list-group-item", has_text="Khách mới")).to_contain_text("1")
    assert "prospect,new,1" in page.request.get(f"/computed/traits/{name}/moves.csv").text()


def test_a_stage_is_found_and_said_by_its_name(page: Page, shop: Shop) -> None:
    name = shop.make("where", {"kind": "lifecycle", "event": shop.event})
    page.goto("/segments/new")
    page.get_by_label("Tên", exact=True).fill(f"Khách mới {shop.tag}")
    page.get_by_role("button", name="Họ là ai").click()
    page.keyboard.type(f"computed.{name}")
    page.keyboard.press("Tab")
    value = page.get_by_label("Giá trị", exact=True)
    value.fill("khach moi")
    page.get_by_role("option", name=re.compile("^new Khách mới")).click()
    expect(value).to_have_value("new")
    said = f"where {shop.tag} là “Khách mới”"
    expect(page.locator("#s-sentence")).to_have_text(f"Where{said[5:]}.")
    page.get_by_role("button", name="Tạo phân khúc").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    expect(page.locator("main")).to_contain_text(re.compile(said, re.IGNORECASE))
    page.goto(f"{page.url}/why/{shop.person('an')}")
    expect(page.locator(".s-said-facts")).to_have_text(f"where {shop.tag}: Khách mới")


def test_on_the_page_of_a_person(page: Page, shop: Shop) -> None:
    name = shop.make("chip", {"kind": "lifecycle", "event": shop.event})
    person = shop.person("ba")
    page.goto(f"/customers/{person}/traits")
    expect(page.locator(".q-chips", has_text="Khách mới")).to_be_visible()
    entry = page.locator(".c-card .list-group-item", has_text=f"chip {shop.tag}")
    expect(entry).to_contain_text("Khách mới")
    entry.get_by_text("Lịch sử").click()
    expect(entry.locator(".c-history li")).to_have_count(1)
    assert shop.api.get(f"computed-traits/{name}").json()["status"] == "live"


def test_groups_of_ones_own(page: Page, shop: Shop) -> None:
    name = shop.make("own", {"kind": "rfm", "event": shop.event})
    page.goto(f"/computed/traits/{name}/edit")
    page.locator(".c-groups summary").click()
    rows = page.locator(".c-groups tbody tr")
    expect(rows).to_have_count(17)
    rows.last.get_by_role("button", name="Bỏ").click()
    page.get_by_role("button", name="Lưu").click()
    expect(page.locator("[data-field=groups]").get_by_role("alert")).to_contain_text("r 1, f 1, m 1")
    page.get_by_role("button", name="Thêm dòng").click()
    cells = page.locator(".c-groups tbody tr").last.locator("input")
    for cell, text in zip(cells.all(), ("Đi hẳn", "1", "1–2", "1–5"), strict=True):
        cell.fill(text)
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(rf"/{name}$"))
    groups = [row["group"] for row in shop.api.get(f"computed-traits/{name}").json()["spec"]["groups"]]
    assert groups[-1] == "Đi hẳn"
    assert groups[0] == "champions"


def test_switch_on_what_is_ready(page: Page, shop: Shop) -> None:
    page.goto("/computed")
    switch = page.get_by_role("button", name="Bật Giá trị đơn trung bình")
    if switch.count():  # another test's Quen may have it on
        switch.click()
        page.wait_for_url(re.compile("/computed/traits/average_order$"))
    shop.wait("average_order")


def test_on_a_phone_nothing_is_wider_than_the_screen(phone_page: Page, shop: Shop) -> None:
    rfm = shop.make("phone_rfm", {"kind": "rfm", "event": shop.event})
    stage = shop.make("phone_stage", {"kind": "lifecycle", "event": shop.event})
    for address in (
        "/computed",
        "/computed/new",
        f"/computed/traits/{rfm}",
        f"/computed/traits/{rfm}/rfm",
        f"/computed/traits/{rfm}/edit",
        f"/computed/traits/{stage}/lifecycle",
        f"/customers/{shop.person('ba')}/traits",
    ):
        phone_page.goto(address)
        assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390, address
