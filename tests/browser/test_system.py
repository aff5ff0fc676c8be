"""The System page, on a desktop and on a phone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support import Quen


def test_whoever_runs_it_sees_at_a_glance_that_all_is_well(page: Page, quen: Quen) -> None:
    page.goto(f"{quen.base_url}/")
    page.get_by_role("link", name="Hệ thống").click()
    expect(page.get_by_role("heading", name="Tiếp nhận sự kiện")).to_be_visible()
    expect(page.locator("#system-checks li").first).to_contain_text("an toàn trên đĩa")
    expect(page.get_by_role("heading", name="Dữ liệu đang lưu")).to_be_visible()
    page.get_by_role("link", name="7 ngày").click()
    expect(page.get_by_role("link", name="7 ngày")).to_have_attribute("aria-current", "page")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.suggested_filename == "quen-system.csv"


def test_it_fits_a_phone(phone_page: Page, quen: Quen) -> None:
    phone_page.goto(f"{quen.base_url}/system")
    expect(phone_page.get_by_role("heading", name="Kịp thời")).to_be_visible()
    assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
