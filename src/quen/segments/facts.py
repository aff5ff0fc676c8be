"""What the live evaluator works on. Times are milliseconds UTC."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from quen.profiles.state import NewValue
from quen.segments.state import LiveState

__all__ = ["Change", "Fact", "LiveState", "Person"]


class Fact(msgspec.Struct):
    """An event of a person. `id` settles which of two at the same instant is the later one."""

    event: str
    properties: dict[str, Any]
    time: int
    id: int = 0


class Person(Protocol):
    """A profile as segments see it: ProfileState is one. `valued` takes what computed traits come to."""

    id: int
    traits: dict[str, Any]
    valued: tuple[NewValue, ...]


class Change(msgspec.Struct, frozen=True, gc=False):
    """A person entered or left. `at`: the true instant of a flip by time, else the `now` of the batch.

    `backfill`: found by the first computation of a segment (or of a new version), not by something that happened: it
    is recorded, but starts no journey. `next`: into or out of a version that has not taken its place yet, of which
    nothing is told; `segment_id` is then its slot.
    """

    segment_id: int
    entered: bool
    at: int
    backfill: bool = False
    next: bool = False
