"""How rows of `events` decide a condition, as SQL. What makes a query of it is told.py."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Rows(msgspec.Struct, frozen=True):
    """Some rows of `events`: of an event, at some time, whose properties pass. Conditions in SQL."""

    event: str
    times: tuple[str, ...]
    filters: tuple[str, ...]


class Half(msgspec.Struct, frozen=True):
    """The rows where `first` holds, which costs little to read, and then `rest`; `given` is a value of each."""

    first: str
    rest: str
    given: str


class Alone(msgspec.Struct, frozen=True):
    """The same as a `Told` of rows of one kind says, cheaper where nothing else is asked of the events.

    The halves have between them every row that matters, once. `decides` is a condition on the group of one person's:
    on `given`, `time` and `id`. Who has none is left to `Told.nothing`.
    """

    halves: tuple[Half, ...]
    decides: str


class Told(msgspec.Struct, frozen=True):
    """A condition that a person's events alone decide. Several of them are told by one pass over the events.

    `decides` gives the condition on the group of one person's rows, of which those of `rows` are some: it says for each
    of them which are meant (see `told.py`). Never NULL. `nothing`: whether it holds without any such event; `whole`:
    whether it only asks if there is any row, whichever.
    """

    rows: tuple[Rows, ...]
    decides: Callable[[Callable[[Rows], str]], str]
    nothing: bool
    whole: bool = False
    alone: Alone | None = None
