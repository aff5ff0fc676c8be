"""What there is about one sentence and one person, for *why*: the facts that it rests on. Times are ms UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Traits = Mapping[str, Any]
Metas = Mapping[str, Sequence[Any]]
"""Where the value of a trait or mark is from: `[event time, source id, …]` by name."""


class Happened(msgspec.Struct, frozen=True):
    """One event that a sentence is about; `values` are the properties that the sentence names."""

    at: int
    event: str
    values: dict[str, Any]


class Facts(msgspec.Struct, frozen=True):
    """Only that which fits its kind:

    - `trait`: (name, value, None where there is none);
    - `events`: `count` within its time and filters, the `latest` of them;
    - `segment`, `list`: in it `since` then, None when not;
    - `consent`: (purpose, the latest word: true, false, None where there is none), `since` then;
    - `address`: (trait or identifier, the address there, None where none is usable); `suppressed`: it gets nothing.
    """

    kind: str
    trait: tuple[str, Any] | None = None
    count: int = 0
    latest: list[Happened] = []
    since: int | None = None
    suppressed: bool = False


class OfEvents(msgspec.Struct, frozen=True):
    """A person's events tell more: those of `rows` (a condition in SQL on rows of `events`), and of each of them the
    properties that the sentence names."""

    rows: str
    properties: tuple[str, ...] = ()


class OfMembers(msgspec.Struct, frozen=True):
    """Whether and since when somebody is a member of this segment tells more."""

    segment_id: int


Asked = OfEvents | OfMembers


def since(metas: Metas, name: str) -> int | None:
    """When a trait or mark came to have its value."""
    return int(metas[name][0]) if name in metas else None
