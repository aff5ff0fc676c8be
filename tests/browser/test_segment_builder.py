"""Somebody who has read no manual builds the standard questions by hand: by keyboard, by mouse, on a phone."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.support import Quen, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright.sync_api")


class Shop:
    """Lan left her cart, Minh bought what he had put there, Hoa only bought; Lan and Hoa agreed to a purpose."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.api, self.tag = quen, quen.api(), uuid4().hex[:6]
        self.added, self.bought, self.purpose = (f"{word} {self.tag}" for word in ("Added", "Bought", "offers"))
        for name in ("Lan", "Minh", "Hoa"):
            user, agreed = f"{name.lower()}-{self.tag}", name != "Minh"
            traits = {"name": f"{name} {self.tag}", "email": f"{user}@example.com"}
            context = {"consent": {"categoryPreferences": {self.purpose: agreed}}}
            quen.send({"type": "identify", "userId": user, "traits": traits, "context": context})
        self.did("lan", self.added, total=100, shop="A")
        self.did("minh", self.added, total=200, shop="B")
        self.did("minh", self.bought, total=300)
        self.did("hoa", self.bought, total=900)
        eventually(lambda: self.count({"event": self.bought}) == 2 and self.count({"event": self.added}) == 2)
        eventually(lambda: self.count({"consent": self.purpose}) == 2)

    def did(self, name: str, event: str, **properties: Any) -> None:
        message = {"type": "track", "userId": f"{name}-{self.tag}", "event": event, "properties": properties}
        self.quen.send(message)

    def count(self, rule: dict[str, Any]) -> int:
        return int(self.api.post("segments/preview", json={"rule": rule}).json()["count"])


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    return Shop(quen)


def rule_of(page: Page) -> Any:
    return json.loads(page.locator("#s-rule").input_value())


def counted(page: Page, count: int) -> None:
    page.locator(f"#s-rail [data-count='{count}']").wait_for()


def test_a_sequence_by_keyboard(page: Page, shop: Shop) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="Việc này sau việc kia").press("Enter")
    page.keyboard.type(shop.added)  # the first step has the focus
    steps = page.locator(".s-steps > li")
    steps.nth(1).get_by_label("Sự kiện", exact=True).focus()
    page.keyboard.type(shop.bought)
    span = page.get_by_label("Khi nào").nth(1)  # after that of the step that was not done
    span.fill("1")
    page.get_by_label("Đơn vị").last.select_option("m")
    # Lan left her cart a moment ago: it is not a minute yet, and nobody else left one.
    counted(page, 0)
    assert rule_of(page) == {
        "all": [{"sequence": [{"event": shop.added}, {"event": shop.bought, "not": True}], "within": "1m"}]
    }
    steps.nth(1).get_by_label("Bước", exact=True).select_option(label="sau đó đã")
    page.get_by_label("Đơn vị").last.select_option("h")
    counted(page, 1)
    assert "Minh" in page.locator("#s-rail").inner_text()
    assert f"Đã {shop.added}, sau đó {shop.bought} trong vòng 1 giờ." in page.locator("#s-sentence").inner_text()
    # A gap, a filter, another order; and what was built is read again as it was.
    steps.nth(1).get_by_label("Khi nào").select_option(label="trong vòng")
    steps.nth(0).get_by_role("button", name="Thêm bộ lọc").press("Enter")
    page.keyboard.type("total")
    steps.nth(0).get_by_label("Phép so sánh").select_option(label="trên")
    steps.nth(0).get_by_label("Giá trị").fill("150")
    counted(page, 1)
    first = {"event": shop.added, "where": [{"property": "total", "op": "gt", "value": 150}]}
    built = {"all": [{"sequence": [first, {"event": shop.bought, "within": "1h"}], "within": "1h"}]}
    assert rule_of(page) == built
    page.get_by_role("button", name="Dạng JSON").click()
    page.get_by_role("button", name="Dạng JSON").click()
    assert rule_of(page) == built
    steps.nth(1).get_by_role("button", name="Chuyển lên").click()
    counted(page, 0)
    page.get_by_role("button", name="Hoàn tác").click()
    counted(page, 1)


