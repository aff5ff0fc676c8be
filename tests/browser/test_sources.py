"""Data → Sources and Imports, by somebody who connects a website and brings in a file."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support import Quen, eventually, unique


def test_a_source_is_made_and_hears_its_first_event(quen: Quen, page: Page) -> None:
    page.goto("/sources/new")
    page.locator("#name").fill("Trang chủ mới")
    page.locator("form.card button.btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Trang chủ mới")
    expect(page.locator("#arrivals")).to_contain_text("Đang chờ sự kiện đầu tiên")
    code = page.locator(".q-code code").first.inner_text()
    key = page.locator(".col-lg-4 .q-code code").first.inner_text().strip()
    assert key in code
    assert quen.edge_url in code
    quen.send({"type": "track", "event": "First Light", "anonymousId": "browser-sources-1"}, source=key)
    expect(page.locator("#arrivals")).to_contain_text("First Light")


def test_every_snippet_is_a_tab(quen: Quen, page: Page) -> None:
    key = quen.source("server", "Snippets")
    page.goto("/sources")
    page.get_by_role("link", name="Snippets").click()
    for name in ("curl", "Node.js", "Python", "Java", "Ruby", "Go", "PHP"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(".col-lg-8 .q-code").last).to_contain_text(key)


def test_a_source_is_switched_off_and_gets_a_new_key(quen: Quen, page: Page) -> None:
    key = quen.source("server", "Quầy tạm")
    page.goto("/sources")
    page.get_by_role("link", name="Quầy tạm").click()
    page.get_by_role("button", name="Tắt").click()
    page.locator("dialog[open]").get_by_role("button", name="Tắt").click()
    expect(page.locator("h1")).to_contain_text("Đã tắt")
    page.get_by_role("button", name="Bật").click()
    expect(page.get_by_role("button", name="Tắt")).to_be_visible()
    page.get_by_role("button", name="Khóa mới").click()
    page.locator("dialog[open]").get_by_role("button", name="Khóa mới").click()
    expect(page.locator(".col-lg-4 .q-code code").first).not_to_have_text(key)


def test_a_name_is_needed(page: Page) -> None:
    page.goto("/sources/new")
    page.locator("#name").evaluate("field => field.required = false")
    page.locator("form.card button.btn-primary").click()
    expect(page.locator("#name_error")).to_be_visible()


def test_a_file_is_mapped_tried_and_imported(quen: Quen, page: Page, tmp_path: Path) -> None:
    path = tmp_path / "khách hàng.csv"
    mark = unique()
    rows = [f"{mark}{n};Khách {n} <img src=x onerror=alert(1)>;{mark}{n}@shop.example;{n}" for n in range(50)]
    path.write_text("\n".join(["Số hiệu;Họ tên;Thư;Điểm", *rows, "BR-x;quá;nhiều;cột;ở đây"]), encoding="utf-8-sig")
    page.goto("/imports/new")
    page.locator("#file").set_input_files(path)
    page.locator("[name=kind][value=customers]").check()
    page.locator("form.card button.btn-primary").click()
    expect(page.locator("h1")).to_have_text("Các cột nghĩa là gì?")
    page.get_by_label("Số hiệu").select_option("customer_id")
    page.get_by_label("Thư").select_option("email")
    page.get_by_role("button", name="Thử cả tệp").click()
    expect(page.get_by_role("button", name="Nhập vào")).to_be_visible()
    expect(page.get_by_text("has 5 cells where the header has 4 columns")).to_be_visible()
    assert quen.api().get(f"profiles/user_id:{mark}7").status_code == 404  # a trial stores nothing
    page.get_by_role("button", name="Nhập vào").click()
    expect(page.get_by_text("khách hàng mới")).to_be_visible()
    person = quen.profile(f"user_id:{mark}7")
    assert person["traits"]["email"] == f"{mark}7@shop.example"
    assert person["traits"]["diem"] == 7
    page.goto("/imports")
    expect(page.get_by_role("link", name="khách hàng.csv").first).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="khách hàng.csv").first.click()
        page.get_by_role("link", name="Tải tất cả (CSV)").click()
    assert "BR-x" in download.value.path().read_text("utf-8-sig")


def test_a_file_that_cannot_be_read_says_why(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("")
    page.goto("/imports/new")
    page.locator("#file").set_input_files(path)
    page.locator("form.card button.btn-primary").click()
    expect(page.get_by_role("alert")).to_contain_text("empty")


def test_an_interrupted_import_goes_on_when_the_app_comes_back(quen: Quen, tmp_path: Path) -> None:
    lines = "".join(f"Resumed,resume-{n % 200},2026-03-05 08:00:00,{n}\n" for n in range(60_000))
    content = f"event,user_id,time,nr\n{lines}".encode()
    made = quen.api().post("imports", data={"kind": "events"}, files={"file": ("many.csv", content)}).json()
    quen.restart_app()

    def done() -> bool:
        return bool(quen.api().get(f"imports/{made['id']}").json()["status"] == "done")

    eventually(done, 300)
    row = quen.api().get(f"imports/{made['id']}").json()
    assert (row["rows"], row["accepted"]) == (60_000, 60_000)


def test_on_a_phone(phone_page: Page) -> None:
    for path in ("/sources", "/sources/new", "/imports", "/imports/new"):
        phone_page.goto(path)
        assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390, path
