"""What a kind of step is: a folder or file of this package that exports `KIND`. Nothing central names it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from quen.journeys.fields import Field, Text
from quen.segments.naming import Naming
from quen.segments.own_traits import OwnTrait
from quen.segments.rules import describe, parse_rule


class Step(msgspec.Struct, frozen=True):
    """A step of a graph, read and checked. `values` are its fields, `branches` its ways on by name."""

    id: str
    type: str
    values: dict[str, Any]
    branches: dict[str, tuple[Step, ...]] = {}


class StepContext(msgspec.Struct, frozen=True):
    """What a step sees of the run that has come to it."""

    now: int
    woken: bool  # the step let the run wait before, and the time has come
    members: Collection[int]  # segments the person is in, internal ones too
    watch: int | None  # internal segment that follows this step's own rule


class Send(msgspec.Struct, frozen=True):
    """A message for the outbox."""

    channel: str
    template_id: int | None = None
    payload: dict[str, Any] = {}


class Outcome(msgspec.Struct, frozen=True):
    """What a step decides. Exactly what it says happens, and nothing else: steps do no I/O.

    `word` is kept with the visit and counted on the step. `wait_until` leaves the run here; `branch` names the way
    on, None the next step; `end` ends the run.
    """

    word: str
    wait_until: int | None = None
    branch: str | None = None
    send: Send | None = None
    traits: Mapping[str, Any] | None = None
    end: bool = False


class StepKind(msgspec.Struct, frozen=True):
    """One kind of step.

    `acts` marks steps that are felt outside (a message, a trait): a run does such a step once, even when a new
    version puts it in the run's way again. `outcomes` names each word it may answer with, for people.
    """

    type: str
    icon: str  # Tabler's
    title: Text
    help: Text
    run: Callable[[Step, StepContext], Outcome]
    describe: Callable[[Step, Names], str]
    fields: tuple[Field, ...] = ()
    branches: Mapping[str, Text] = {}
    outcomes: Mapping[str, Text] = {}
    lasts: Callable[[Step], int] | None = None  # ms that people spend here
    acts: bool = False
    ends: bool = False  # nothing after it is reached
    order: int = 100  # place in the menu


class Names(msgspec.Struct, frozen=True):
    """Names for descriptions."""

    templates: Mapping[str, str] = {}
    segments: Mapping[str, str] = {}
    language: str = "en"
    traits: Mapping[str, OwnTrait] = {}

    def rule(self, rule: Any) -> str:
        """A valid rule as a sentence."""
        naming = Naming(lambda id_: self.segments.get(str(id_), str(id_)), self.traits)
        return describe(parse_rule(rule), self.language, naming)