def test_a_consent_with_how_many_gave_it(page: Page, shop: Shop) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="Sự đồng ý").click()
    page.get_by_role("option", name=f"{shop.purpose} 2 người").click()
    expect(page.get_by_label("Mục đích").nth(1)).to_have_value(shop.purpose)
    counted(page, 2)
    page.get_by_label("Mục đích").nth(0).select_option(label="Chưa đồng ý với")
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.get_by_label("Sự kiện", exact=True).nth(1).fill(shop.added)
    counted(page, 1)
    page.locator("#s-rail .s-sample summary").click()
    told = page.locator("#s-rail .s-why")
    assert "1 sự kiện như vậy" in told.inner_text()
    assert f"1 × {shop.added}" in page.locator("#s-rail .s-sample-name").inner_text()
    page.get_by_text("Liên lạc được qua").wait_for()


def test_events_that_quen_writes_are_offered_before_the_first_one(page: Page, quen: Quen) -> None:
    titles = {
        "Address Released": "Nhận lại tin qua kênh",
        "Group Joined": "Vào nhóm",
        "Aliased": "Được gán mã định danh khác",
        "Email Failed": "Email không gửi được",
    }
    seen = {event["name"] for event in quen.api().get("events/catalogue").json()["items"]}
    name = next(name for name in titles if name not in seen)  # other tests have this Quen too
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.get_by_label("Sự kiện", exact=True).nth(1).press_sequentially(name[:-3].lower())
    page.get_by_role("option", name=f"{name} {titles[name]} · do Quen ghi").click()
    expect(page.get_by_label("Sự kiện", exact=True).nth(1)).to_have_value(name)
    counted(page, 0)
    expect(page.locator("#s-rail")).not_to_contain_text("chính tả")


def test_filters_in_groups(page: Page, shop: Shop) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.get_by_label("Sự kiện", exact=True).nth(1).fill(shop.added)
    page.get_by_role("button", name="Thêm bộ lọc").click()
    page.get_by_label("Thuộc tính").fill("shop")
    page.get_by_label("Phép so sánh").nth(1).select_option(label="có giá trị")
    page.get_by_role("button", name="Nhóm bộ lọc").click()
    group = page.locator(".s-filter-group")
    for place, value in enumerate(("A", "B")):
        group.get_by_label("Thuộc tính").nth(place).fill("shop")
        group.get_by_label("Giá trị").nth(place).fill(value)
    counted(page, 2)
    group.get_by_label("Các bộ lọc kết hợp thế nào").select_option(label="không điều nào")
    counted(page, 0)
    group.get_by_role("button", name="Bỏ", exact=True).last.click()
    counted(page, 1)
    nothing = {"not": {"any": [{"property": "shop", "op": "eq", "value": "A"}]}}
    assert rule_of(page)["all"][0]["where"] == [{"property": "shop", "op": "exists"}, nothing]


@pytest.mark.parametrize(
    ("recipe", "replaced"),
    [("abandoned-cart", ("Product Added", "Order Completed")), ("one-purchase", ("Order Completed", ""))],
)
def test_a_template_on_a_phone_with_names_of_ones_own(
    phone_page: Page, shop: Shop, recipe: str, replaced: tuple[str, str]
) -> None:
    phone_page.goto(f"/segments/new?recipe={recipe}")
    names = phone_page.get_by_label("Sự kiện", exact=True)
    phone_page.locator(".s-row").first.wait_for()
    for place in range(0, names.count(), 2):  # the verb, then the name
        ours = shop.added if names.nth(place + 1).input_value() == "Product Added" else shop.bought
        names.nth(place + 1).fill(ours)
    counted(phone_page, 1 if recipe == "abandoned-cart" else 0)
    assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390
    phone_page.get_by_label("Tên", exact=True).fill(f"{recipe} {shop.tag}")
    phone_page.get_by_role("button", name="Tạo phân khúc").click()
    phone_page.wait_for_url(re.compile(r"/segments/\d+$"))
    if recipe == "abandoned-cart":
        phone_page.get_by_role("link", name=f"Lan {shop.tag}").wait_for()
        shop.did("lan", shop.bought)
        link = phone_page.get_by_role("link", name=f"Lan {shop.tag}")
        eventually(lambda: bool(phone_page.reload()) and link.count() == 0, interval=0.5)


def test_people_of_a_search_are_put_on_a_list(phone_page: Page, shop: Shop) -> None:
    page = phone_page
    page.goto(f"/customers?q={shop.tag}")
    for name in ("Lan", "Hoa"):
        page.get_by_label(f"Chọn {name} {shop.tag}").check()
    page.get_by_text("Đã chọn 2").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    bar = page.locator("#pick")
    bar.get_by_label("Danh sách", exact=True).select_option(label="Danh sách mới…")
    bar.get_by_label("Tên danh sách mới").fill(f"Chọn tay {shop.tag}")
    bar.get_by_role("button", name="Thêm vào danh sách").click()
    page.wait_for_url(re.compile(r"/lists/\d+"))
    eventually(lambda: bool(page.reload()) and page.locator("#l-members tbody tr").count() == 2, interval=0.5)
    # From a segment's page: everyone who is shown.
    made = shop.api.post("segments", json={"name": f"Mua {shop.tag}", "rule": {"event": shop.bought}}).json()["id"]
    eventually(lambda: shop.api.get(f"segments/{made}").json()["status"] == "live")
    page.goto(f"/segments/{made}")
    page.get_by_label("Chọn tất cả đang hiện").check()
    bar.get_by_label("Danh sách", exact=True).select_option(label=f"Chọn tay {shop.tag}")
    bar.get_by_role("button", name="Thêm vào danh sách").click()
    page.wait_for_url(re.compile(r"/lists/\d+"))
    eventually(lambda: bool(page.reload()) and page.locator("#l-members tbody tr").count() == 3, interval=0.5)


def test_a_webhook_shows_its_secret_once(page: Page, shop: Shop) -> None:
    made = shop.api.post("segments", json={"name": f"Báo {shop.tag}", "rule": {"event": shop.bought}}).json()["id"]
    page.goto(f"/segments/{made}/webhooks")
    page.get_by_label("Địa chỉ").fill("shop.example")
    page.get_by_role("button", name="Thêm webhook").click()
    page.get_by_text("Hãy nhập địa chỉ bắt đầu bằng https://").wait_for()
    page.get_by_label("Địa chỉ").fill("http://127.0.0.1:9/nobody")
    page.get_by_role("button", name="Thêm webhook").click()
    secret = page.get_by_text(re.compile(r"whsec_"))
    secret.wait_for()
    page.goto(f"/segments/{made}/webhooks")
    assert secret.count() == 0
    page.get_by_role("button", name="Khóa bí mật mới").click()
    secret.wait_for()
    page.goto(f"/segments/{made}/webhooks")
    page.get_by_role("button", name="Tạm dừng").last.click()
    page.get_by_role("button", name="Tiếp tục").wait_for()
    page.get_by_text("Báo những gì").click()
    page.get_by_role("button", name="Xóa", exact=True).click()
    page.locator("#q-confirm-yes").click()
    page.get_by_text("Đã xóa webhook").wait_for()


