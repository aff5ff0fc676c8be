"""Times, numbers and cursors, as people and programs get them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from quen.errors import InvalidInput
from quen.ids import now_ms
from quen.web.charts import chart
from quen.web.paging import limit_of, page, read_cursor, write_cursor
from quen.web.status import STATUSES
from quen.web.templatetags.quen import ago, badge, initials, localtime, moment, money, number, percent, share, vnd
from quen.web.times import day_start, last_days, local, parse_rfc3339, rfc3339

MOMENTS = st.integers(0, 4_102_444_800_000)  # 1970 to 2100


@given(MOMENTS)
def test_rfc3339_is_read_back(ms: int) -> None:
    text = rfc3339(ms)
    assert text is not None
    assert text.endswith("Z")
    assert parse_rfc3339(text) == ms


def test_a_time_without_an_offset_is_in_the_workspaces_zone() -> None:
    assert parse_rfc3339("2026-01-31T07:00:00") == parse_rfc3339("2026-01-31T00:00:00Z")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "\x00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_rfc3339(text)


@given(MOMENTS, st.integers(1, 60))
def test_the_last_days_end_today_and_begin_at_midnight(now: int, count: int) -> None:
    days = last_days(now, count)
    assert len(set(days)) == count
    assert days[-1] == local(now).date()
    assert day_start(days[-1]) <= now
    assert local(day_start(days[0])).hour == 0


@given(st.integers(-(10**15), 10**15))
def test_numbers_are_grouped_by_language(value: int) -> None:
    with translation.override("vi"):
        assert int(number(value).replace(".", "")) == value
    with translation.override("en"):
        assert number(value) == f"{value:,}"


def test_numbers_money_and_shares() -> None:
    with translation.override("vi"):
        assert number(1234567.5, 1) == "1.234.567,5"
        assert vnd(1250000) == "1.250.000\u00a0₫"
        assert money(12.5, "USD") == "12,50\u00a0USD"
        assert percent(0.1234) == "12,3%"
        assert share(1, 3) == "33,3%"
        assert share(0, 0) == "–"
        assert number(None) == vnd("") == "–"
        assert number("nhiều") == "nhiều"


def test_moments_for_people() -> None:
    with translation.override("vi"):
        noon = parse_rfc3339("2026-01-31T05:00:00Z")
        assert localtime(noon) == "31/01/2026 12:00"
        assert localtime(noon, "day") == "Thứ Bảy, 31/01/2026"
        assert ago(now_ms()) == "vừa xong"
        assert ago(now_ms() - 5 * 60_000) == "5 phút trước"
        assert ago(now_ms() + 3 * 3_600_000) == "3 giờ nữa"
        assert ago(noon) == "31/01/2026"
        assert localtime(None) == ago(None) == moment(None) == "–"
        assert 'datetime="2026-01-31T05:00:00.000Z"' in moment(noon)


def test_statuses_are_escaped_and_known_ones_translated() -> None:
    with translation.override("vi"):
        assert "Bản nháp" in badge("draft")
        assert "<b>" not in badge("<b>")
        assert all(str(label) for label, _colour in STATUSES.values())


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Nguyễn Thị Lan", "NL"), ("lan.nguyen@shop.vn", "LN"), ("Lan", "L"), ("", "?"), ("  ", "?"), ("@", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


JSON = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=5)


@given(JSON)
def test_cursors_are_read_back(value: object) -> None:
    cursor = write_cursor(value)
    assert cursor.isascii()
    assert read_cursor(cursor) == value


@given(st.text(max_size=40))
def test_any_other_cursor_is_refused_or_read_but_breaks_nothing(text: str) -> None:
    with suppress(InvalidInput):
        read_cursor(text)


@given(st.lists(st.integers(), max_size=30), st.integers(1, 30))
def test_a_page_is_cut_and_says_whether_there_is_more(items: list[int], limit: int) -> None:
    cut = page(items, limit, lambda item: item)
    assert cut["items"] == items[:limit]
    assert (cut["next"] is not None) == (len(items) > limit)
    if cut["next"]:
        assert read_cursor(cut["next"]) == items[limit - 1]


def test_limits_are_bounded() -> None:
    assert (limit_of(None), limit_of("7"), limit_of(0), limit_of(10**9)) == (50, 7, 1, 200)
    with pytest.raises(InvalidInput):
        limit_of("many")


def test_a_chart_has_its_numbers_as_rows() -> None:
    made = chart("Events", ["a", "b"], {"x": [1, 2], "y": [3, 4]})
    assert made["rows"] == [{"label": "a", "values": [1, 3]}, {"label": "b", "values": [2, 4]}]
