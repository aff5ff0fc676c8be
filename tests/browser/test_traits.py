"""The traits tab and its settings in a real browser, on a desktop and on a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support import Quen, eventually, unique

if TYPE_CHECKING:
    from playwright.sync_api import Page

START = datetime.now(UTC) - timedelta(days=3)


def says(user: str, minute: int, **traits: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": "identify", "userId": user, "traits": traits, "timestamp": at}


@pytest.fixture(params=["page", "phone_page"])
def screen(request: pytest.FixtureRequest) -> Page:
    """The console on a desktop, and on a phone."""
    page: Page = request.getfixturevalue(request.param)
    return page


def no_sideways(screen: Page) -> bool:
    return bool(screen.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_trait_with_its_other_values_and_its_history(quen: Quen, screen: Page) -> None:
    mark = unique(8)
    user, tier = f"u-{mark}", f"tier_{mark}"
    till = quen.source("server", f"Quầy {mark}")
    quen.send(says(user, 1, **{tier: "Bạc", "city": "Huế"}), says(user, 3, **{tier: "Vàng"}))
    quen.send(says(user, 2, **{tier: "Bạch kim"}), source=till)
    quen.settle()
    person = quen.profile(f"user_id:{user}")
    screen.goto(f"/customers/{person['id']}/traits")
    row = screen.get_by_role("row").filter(has=screen.get_by_role("rowheader", name=tier))
    expect(row).to_contain_text("Vàng")
    row.get_by_text("2 giá trị khác").click()
    others = row.locator(".q-others li")
    expect(others.nth(0)).to_contain_text("Bạch kim")
    expect(others.nth(0)).to_contain_text(f"Quầy {mark}")
    expect(others.nth(1)).to_contain_text("Bạc")
    assert no_sideways(screen)
    row.get_by_role("link", name=f"Lịch sử của {tier}").click()
    screen.get_by_role("heading", name=f"Lịch sử của “{tier}”").wait_for()
    changes = screen.locator("#history .q-change")
    changes.nth(2).wait_for()
    assert [c.replace("\n", " ") for c in changes.locator(".q-change-line s").all_inner_texts()] == ["Bạch kim", "Bạc"]
    assert "Quầy" in changes.nth(1).inner_text()
    assert no_sideways(screen)
    screen.get_by_role("link", name="Tất cả thuộc tính").click()
    screen.locator("#history .q-change").nth(3).wait_for()
    assert not screen.complaints  # type: ignore[attr-defined]


def test_which_value_counts_is_chosen_and_applied_to_the_present_data(quen: Quen, screen: Page) -> None:
    mark = unique(8)
    user, tier = f"u-{mark}", f"tier_{mark}"
    till = quen.source("server", f"Quầy {mark}")
    quen.send(says(user, 1, **{tier: "Vàng"}), source=till)
    quen.send(says(user, 2, **{tier: "Bạc"}))
    quen.settle()
    screen.goto(f"/settings/traits?trait={tier}")
    expect(screen.get_by_role("radio", name="Mới nhất")).to_be_checked()
    places = screen.get_by_role("group", name="Thứ tự ưu tiên của nguồn")
    expect(places).to_be_hidden()
    screen.get_by_role("radio", name="Theo nguồn").check()
    screen.get_by_role("button", name="Lưu").click()
    screen.get_by_text("Hãy đánh số cho ít nhất một nguồn.").wait_for()
    expect(screen.get_by_role("radio", name="Theo nguồn")).to_be_checked()
    places.get_by_label(f"Quầy {mark}").fill("1")
    assert no_sideways(screen)
    screen.get_by_role("button", name="Lưu").click()
    screen.get_by_text("Đã lưu. Có hiệu lực").wait_for()
    row = screen.get_by_role("row").filter(has=screen.get_by_role("rowheader", name=tier))
    expect(row).to_contain_text("Theo nguồn")
    expect(row).to_contain_text(f"Quầy {mark}")
    assert no_sideways(screen)
    screen.get_by_role("button", name="Áp dụng cho dữ liệu hiện có").click()
    eventually(lambda: quen.profile(f"user_id:{user}")["traits"][tier] == "Vàng")
    eventually(lambda: quen.api().get("settings/traits").json()["rebuild"]["status"] == "done")
    screen.get_by_text("Lần gần nhất").wait_for()
    # A correction by hand counts until the source that stands first speaks again.
    person = quen.profile(f"user_id:{user}")
    screen.goto(f"/customers/{person['id']}/traits?edit={tier}#edit")
    screen.get_by_text("bắt đầu lại thuộc tính này").wait_for()
    screen.locator("#trait-value").fill("Kim cương")
    screen.get_by_role("button", name="Lưu").click()
    screen.get_by_role("cell", name="Kim cương").wait_for()
    assert quen.profile(f"user_id:{user}")["traits"][tier] == "Kim cương"
    # The answer that says what is wrong with a form is a 422: the browser tells of it, nothing else does.
    assert [c for c in screen.complaints if "422" not in c] == []  # type: ignore[attr-defined]