def test_a_webhook_that_quen_paused_shows_on_every_page_of_its_segment(page: Page, shop: Shop) -> None:
    rule = {"event": f"Gone {shop.tag}"}
    made = shop.api.post("segments", json={"name": f"Hỏng {shop.tag}", "rule": rule}).json()["id"]
    eventually(lambda: shop.api.get(f"segments/{made}").json()["status"] == "live")
    page.goto(f"/segments/{made}")
    page.locator("#s-state").wait_for()
    paused = page.get_by_text("webhook của phân khúc này bị tạm dừng")
    with gone() as url:
        hook = shop.api.post(f"segments/{made}/webhooks", json={"url": url}).json()["id"]
        assert paused.count() == 0
        shop.did("lan", rule["event"])
        eventually(lambda: not shop.api.get(f"segments/{made}/webhooks").json()["items"][0]["active"])
    page.goto(f"/segments/{made}/history")
    paused.wait_for()
    page.locator(".alert").get_by_role("link", name="Webhook").click()
    page.get_by_text("Quen đã tạm dừng").wait_for()
    assert shop.api.delete(f"segments/{made}/webhooks/{hook}").status_code == 204
    # Who came in is told to the second, on a phone too.
    page.goto(f"/segments/{made}/history")
    row = page.locator("tbody tr", has_text=f"Lan {shop.tag}")
    assert re.search(r"\d\d:\d\d:\d\d", row.inner_text())
    page.set_viewport_size({"width": 390, "height": 844})
    assert re.search(r"\d\d:\d\d:\d\d", row.inner_text())
    why = row.get_by_role("link", name="Vì sao?").bounding_box()
    assert why is not None and why["x"] + why["width"] <= 390
    assert page.complaints == []  # type: ignore[attr-defined]


@contextmanager
def gone() -> Iterator[str]:
    """The address of a server that says 410 to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(410)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_figures_are_read_as_people_write_them(page: Page) -> None:
    """In the language of the page, and in the other one's way where that can mean nothing else."""
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.keyboard.type("Order Completed")
    page.get_by_label("Cách tính").select_option(label="tổng của")
    page.get_by_label("Thuộc tính").fill("total")
    amount = page.get_by_label("Giá trị")
    read = []
    for typed in ("500.000", "500,000", "1,000,000", "1.234,5", "1,5", "0,125", "2,125", "1.5"):
        amount.fill(typed)
        read.append(rule_of(page)["all"][0]["sum"]["value"])
    assert read == [500_000, 500_000, 1_000_000, 1234.5, 1.5, 0.125, 2.125, 1.5]
    amount.fill("500,000")
    amount.press("Tab")
    assert amount.input_value() == "500.000"  # what was understood stands there


def test_what_goes_without_saying_is_as_it_was_written(page: Page, quen: Quen) -> None:
    """By hand the question becomes the rule of its template; opening a segment does not make another rule of it."""
    page.goto("/segments/new?recipe=abandoned-cart")
    page.locator(".s-row").first.wait_for()
    template = rule_of(page)
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.keyboard.type("Product Added")
    page.get_by_label("Khi nào").last.fill("3")
    page.get_by_role("button", name="Họ đã làm gì").click()
    page.keyboard.type("Order Completed")
    page.get_by_label("Sự kiện", exact=True).nth(2).select_option(label="Chưa")
    page.get_by_label("Khi nào").last.fill("3")
    assert rule_of(page) == template
    assert "count" not in template["all"][0]
    page.get_by_label("Tên", exact=True).fill(f"Built {uuid4().hex[:6]}")
    page.get_by_role("button", name="Lưu nháp").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    kept = quen.api().get(f"segments/{page.url.rsplit('/', 1)[1]}").json()["rule"]
    page.goto(f"{page.url}/edit")
    page.locator(".s-row").first.wait_for()
    assert rule_of(page) == kept


def test_what_there_is_no_sentence_for_is_not_lost_among_the_sentences(page: Page) -> None:
    """A slip, an aggregate of another Quen, something strange in a filter, in a step, in a negation, or nothing."""
    odd: list[Any] = [
        {"event": "A", "withn": "3d"},
        {"event": "A", "median": {"property": "total", "op": "gt", "value": 1}},
        {"event": "A", "where": [{"property": "p", "op": "eq", "value": "x", "case": False}]},
        {"sequence": [{"event": "A", "times": 2}, {"event": "B"}], "within": "3d"},
        {"not": {"any": [{"segment": "1", "since": "3d"}]}},
        None,
    ]
    page.goto("/segments/new")
    json_view = page.get_by_role("button", name="Dạng JSON")
    json_view.click()
    page.locator("#s-rule").fill(json.dumps({"all": [*odd, {"trait": "vip", "op": "exists"}]}))
    json_view.click()
    page.locator(".s-row").last.get_by_role("combobox").last.select_option("missing")
    assert rule_of(page) == {"all": [*odd, {"trait": "vip", "op": "missing"}]}


