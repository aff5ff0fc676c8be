"""Whether the journey still wants a queued message to go out. Reads the tables of journeys and segments, in sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from quen.db import fetch_in
from quen.identity.store import canonical

PAUSED = "journey_paused"  # not a refusal: the message waits
_EXIT_STEP = "exit_step"  # a run that ended by its own last step; what it sent before is wanted


class Queued(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def profile_id(self) -> int: ...
    @property
    def run_id(self) -> int | None: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


def still_wanted(messages: Sequence[Queued]) -> dict[int, str | None]:
    """Message id → why not to send it, None to send it.

    Reasons: the run's own (it left by its exit rule or event, the journey was archived, …), `exit_rule` when the rule
    holds now, and PAUSED.
    """
    run_ids = {m.run_id for m in messages if m.run_id is not None}
    runs = {
        run_id: (status, reason, journey_status)
        for run_id, status, reason, journey_status in fetch_in(
            "SELECT r.id, r.status, r.reason, j.status FROM journeys_run r"
            " JOIN journeys_journey j ON j.id = r.journey_id WHERE {in}",
            run_ids,
            column="r.id",
        )
    }
    left = _members_of_exit_segments(messages)
    return {m.id: _reason(m, runs, left) for m in messages}


def _reason(message: Queued, runs: Mapping[int, tuple[str, str, str]], left: set[int]) -> str | None:
    if message.run_id is not None and message.run_id in runs:
        status, reason, journey_status = runs[message.run_id]
        if status == "exited" and reason != _EXIT_STEP:
            return reason or "run_exited"
        if journey_status == "paused":
            return PAUSED
    return "exit_rule" if message.id in left else None


def _members_of_exit_segments(messages: Sequence[Queued]) -> set[int]:
    """Ids of the messages whose person is in the segment that follows the exit rule."""
    watched = {m.id: int(segment) for m in messages if (segment := m.payload.get("exit_segment"))}
    if not watched:
        return set()
    survivors = canonical({m.profile_id for m in messages})
    people = {m.id: survivors.get(m.profile_id, m.profile_id) for m in messages}
    members = set(
        fetch_in(
            "SELECT segment_id, profile_id FROM segments_member WHERE {in}", set(people.values()), column="profile_id"
        )
    )
    return {message_id for message_id, segment in watched.items() if (segment, people[message_id]) in members}
