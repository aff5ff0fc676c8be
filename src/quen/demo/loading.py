"""Puts the year of the sample shop into the journal, day by day; interrupted, it goes on where it was."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from quen.demo.behaviour import Sent, a_day, plan_visits
from quen.demo.people import Person, make_people, truth
from quen.journal.protocol import Journal, NewEntry
from quen.protocol.messages import Envelope

DAYS_PER_APPEND = 5
MESSAGES_PER_ENTRY = 500


class DemoState(msgspec.Struct):
    """What the data directory's sample shop is; `end_ms` is when its generated year ends."""

    seed: int
    customers: int
    days: int
    end_ms: int
    password: str
    loaded_days: int = 0
    last_offset: int = 0  # of the journal: when the engine is there, everything is

    @classmethod
    def read(cls, path: Path) -> DemoState | None:
        return msgspec.json.decode(path.read_bytes(), type=cls) if path.exists() else None

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".new")
        scratch.touch(0o600)
        scratch.write_bytes(msgspec.json.format(msgspec.json.encode(self)))
        scratch.replace(path)


def load(
    state: DemoState, path: Path, sources: dict[str, int], journal: Journal, progress: Callable[[int], None]
) -> None:
    """`sources`: source ids by their key in SOURCES. Calls `progress` with the number of days done."""
    people = make_people(state.seed, state.customers)
    _write_truth(people, path.with_name("truth.csv"))
    visits = plan_visits(state.seed, people, state.days)
    for first in range(state.loaded_days, state.days, DAYS_PER_APPEND):
        last = min(first + DAYS_PER_APPEND, state.days)
        entries: list[NewEntry] = []
        for day in range(first, last):
            entries += _entries(a_day(state.seed, people, visits[day], day, state.end_ms, state.days), sources)
        if entries:
            state.last_offset = journal.append(entries)
        state.loaded_days = last
        state.write(path)
        progress(last)


def _entries(day: Sequence[Sent], sources: dict[str, int]) -> list[NewEntry]:
    by_source: dict[str, list[msgspec.Raw]] = {}
    for sent in day:
        by_source.setdefault(sent.source, []).append(msgspec.Raw(msgspec.json.encode(sent.message)))
    return [
        NewEntry("track", sources[source], msgspec.json.encode(_history(raw[at : at + MESSAGES_PER_ENTRY])))
        for source, raw in by_source.items()
        for at in range(0, len(raw), MESSAGES_PER_ENTRY)
    ]


def _history(messages: list[msgspec.Raw]) -> Envelope:
    """Brought in as an import is: the website's events may be years old."""
    return Envelope(messages=messages, remember=True)


def _write_truth(people: list[Person], path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("person", "identifier", "value"))
        writer.writerows(truth(people))