def test_by_keyboard_alone_the_focus_stays_where_one_is(page: Page, shop: Shop) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ đã làm gì").wait_for()
    page.get_by_label("Tên", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Họ đã làm gì")).to_be_focused()
    page.get_by_text("Hãy thêm một điều kiện trước.").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type(shop.added.upper())
    page.get_by_role("option", name=f"{shop.added} 2 lần").wait_for()
    page.keyboard.press("ArrowDown")
    event = page.get_by_label("Sự kiện", exact=True).nth(1)
    expect(event).to_have_attribute("aria-activedescendant", "s-rule-list-0")
    page.keyboard.press("Enter")
    expect(event).to_have_value(shop.added)
    expect(event).to_be_focused()
    counted(page, 2)
    expect(page.locator("[data-rule-said]")).to_have_text(re.compile("^2 "))
    # A list of values: taken once with Enter and when the field is left, which leaves it.
    page.get_by_role("button", name="Thêm bộ lọc").press("Enter")
    page.keyboard.type("shop")
    page.get_by_label("Phép so sánh").nth(1).select_option(label="là một trong")
    values = page.get_by_label("Các giá trị")
    values.focus()
    page.keyboard.type("A")
    page.keyboard.press("Enter")
    expect(values).to_be_focused()
    page.keyboard.type("B")
    page.keyboard.press("Tab")
    expect(values).not_to_be_focused()
    assert rule_of(page)["all"][0]["where"] == [{"property": "shop", "op": "in", "value": ["A", "B"]}]
    # Undo, more than once, from one place.
    values.focus()
    for left in (["A"], []):
        page.keyboard.press("Control+z")
        expect(values).to_be_focused()
        assert rule_of(page)["all"][0]["where"][0]["value"] == left
    page.keyboard.press("Control+y")
    assert rule_of(page)["all"][0]["where"][0]["value"] == ["A"]
    page.get_by_role("button", name="Nhân bản").press("Enter")
    made = rule_of(page)["all"]
    assert made == [made[0]] * 2
    assert page.complaints == []  # type: ignore[attr-defined]


def test_on_a_phone_there_is_room_for_a_thumb_and_the_count_in_sight(phone_page: Page, shop: Shop) -> None:
    page = phone_page
    page.goto("/segments/new")
    page.get_by_role("button", name="Họ đã làm gì").tap()
    page.get_by_role("option", name=shop.added).tap()
    counted(page, 2)
    for _ in range(3):
        page.locator(".s-group > .s-add").last.get_by_role("button", name="Nhóm", exact=True).tap()
        page.keyboard.type(shop.added)
    page.get_by_text("+ Thêm điều kiện").last.tap()
    page.locator("details[open]").get_by_role("button", name="Họ là ai").tap()
    page.keyboard.type("email")
    page.get_by_label("Phép so sánh").last.select_option(label="có giá trị")
    counted(page, 2)
    expect(page.locator(".s-head [data-rule-count]")).to_be_in_viewport()
    small = """() => [...document.querySelectorAll("#s-form :is(button, a, select, input, summary)")]
        .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, r]) => r.width && (r.height < 40 || r.width < 40) && r.height).map(([text]) => text)"""
    assert [text for text in page.evaluate(small) if "s-now" not in text and "customer" not in text] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    made = shop.api.post("segments", json={"name": f"Thumb {shop.tag}", "rule": {"event": shop.added}}).json()["id"]
    page.goto(f"/segments/{made}/webhooks")
    boxes = page.locator("label.form-check")
    assert min(boxes.evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")) >= 40
