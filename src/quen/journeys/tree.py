"""A draft as the editor shows it: each step with its words, problems, the day it falls on, and its counts. Pure.

A draft may have problems, so this works on its JSON, and says what it can of every step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from quen.journeys.describing import describe_step, names_of
from quen.journeys.durations import words
from quen.journeys.editing import Draft
from quen.journeys.fields import FieldError, Known, read_field
from quen.journeys.reading import Problem
from quen.journeys.results import StepCounts
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import Names, Step, StepKind
from quen.segments.grammar import DAY


class TreeBranch(msgspec.Struct):
    name: str
    label: str
    place: str  # where a step added first in it goes
    steps: list[TreeStep]
    count: int

    @property
    def closed(self) -> bool:
        """Nobody comes out of it at the bottom."""
        return bool(self.steps) and self.steps[-1].closed


class TreeStep(msgspec.Struct):
    """`elapsed`: least and most time since entry, ms; None once a wait cannot be read."""

    id: str
    kind: StepKind
    words: str
    problems: list[str]
    when: str
    branches: list[TreeBranch]
    counts: StepCounts
    first: bool
    last: bool

    @property
    def closed(self) -> bool:
        return self.kind.ends or (bool(self.branches) and all(branch.closed for branch in self.branches))

    @property
    def place(self) -> str:
        return f"after:{self.id}"

    @property
    def results(self) -> list[tuple[str, str, int]]:
        """(state, label, count) to show on the step, those of the branches left out."""
        shown = [("entered", _("Came"), self.counts.entered)]
        if "waiting" in self.kind.outcomes or self.counts.waiting:
            shown.append(("waiting", _("Waiting"), self.counts.waiting))
        if self.counts.left:
            shown.append(("left", _("Left"), self.counts.left))
        if "queued" in self.kind.outcomes:
            shown.append(("accepted", _("Sent"), self.counts.sent))
            shown += [
                (state, label, count)
                for state, label, count in (
                    ("opened", _("Opens"), self.counts.opened),
                    ("clicked", _("Clicks"), self.counts.clicked),
                    ("suppressed", _("Not sent"), self.counts.messages.get("suppressed", 0)),
                    ("failed", _("Failed"), self.counts.messages.get("failed", 0)),
                    ("unknown", _("Unknown"), self.counts.messages.get("unknown", 0)),
                )
                if count
            ]
        elif not self.kind.ends and not self.branches:
            shown.append(("passed", _("Passed"), self.counts.passed))
        return shown


class Span(msgspec.Struct, frozen=True):
    least: int
    most: int


def make_tree(
    draft: Draft, known: Known, problems: Sequence[Problem], counts: Mapping[str, StepCounts] | None = None
) -> list[TreeStep]:
    """The steps of a draft, from the top."""
    texts: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        if problem.node:
            texts[problem.node].append(problem.message)
    return _Tree(names_of(known), texts, counts or {}).steps(draft["nodes"], Span(0, 0))[0]


class _Tree:
    def __init__(self, names: Names, problems: Mapping[str, list[str]], counts: Mapping[str, StepCounts]) -> None:
        self.names = names
        self.problems = problems
        self.counts = counts

    def steps(self, nodes: list[dict[str, Any]], at: Span | None) -> tuple[list[TreeStep], Span | None]:
        shown = []
        for index, node in enumerate(nodes):
            kind = step_kinds()[node["type"]]
            step = _read(kind, node)
            after = _after(kind, step, at)
            branches = []
            ends: list[Span | None] = []
            counts = self.counts.get(node["id"], StepCounts())
            for name, label in kind.branches.items():
                inner, end = self.steps(node.get(name, []), after)
                place = f"in:{node['id']}:{name}"
                branches.append(TreeBranch(name, str(label), place, inner, counts.outcomes.get(name, 0)))
                ends.append(end)
            shown.append(
                TreeStep(
                    id=node["id"],
                    kind=kind,
                    words=str(kind.title) if step is None else describe_step(step, self.names),
                    problems=self.problems.get(node["id"], []),
                    when=_when(at) if kind.acts else "",
                    branches=branches,
                    counts=counts,
                    first=index == 0,
                    last=index == len(nodes) - 1,
                )
            )
            at = _join(ends) if ends else after
        return shown, at


def _read(kind: StepKind, node: dict[str, Any]) -> Step | None:
    """The step by itself, None while its fields cannot be read."""
    try:
        values = {field.name: read_field(field, node.get(field.name), Known()) for field in kind.fields}
    except FieldError:
        return None
    return Step(node["id"], kind.type, values)


def _after(kind: StepKind, step: Step | None, at: Span | None) -> Span | None:
    if kind.lasts is None or at is None:
        return at
    if step is None:
        return None
    ms = kind.lasts(step)
    return Span(at.least + ms, at.most + ms)


def _join(ends: Sequence[Span | None]) -> Span | None:
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return None
    return Span(min(end.least for end in known), max(end.most for end in known))


def _when(at: Span | None) -> str:
    """The time since entry, as marketers count it: at once, after 2 hours, day 3, day 3–5."""
    if at is None:
        return ""
    if at.most == 0:
        return _("at once")
    first, last = at.least // DAY, at.most // DAY
    if last == 0:
        return _("after %(time)s") % {"time": words(at.most)}
    if first == last:
        return _("day %(day)d") % {"day": last}
    return _("day %(first)d–%(last)d") % {"first": first, "last": last}
