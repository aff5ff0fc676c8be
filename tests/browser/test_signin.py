"""Signing in and finding one's way in the shell: both languages, both themes, a phone, the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.conftest import sign_in
from tests.support import Quen


def complaints(page: Page) -> list[str]:
    return page.complaints  # type: ignore[attr-defined, no-any-return]


def test_signing_in_says_what_is_wrong_and_keeps_the_address(visitor: Page, quen: Quen) -> None:
    visitor.goto("/settings/people")
    visitor.get_by_label("Email").fill(quen.owner_email)
    visitor.get_by_label("Mật khẩu").fill("không phải mật khẩu")
    visitor.get_by_role("button", name="Đăng nhập").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    expect(visitor.get_by_label("Email")).to_have_value(quen.owner_email)
    visitor.get_by_label("Mật khẩu").fill(quen.owner_password)
    visitor.get_by_role("button", name="Đăng nhập").click()
    visitor.wait_for_url("**/settings/people")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Cài đặt")


def test_signing_out_closes_the_console(visitor: Page, quen: Quen) -> None:
    sign_in(visitor, quen)
    visitor.get_by_role("button", name="Tài khoản của bạn").locator("visible=true").click()
    visitor.get_by_role("button", name="Đăng xuất").locator("visible=true").click()
    visitor.wait_for_url("**/sign-in*")
    visitor.goto("/")
    expect(visitor).to_have_url(re.compile("/sign-in"))


def test_slash_finds_the_search_box(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("0912 345 678")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/customers\?q=0912"))


def test_the_first_tab_leads_past_the_navigation(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".q-skip")).to_be_focused()


def test_language_and_theme_are_kept(visitor: Page, quen: Quen) -> None:
    sign_in(visitor, quen)
    visitor.get_by_role("button", name="Tài khoản của bạn").locator("visible=true").click()
    visitor.get_by_role("button", name="English").locator("visible=true").click()
    expect(visitor.get_by_role("link", name="Customers", exact=True)).to_be_visible()
    root = visitor.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    with visitor.expect_response("**/preferences/theme"):
        visitor.get_by_role("button", name="Light or dark").locator("visible=true").click()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    visitor.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    # The workspace is shared by the tests of this worker: leave it as it was.
    with visitor.expect_response("**/preferences/theme"):
        visitor.get_by_role("button", name="Light or dark").locator("visible=true").click()
    visitor.get_by_role("button", name="Your account").locator("visible=true").click()
    visitor.get_by_role("button", name="Tiếng Việt").locator("visible=true").click()
    expect(visitor.get_by_role("link", name="Khách hàng", exact=True)).to_be_visible()


def test_inviting_someone_who_then_comes_in(page: Page, visitor: Page, quen: Quen) -> None:
    page.goto("/settings/people/new")
    page.get_by_label("Email").fill("Bạn mới")
    page.get_by_role("button", name="Tạo lời mời").click()
    expect(page.locator(".invalid-feedback")).to_be_visible()
    page.get_by_label("Email").fill("banmoi@shop.vn")
    page.get_by_label("Tên", exact=True).fill("Bạn Mới")
    page.get_by_label("Vai trò").select_option("analyst")
    page.get_by_role("button", name="Tạo lời mời").click()
    link = page.locator(".q-code code").inner_text()
    assert link.startswith(quen.base_url)

    guest = visitor
    guest.goto(link)
    guest.get_by_label("Mật khẩu mới", exact=True).fill("một câu đủ dài để nhớ")
    guest.get_by_label("Nhập lại mật khẩu mới").fill("một câu đủ dài để nhớ")
    with guest.expect_navigation():
        guest.get_by_role("button", name="Lưu và tiếp tục").click()
    guest.goto("/")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Chào Bạn Mới")
    guest.goto("/settings/people")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Vai trò của bạn chưa mở được trang này")

    page.goto("/settings/people")
    page.get_by_role("link", name="Bạn Mới").click()
    page.get_by_role("button", name="Ngừng hoạt động").click()
    page.get_by_role("dialog").get_by_role("button", name="Hủy").click()
    page.get_by_role("button", name="Ngừng hoạt động").click()
    page.get_by_role("dialog").get_by_role("button", name="Ngừng hoạt động").click()
    expect(page.get_by_role("status")).to_contain_text("không còn đăng nhập được nữa")
    guest.goto("/")
    expect(guest).to_have_url(re.compile("/sign-in"))


def test_a_key_is_shown_once_and_revoked(page: Page) -> None:
    page.goto("/settings/keys")
    page.get_by_label("Tên").fill("Đồng bộ CRM")
    page.get_by_role("button", name="Tạo khóa").click()
    secret = page.locator("#new-key code").first.inner_text()
    headers = {"Authorization": f"Bearer {secret}"}
    assert page.request.get("/api/v1/keys", headers=headers).status == 403  # a developer's key
    page.goto("/settings/keys")
    expect(page.locator("#new-key")).to_have_count(0)
    row = page.get_by_role("row", name="Đồng bộ CRM")
    row.get_by_role("button", name="Thu hồi").click()
    page.get_by_role("dialog").get_by_role("button", name="Thu hồi").click()
    expect(page.get_by_role("row", name="Đồng bộ CRM")).to_have_count(0)
    assert page.request.get("/api/v1/keys", headers=headers).status == 401


def pages_of(page: Page) -> list[str]:
    links = page.locator("#navigation a.nav-link")
    return [links.nth(at).get_attribute("href") or "" for at in range(links.count())]


SETTINGS = ["/settings/people", "/settings/people/new", "/settings/keys", "/settings/preferences", "/nothing-here"]


def test_every_page_of_the_navigation_is_silent(page: Page) -> None:
    """No script error and nothing that the Content-Security-Policy had to block."""
    page.goto("/")
    for path in [*pages_of(page), *SETTINGS]:
        complaints(page).clear()
        page.goto(path)
        page.wait_for_load_state("load")
        noise = [line for line in complaints(page) if "404" not in line]
        assert not noise, (path, noise)


def test_every_page_of_the_navigation_fits_a_phone(phone_page: Page) -> None:
    phone_page.goto("/")
    for path in [*pages_of(phone_page), *SETTINGS]:
        phone_page.goto(path)
        phone_page.wait_for_load_state("load")
        wide = phone_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px wider than the screen"


def test_the_navigation_opens_on_a_phone(phone_page: Page) -> None:
    phone_page.goto("/")
    phone_page.get_by_role("button", name="Trình đơn").click()
    phone_page.get_by_role("link", name="Khách hàng", exact=True).click()
    expect(phone_page).to_have_url(re.compile("/customers"))
