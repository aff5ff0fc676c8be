"""Which figures are bad, and when an incident begins and ends: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.system.incidents import CLOSES_AFTER, OPENS_AFTER, Streaks, turn
from quen.system.judging import BAD, OK, WATCH, Finding, Limits, judge
from quen.system.snapshot import Backups, Channel, Snapshot
from quen.system.words import say

WELL = Snapshot(at=1, edge="", disk_total=100, disk_free=90)
DAY = 86_400_000
CASES = [
    ("edge", {"edge": "status 503"}, BAD),
    ("engine", {"engine": "the engine is starting"}, BAD),
    ("lag", {"lag_ms": 20_000, "waiting": 3}, WATCH),
    ("lag", {"lag_ms": 120_001, "waiting": 3}, BAD),
    ("flips", {"flips_overdue_ms": 11_000, "flips_due": 2}, WATCH),
    ("flips", {"flips_overdue_ms": 500_000, "flips_due": 2}, BAD),
    ("quarantine", {"quarantined": {"invalid": 30}, "stored": 70}, BAD),
    ("quarantine", {"quarantined": {"invalid": 3}, "stored": 10}, WATCH),  # few: nobody is woken
    ("quarantine", {"quarantined": {"invalid": 3}, "stored": 10_000}, OK),
    ("email", {"channels": {"email": Channel(hour={"accepted": 10, "failed": 5})}}, BAD),
    ("email", {"channels": {"email": Channel(hour={"accepted": 1, "failed": 1})}}, WATCH),
    ("email", {"channels": {"email": Channel(waiting=1, oldest_ms=1_000_000)}}, BAD),
    ("webhook", {"channels": {"webhook": Channel(hour={"unknown": 5})}}, BAD),
    ("webhook", {"hooks_paused": 1}, WATCH),
    ("webhook", {"hooks_paused": 1, "channels": {"webhook": Channel(hour={"unknown": 5})}}, BAD),
    ("segments", {"segments_paused": 1}, WATCH),
    ("segments", {"segments_wrong": 1}, BAD),
    ("disk", {"disk_free": 15}, WATCH),
    ("disk", {"disk_free": 5}, BAD),
    ("backups", {"backups": Backups(DAY)}, OK),  # the first is under way
    ("backups", {"backups": Backups(DAY, failed=True)}, BAD),
    ("backups", {"backups": Backups(DAY, DAY + 1)}, OK),
    ("backups", {"backups": Backups(DAY, DAY // 2, failed=True)}, WATCH),
    ("backups", {"backups": Backups(DAY, 2 * DAY + 1)}, BAD),
]


@pytest.mark.parametrize(("check", "figures", "level"), CASES)
def test_a_figure_past_its_limit_is_found_and_nothing_else(check: str, figures: dict[str, object], level: str) -> None:
    found = judge(Snapshot(**({"at": 1, "edge": "", "disk_total": 100, "disk_free": 90} | figures)), Limits())  # type: ignore[arg-type]
    assert {f.check: f.level for f in found if f.level != OK} == ({check: level} if level != OK else {})
    said = {f.check: say(f.check, f.level, f.figures) for f in found}
    assert said[check].text
    assert bool(said[check].todo) == (level != OK)


def test_an_edge_that_is_not_ours_is_not_judged() -> None:
    assert "edge" not in {f.check for f in judge(Snapshot(at=1), Limits())}


@given(st.lists(st.booleans(), max_size=60))
def test_an_incident_opens_after_bad_looks_in_a_row_and_closes_after_good_ones(looks: list[bool]) -> None:
    streaks, is_open = Streaks(), False
    for at, bad in enumerate(looks):
        change = turn(streaks, ["lag"] if is_open else [], [Finding("lag", BAD if bad else WATCH)])
        opens = not is_open and at + 1 >= OPENS_AFTER and all(looks[at + 1 - OPENS_AFTER : at + 1])
        closes = is_open and not any(looks[max(0, at + 1 - CLOSES_AFTER) : at + 1])
        assert ([f.check for f in change.opened], change.closed) == (["lag"] * opens, ["lag"] * closes)
        is_open = (is_open or opens) and not closes
