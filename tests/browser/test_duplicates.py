"""The queue of duplicates in a browser: evidence to read, decisions by keyboard, on a desktop and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.flows.test_duplicates import pair_of, search, twice
from tests.support import Quen, eventually


@pytest.fixture(scope="module")
def pairs(quen: Quen) -> list[tuple[str, str]]:
    """Four people who are there twice, after a search; the last is the phone's."""
    made = [twice(quen) for _ in range(4)]
    search(quen)
    return made


def test_deciding_by_keyboard(page: Page, quen: Quen, pairs: list[tuple[str, str]]) -> None:
    merged, two, off = (pair_of(quen, *pair, "open") for pair in pairs[:3])
    assert merged and two and off

    page.goto(f"/duplicates/review?pair={merged['id']}")
    expect(page.get_by_role("heading", name="Một người hay hai?")).to_be_visible()
    evidence = page.get_by_role("list").filter(has_text="Ngày sinh")
    expect(evidence).to_contain_text("nói mạnh là một người")
    expect(page.locator(".q-agrees").first).to_be_visible()
    expect(page.locator(".q-waterfall rect").first).to_be_visible()
    page.keyboard.press("m")
    # The second where the engine takes its time.
    expect(page.get_by_text(re.compile("Nay họ là một người|Việc hợp nhất đang được thực hiện"))).to_be_visible()
    web, till = pairs[0]
    eventually(lambda: quen.profile(f"email:{web}")["id"] == quen.profile(f"customer_code:{till}")["id"])

    page.goto(f"/duplicates/review?pair={two['id']}")
    page.keyboard.press("n")
    expect(page.get_by_text("Đã ghi nhớ: đây là hai người.")).to_be_visible()
    assert quen.api().get(f"duplicates/{two['id']}").json()["status"] == "not_same"
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page).to_have_url(re.compile(f"pair={two['id']}"))
    assert quen.api().get(f"duplicates/{two['id']}").json()["status"] == "open"

    page.goto(f"/duplicates/review?pair={off['id']}")
    page.keyboard.press("s")
    expect(page.get_by_text("Để lại một tuần.")).to_be_visible()
    assert quen.api().get(f"duplicates/{off['id']}").json()["status"] == "later"


def test_a_search_shows_how_far_it_is(page: Page, quen: Quen, pairs: list[tuple[str, str]]) -> None:
    page.goto("/duplicates")
    expect(page.get_by_role("link", name="Trùng lặp")).to_have_attribute("aria-current", "page")
    before = len(runs(quen))
    page.get_by_role("button", name="Tìm ngay").click()
    expect(page.get_by_role("progressbar").or_(page.get_by_text("Lần tìm gần nhất"))).to_be_visible()
    eventually(lambda: runs(quen) == ["done"] * (before + 1), 300)
    # The page renews itself when a search ends: what is typed below is typed into a page that stays.
    page.goto("/duplicates")
    expect(page.get_by_role("button", name="Tìm ngay")).to_be_visible()
    expect(page.get_by_text("cặp mới", exact=False).first).to_contain_text("so sánh")
    page.locator(".q-chart-foot summary").click()
    expect(page.locator(".q-chart-table")).to_contain_text("Tìm thấy")
    csv = page.request.get("/duplicates/days.csv")
    assert csv.text().lstrip("\ufeff").splitlines()[0] == "day,found,merged,not_same"
    page.get_by_label("Hiện các cặp có xác suất từ").fill("60")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_label("Hiện các cặp có xác suất từ")).to_have_value("60")
    eventually(lambda: quen.api().get("duplicates/settings").json()["threshold"] == 0.6)
    quen.api().patch("duplicates/settings", json={"threshold": 0.5})


def runs(quen: Quen) -> list[str]:
    """How the searches ended."""
    return [run["status"] for run in quen.api().get("duplicates/runs").json()["items"]]


def test_the_queue_fits_a_phone(phone_page: Page, quen: Quen, pairs: list[tuple[str, str]]) -> None:
    if pair := pair_of(quen, *pairs[3], "open"):
        assert quen.api().post(f"duplicates/{pair['id']}/later").status_code == 200
    phone_page.goto("/duplicates/pairs?status=later")
    phone_page.get_by_role("link", name=re.compile("xác suất")).first.click()
    expect(phone_page.get_by_role("button", name=re.compile("hợp nhất"))).to_be_visible()
    wide, seen = phone_page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen
