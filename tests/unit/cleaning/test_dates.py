from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.cleaning import Locale, cleaned_birth, cleaned_date

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("1990-02-01", "1990-02-01"),
        ("01/02/1990", "1990-02-01"),
        ("1-2-1990", "1990-02-01"),
        ("19900201", "1990-02-01"),
        (19900201, "1990-02-01"),
        (19900201.0, "1990-02-01"),
        ("20240305", "2024-03-05"),
        ("1990/02/01", "1990-02-01"),
        ("ngày 5 tháng 3 năm 2024", "2024-03-05"),
        ("ngày 5 tháng ba năm 2024", "2024-03-05"),
        ("5 tháng tư, 2024", "2024-04-05"),
        ("5 tháng năm năm 2024", "2024-05-05"),
        ("5 tháng mười hai 2024", "2024-12-05"),
        ("5 thg 3 2024", "2024-03-05"),
        ("5-thg 3-2024", "2024-03-05"),
        ("Thứ Ba, 5/3/2024", "2024-03-05"),
        ("Chủ nhật, ngày 3 tháng 3 năm 2024", "2024-03-03"),
        ("19900201.0", "1990-02-01"),
        ("Ngày sinh: 01/02/1990", "1990-02-01"),
        ("sinh ngày 1/2/1990", "1990-02-01"),
        ("０１/０２/１９９０", "1990-02-01"),
        ("1 Feb 1990", "1990-02-01"),
        ("1-Feb-1990", "1990-02-01"),
        ("01021990", "1990-02-01"),
        ("01 02 1990", "1990-02-01"),
        ("1 / 2 / 1990", "1990-02-01"),
        ("19 / 12 - 1990", "1990-12-19"),
        ("20101990", "1990-10-20"),
        ("20121012", "2012-10-12"),
        ("20122012", "2012-12-20"),
        ("1-Feb-90", "1990-02-01"),
        ("February 1, 1990", "1990-02-01"),
        ("1st of February 1990", "1990-02-01"),
        ("Feb 1st, 1990", "1990-02-01"),
        ("Thu, 1 Feb 1990", "1990-02-01"),
        ("Thursday, February 1, 1990", "1990-02-01"),
        ("T5, 01/02/1990", "1990-02-01"),
        ("5 thg 3, 90", "1990-03-05"),
        ("ngày 5 tháng 3 năm 90", "1990-03-05"),
        (45291, "2023-12-31"),
        ("45291", "2023-12-31"),
        (45291.0, "2023-12-31"),
        ("45291.00", "2023-12-31"),
        (45291.75, "2023-12-31"),
        ("45291,75", "2023-12-31"),
        (32905, "1990-02-01"),
        (10_000, "1927-05-18"),
        (73_050, "2099-12-31"),
        ("01/02/1990 00:00:00", "1990-02-01"),
        ("1990-01-31T17:00:00.000Z", "1990-02-01"),  # midnight of the first in Vietnam
    ],
)
def test_one_day_however_it_is_written(written: object, clean: str) -> None:
    cleaned = cleaned_date(written)
    assert (cleaned.clean, cleaned.key, cleaned.problem) == (clean, clean, None)


def test_what_was_done() -> None:
    assert cleaned_date("1990-02-01").done == ()
    assert cleaned_date("1/2/1990").done == ("read",)
    assert cleaned_date("1/2/1990 08:30").done == ("read", "time_dropped")
    assert cleaned_date("8h30 1/2/1990").done == ("read", "time_dropped")
    assert cleaned_date(1_700_000_000).done == ("read", "time_dropped")
    assert cleaned_date("1/2/90").hints == ("two_digit_year",)
    assert cleaned_date("1-Feb-90").hints == ("two_digit_year",)
    assert cleaned_date("5 thg 3, 90").hints == ("two_digit_year",)
    assert cleaned_date("5 thg 3 1990 08:30").hints == ()
    assert cleaned_date("5 Feb 1990").hints == ()
    assert cleaned_date("ngày 05 tháng 03 năm 2024").hints == ()
    assert cleaned_date("01021990", Locale(day_first=False)).clean == "1990-01-02"
    assert cleaned_date(45291).done == ("serial",)
    assert cleaned_date(45291.75).done == ("serial", "time_dropped")


