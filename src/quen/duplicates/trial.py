"""Matching tried on the rows of a file. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from quen.duplicates.columns import roles_of
from quen.duplicates.figures import Figures, figures, labels
from quen.duplicates.matching import Progress, find
from quen.duplicates.records import Reader, Style, day_first, name_in, style_of
from quen.errors import InvalidInput

Names = Literal["auto", "vi", "western"]


class Trial(msgspec.Struct):
    names: Style
    columns: dict[str, list[str]]  # role → headers
    compared: int  # pairs
    groups: list[int]  # for each row the place of the first one of its group
    clusters: list[list[int]]  # groups of two and more
    figures: Figures | None


def run(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    truth: str = "",
    names: Names = "auto",
    threshold: float,
    today: date,
    progress: Progress = lambda step, done: None,
) -> Trial:
    """`truth`: the header of the column that says who each row is; matching does not see it. Raises InvalidInput."""
    people = _truth(header, rows, truth) if truth else None
    hidden = {at for at, column in enumerate(header) if truth and column == truth}
    roles = {
        role: kept
        for role, places in roles_of(["" if at in hidden else c for at, c in enumerate(header)], rows).items()
        if (kept := [at for at in places if at not in hidden])
    }
    if not roles:
        raise InvalidInput(
            "no column says anything about people: call them name, surname, phone, email, birthday, address…"
        )
    style: Style = style_of(name_in(roles, row) for row in rows) if names == "auto" else names
    births = (row[roles["birth"][0]] for row in rows if roles["birth"][0] < len(row)) if "birth" in roles else ()
    read = Reader(roles, style, day_first=day_first(births), today=today)
    progress("read", 0.0)
    found = find([read(row) for row in rows], style, threshold=threshold, progress=progress)
    groups = labels(len(rows), found.clusters)
    likely = ((pair.left, pair.right) for pair in found.pairs if pair.probability >= threshold)
    return Trial(
        names=style,
        columns={role: [header[at] for at in places] for role, places in roles.items()},
        compared=found.compared,
        groups=groups,
        clusters=found.clusters,
        figures=figures(people, groups, likely) if people is not None else None,
    )


def _truth(header: Sequence[str], rows: Sequence[Sequence[str]], column: str) -> list[str]:
    if column not in header:
        raise InvalidInput(f"--truth: there is no column {column!r}; the file has {', '.join(header)}")
    at = header.index(column)
    people = [row[at].strip() if at < len(row) else "" for row in rows]
    if empty := people.count(""):
        raise InvalidInput(f"--truth: {empty} rows have nothing in {column!r}; every row must say who it is")
    return people
