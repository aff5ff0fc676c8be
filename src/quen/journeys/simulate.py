"""A dry walk through a graph: the same steps as in a real run, nothing happens. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from quen.journeys.describing import describe_step
from quen.journeys.graph import Graph
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import Names, Outcome, Step, StepContext, StepKind

_ASKED = 1  # stands for the segment that would follow the step's rule


class DryStep(msgspec.Struct, frozen=True):
    """One step of the walk. `at`: when it would be taken; `answer`: the branch it went, for people."""

    step: Step
    kind: StepKind
    words: str
    at: int
    outcome: Outcome
    answer: str


def simulate(graph: Graph, start: int, answer: Callable[[Step], bool], names: Names) -> list[DryStep]:
    """The steps that someone who enters at `start` (ms) would take, each wait ending in time.

    `answer` says whether the rule of a step holds.
    """
    walked: list[DryStep] = []
    now, node = start, graph.first
    while node is not None:
        place = graph.places[node]
        kind = step_kinds()[place.step.type]
        members = {_ASKED} if "rule" in place.step.values and answer(place.step) else set()
        outcome = kind.run(place.step, StepContext(now, False, members, _ASKED))
        label = str(kind.branches.get(outcome.branch or "", ""))
        walked.append(DryStep(place.step, kind, describe_step(place.step, names), now, outcome, label))
        if outcome.wait_until is not None:
            now = outcome.wait_until
            outcome = kind.run(place.step, StepContext(now, True, members, _ASKED))
        if outcome.end:
            break
        node = place.next if outcome.branch is None else place.branches[outcome.branch]
    return walked