def test_the_month_stands_first_only_where_that_is_said() -> None:
    american = Locale(region="US", day_first=False)
    assert cleaned_date("02/01/1990", american).clean == "1990-02-01"
    assert cleaned_date("1990-02-01", american).clean == "1990-02-01"
    assert cleaned_date("12/25/1990").problem == "no_such_day"
    assert cleaned_date("12/25/1990", american).clean == "1990-12-25"


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("1990", {"year": "1990"}),
        (1990, {"year": "1990"}),
        (1990.0, {"year": "1990"}),
        ("1990.0", {"year": "1990"}),
        ("năm 1990", {"year": "1990"}),
        ("3/2024", {"year": "2024", "month": "03"}),
        ("2024-03", {"year": "2024", "month": "03"}),
        ("tháng 3 năm 2024", {"year": "2024", "month": "03"}),
        ("tháng ba 2024", {"year": "2024", "month": "03"}),
        ("5/3", {"month": "03", "day": "05"}),
        ("5 thg 3", {"month": "03", "day": "05"}),
        ("ngày 5 tháng 3", {"month": "03", "day": "05"}),
        ("sinh năm 1990", {"year": "1990"}),
        ("Năm sinh: 1990", {"year": "1990"}),
        ("SN 1990", {"year": "1990"}),
        ("tháng 3, 2024", {"year": "2024", "month": "03"}),
        ("March 2024", {"year": "2024", "month": "03"}),
        ("Mar-2024", {"year": "2024", "month": "03"}),
        ("Sept. 2024", {"year": "2024", "month": "09"}),
        ("5 March", {"month": "03", "day": "05"}),
        ("March 5th", {"month": "03", "day": "05"}),
        ("March", {"month": "03"}),
        ("Mar-24", {"month": "03"}),
        ("00/00/1990", {"year": "1990"}),
        ("1990-00-00", {"year": "1990"}),
        ("00/03/1990", {"year": "1990", "month": "03"}),
        ("1990-03-00", {"year": "1990", "month": "03"}),
    ],
)
def test_a_partial_date_is_never_filled_in(written: object, parts: dict[str, str]) -> None:
    cleaned = cleaned_date(written)
    assert (cleaned.clean, cleaned.key, cleaned.problem) == (None, None, "partial")
    assert dict(cleaned.parts) == parts


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        ([], "not_text"),
        ("1" * 61, "too_long"),
        ("31/02/1990", "no_such_day"),
        ("1990-13-01", "no_such_day"),
        ("0001-01-01", "no_such_day"),
        ("hôm qua", "unreadable"),
        ("20/2024", "unreadable"),
        ("0000-00-00", "no_such_day"),
        ("5 Marx 2024", "unreadable"),
        ("Mayor 2024", "unreadable"),
        (999.5, "unreadable"),
        (73_051, "unreadable"),
        (453, "unreadable"),
        (-45291, "unreadable"),
        ("452911", "unreadable"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_date(written)
    assert (cleaned.problem, cleaned.clean) == (problem, None)


def test_births() -> None:
    assert cleaned_birth("01/02/1990", today=TODAY).clean == "1990-02-01"
    assert cleaned_birth("22/11/2026", today=TODAY).clean == "2026-11-22"
    assert cleaned_birth("23/11/2026", today=TODAY).problem == "in_future"
    assert cleaned_birth("01/02/2090", today=TODAY).problem == "in_future"
    assert cleaned_birth("01/02/1890", today=TODAY).problem == "too_long_ago"
    assert cleaned_birth("1990", today=TODAY).problem == "partial"
    assert cleaned_birth("1/2/90", today=TODAY).clean == "1990-02-01"
    turned = cleaned_birth("1/2/45", today=TODAY)
    assert (turned.clean, turned.done, turned.hints) == ("1945-02-01", ("read", "century"), ("two_digit_year",))
    assert cleaned_birth("1/2/2045", today=TODAY).problem == "in_future"
    assert cleaned_birth("1-Feb-45", today=TODAY).clean == "1945-02-01"
    assert cleaned_birth(32905, today=TODAY).clean == "1990-02-01"
    assert cleaned_birth(73_050, today=TODAY).problem == "in_future"


@given(
    st.text(max_size=40)
    | st.from_regex(r"[0-9]{1,4}[/.-][0-9]{1,2}([/.-][0-9]{1,4})?", fullmatch=True)
    | st.integers()
    | st.integers(9_000, 80_000)
    | st.floats(9_000, 80_000)
    | st.from_regex(r"([0-9]{1,2}[ -])?(mar|thg 3|tháng ba|sept)([ -][0-9]{1,2})?([ -][0-9]{2,4})?", fullmatch=True)
)
def test_what_came_is_kept_and_nothing_changes_twice(value: object) -> None:
    for locale in (Locale(), Locale(region="US", day_first=False, zone="America/New_York")):
        cleaned = cleaned_date(value, locale)
        assert cleaned.given is value
        assert (cleaned.clean is None) == (cleaned.problem is not None)
        assert cleaned_birth(value, locale, today=TODAY).given is value
        if cleaned.clean:
            again = cleaned_date(cleaned.clean, locale)
            assert (again.clean, again.key, again.done) == (cleaned.clean, cleaned.key, ())


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1)))
def test_every_day_is_itself(day: date) -> None:
    for zone in ("Asia/Ho_Chi_Minh", "America/New_York", "Pacific/Auckland"):
        assert cleaned_date(day.isoformat(), Locale(zone=zone)).clean == day.isoformat()
