"""Live events, Quarantine and the catalogue in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect

from tests.support import Quen, eventually, unique

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_live_events_arrive_by_themselves_with_their_fate(quen: Quen, page: Page) -> None:
    event, user = f"Event {unique(8)}", uuid4().hex
    page.goto("/live")
    quen.send(
        {"type": "track", "event": event, "userId": user, "properties": {"total": 5}}, {"type": "dance", "userId": user}
    )
    row = page.locator(".q-live-row", has_text=event)
    row.wait_for()
    expect(row).to_contain_text("Đã lưu")
    row.locator("summary").click()
    expect(row.locator("pre")).to_contain_text('"total": 5')
    expect(page.locator(".q-live-row", has_text="Loại không xác định").first).to_be_visible()
    # Paused, nothing moves; afterwards everything is there.
    page.locator("#live-pause").click()
    late = f"Event {unique(8)}"
    quen.send({"type": "track", "event": late, "userId": user})
    eventually(lambda: quen.api().get("events/recent", params={"event": late}).json()["items"])
    page.wait_for_timeout(1500)  # longer than the page would take to ask
    assert page.locator(".q-live-row", has_text=late).count() == 0
    page.locator("#live-pause").click()
    page.locator(".q-live-row", has_text=late).wait_for()
    page.goto(f"/live?text={user}&fate=dropped")
    expect(page.locator(".q-live-row")).to_have_count(1)
    assert not page.complaints  # type: ignore[attr-defined]


def test_a_quarantined_message_is_explained_and_sent_round_again(quen: Quen, page: Page) -> None:
    mark = uuid4().hex
    quen.send(*({"type": "dance", "userId": mark, "n": n} for n in range(3)))
    api = quen.api()
    eventually(lambda: len(api.get("quarantine", params={"text": mark}).json()["items"]) == 3)
    page.goto(f"/quarantine?text={mark}")
    page.locator(".q-reason", has_text="Loại không xác định").click()
    page.wait_for_url(re.compile("reason=unknown_type"))
    expect(page.locator(".q-explained")).to_contain_text("track, identify")
    rows = page.locator(".q-live-row")
    expect(rows).to_have_count(3)
    rows.first.locator("summary").click()
    expect(rows.first.locator("pre")).to_contain_text(mark)
    rows.first.get_by_role("button", name="Xử lý lại").click()
    page.get_by_text("Đã đưa 1 tin vào xử lý lại").wait_for()
    eventually(lambda: len(api.get("quarantine", params={"text": mark, "replayed": True}).json()["items"]) == 1)
    eventually(lambda: len(api.get("quarantine", params={"text": mark}).json()["items"]) == 3)
    page.goto(f"/quarantine?text={mark}")
    page.get_by_role("button", name="Xóa tất cả").click()
    page.locator("#q-confirm-yes").click()
    page.get_by_text("Đã xóa 3 tin").wait_for()
    assert api.get("quarantine", params={"text": mark}).json()["items"] == []


def test_the_catalogue_lists_what_came(quen: Quen, page: Page) -> None:
    event = f"Event {unique(8)}"
    quen.send({"type": "track", "event": event, "userId": uuid4().hex, "properties": {"size": "M"}})
    eventually(lambda: quen.api().get("events/catalogue", params={"query": event}).json()["items"])
    page.goto(f"/catalogue?q={event}")
    page.get_by_text(event).click()
    expect(page.get_by_role("row", name=re.compile("size"))).to_be_visible()
