"""Data → Data quality, by somebody who wants to know what to mend where."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.conftest import sign_in
from tests.support import Quen, eventually


def messy(quen: Quen, name: str, prefix: str) -> str:
    """A source that has sent five people; its address on the quality pages."""
    key = quen.source("server", name)
    given = [("0912 345 678", "info@shop.vn"), ("12345", "lan@@x.vn"), ("0912", ""), ("", "a@yopmail.com"), ("", "")]
    people = [
        {"type": "identify", "userId": f"{prefix}-{n}", "traits": {"phone": phone, "email": email, "city": "hcm"}}
        for n, (phone, email) in enumerate(given)
    ]
    quen.send(*people, source=key)

    def counted() -> str:
        items = quen.api().get("quality").json()["items"]
        one = next((item for item in items if item["source"] == name), None)
        return f"/quality/{one['source_id']}" if one and one["messages"] == 5 else ""

    return eventually(counted)


def test_from_the_score_to_the_value_that_somebody_typed(quen: Quen, page: Page) -> None:
    messy(quen, "Quầy lộn xộn", "bq")
    page.goto("/")
    page.get_by_role("link", name="Chất lượng dữ liệu").click()
    expect(page.locator("h1")).to_have_text("Chất lượng dữ liệu")
    row = page.get_by_role("row").filter(has_text="Quầy lộn xộn")
    # phone 3 × 1 of 3, e-mail 3 × (2 - 2 doubtful halves) of 3, city 5 of 5
    expect(row.locator(".q-score")).to_have_text("48")
    row.get_by_role("link").click()

    phone = page.locator("#field-phone")
    expect(phone).to_contain_text("có trong 60% bản tin")
    expect(phone.locator(".q-quality-key")).to_contain_text(re.compile(r"33,3%.*66,7%", re.DOTALL))
    expect(page.locator("#field-email .q-chips")).to_contain_text("Email dùng một lần")
    expect(page.locator(".q-chart-canvas canvas")).to_be_visible()
    phone.get_by_role("link", name="Quá ít chữ số").click()
    expect(page.locator("h1")).to_have_text("Số điện thoại: Quá ít chữ số")
    given = page.locator("tbody code")
    assert sorted(given.all_inner_texts()) == ["0912", "12345"]
    page.get_by_role("row").filter(has_text="12345").get_by_role("link", name="Khách hàng").click()
    expect(page).to_have_url(re.compile(r"/customers/\d+"))
    assert page.complaints == []  # type: ignore[attr-defined]


def test_the_chart_of_one_field_and_its_file(quen: Quen, page: Page) -> None:
    page.goto(messy(quen, "Quầy biểu đồ", "bqc"))
    page.get_by_label("Trường").select_option("phone")
    page.get_by_role("button", name="Xem").click()
    expect(page.locator(".q-chart-canvas")).to_have_attribute("aria-label", "Số giá trị mỗi ngày: Số điện thoại")
    page.get_by_text("Xem số liệu dạng bảng").click()
    today = page.locator(".q-chart-table tbody tr").last
    assert today.locator("td").all_inner_texts() == ["0", "1", "2"]
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0] == "day,valid,fixed,rejected,score"
    assert lines[-1].endswith(",0,1,2,48")
    assert len(lines) == 31
    page.get_by_role("link", name="7 ngày").click()
    expect(page.locator(".q-chart-table tbody tr")).to_have_count(7)


def test_how_a_source_writes_is_declared_on_its_page(quen: Quen, page: Page) -> None:
    key = quen.source("server", "Quầy nước ngoài")
    page.goto("/sources")
    page.get_by_role("link", name="Quầy nước ngoài").click()
    form = page.locator("#locale")
    form.get_by_label("Nước của số điện thoại").fill("XX")
    form.get_by_label("Tiền tệ").fill("USD")
    form.get_by_role("button", name="Lưu").click()
    expect(form.locator("#region")).to_have_attribute("aria-invalid", "true")
    expect(form.locator("#region")).to_have_value("XX")
    expect(form.locator("#currency")).to_have_value("USD")
    expect(form.locator(".invalid-feedback")).to_be_visible()
    form.get_by_label("Nước của số điện thoại").fill("us")
    form.get_by_label("Ngày viết như").select_option("month")
    form.get_by_role("button", name="Lưu").click()
    expect(page.locator("#region")).to_have_value("US")
    expect(page.locator("#dates")).to_have_value("month")

    def read() -> bool:
        quen.send({"type": "identify", "userId": "bq-us", "traits": {"dob": "03/05/1990"}}, source=key)
        return bool(quen.profile("user_id:bq-us")["traits"]["dob"] == "1990-03-05")

    eventually(read)
    page.get_by_role("link", name="Chất lượng dữ liệu").last.click()
    expect(page.locator("h1")).to_have_text("Quầy nước ngoài")


def test_empty_places_teach(new_quen: Callable[..., Quen], browser: Browser) -> None:
    fresh = new_quen()
    fresh.start()
    context = browser.new_context(base_url=fresh.base_url, locale="vi-VN")
    page = context.new_page()
    sign_in(page, fresh)
    page.goto("/quality")
    expect(page.locator(".empty-title")).to_have_text("Dữ liệu từ các nguồn tốt đến đâu?")
    page.get_by_role("link", name="Kết nối nguồn dữ liệu").click()
    expect(page).to_have_url(re.compile("/sources$"))
    fresh.source("server", "Quầy im lặng")
    page.goto("/sources")
    page.get_by_role("link", name="Quầy im lặng").click()
    page.get_by_role("link", name="Chất lượng dữ liệu").last.click()
    expect(page.locator(".empty-title")).to_have_text("Nguồn này chưa gửi thông tin khách hàng")
    context.close()


def test_on_a_phone(quen: Quen, phone_page: Page) -> None:
    address = messy(quen, "Quầy điện thoại", "bqp")
    examples = f"{address}/examples?field=phone&outcome=problem&word=too_short"
    for path in ("/quality", address, f"{address}?days=90&field=phone", examples):
        phone_page.goto(path)
        assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert phone_page.complaints == []  # type: ignore[attr-defined]
