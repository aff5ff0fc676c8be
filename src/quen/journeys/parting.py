"""Runs of people who are taken apart: each goes along with whoever started it. Only the engine writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from quen.db import execute_many, fetch_in


class RunOf(msgspec.Struct, frozen=True):
    """A run, and the messages by which it is known whose it is: what started it, then the event that tells of it."""

    id: int
    journey_id: int
    profile_id: int
    entry_key: str
    entry: int
    messages: tuple[str, ...]


class _Started(msgspec.Struct):
    message_id: str = ""


_started = msgspec.json.Decoder(_Started)


def runs_of(profile_ids: Collection[int]) -> list[RunOf]:
    rows = fetch_in(
        "SELECT id, journey_id, profile_id, entry_key, entry, context FROM journeys_run WHERE {in} ORDER BY id",
        profile_ids,
        column="profile_id",
    )
    return [
        RunOf(id_, journey_id, profile_id, entry_key, entry, _messages(id_, context))
        for id_, journey_id, profile_id, entry_key, entry, context in rows
    ]


def _messages(run_id: int, context: str) -> tuple[str, ...]:
    told = f"run-{run_id}-entered"
    started = _started.decode(context).message_id
    return (started, told) if started else (told,)


def owners(runs: Sequence[RunOf], by_message: Mapping[str, int]) -> dict[int, int]:
    """Run → person, of the runs of which it is known. `by_message`: message id → the person its event belongs to."""
    found = ((run.id, next((by_message[m] for m in run.messages if m in by_message), None)) for run in runs)
    return {run_id: person for run_id, person in found if person is not None}


def write(runs: Sequence[RunOf], of_run: Mapping[int, int]) -> None:
    """Give runs and what they sent to their people. The caller has the transaction."""
    moving = [run for run in runs if of_run.get(run.id, run.profile_id) != run.profile_id]
    taken = _entries({of_run[run.id] for run in moving}) if moving else {}
    changed: list[tuple[Any, ...]] = []
    for run in moving:
        person = of_run[run.id]
        numbers = taken[person, run.journey_id, run.entry_key]
        entry = run.entry if run.entry not in numbers else max(numbers) + 1
        numbers.add(entry)
        changed.append((person, entry, run.id))
    execute_many("UPDATE journeys_run SET profile_id = %s, entry = %s WHERE id = %s", changed)
    execute_many(
        "UPDATE delivery_message SET profile_id = %s WHERE run_id = %s",
        [(person, run_id) for run_id, person in of_run.items()],
    )


def _entries(people: Collection[int]) -> dict[tuple[int, int, str], set[int]]:
    found: dict[tuple[int, int, str], set[int]] = defaultdict(set)
    for person, journey_id, key, entry in fetch_in(
        "SELECT profile_id, journey_id, entry_key, entry FROM journeys_run WHERE {in}", people, column="profile_id"
    ):
        found[person, journey_id, key].add(entry)
    return found
