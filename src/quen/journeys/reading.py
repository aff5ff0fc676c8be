"""Reads a graph's JSON and says everything that is wrong with it, each at its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from quen.errors import InvalidInput
from quen.journeys.durations import parse_duration
from quen.journeys.fields import YEAR, FieldError, Known, read_field, read_rule, rule_problem
from quen.journeys.graph import (
    EVENT,
    LINT_STEPS,
    MAX_DEPTH,
    MAX_STEPS,
    SEGMENT,
    EventMatch,
    ExitEvent,
    Graph,
    Trigger,
    walk,
)
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import Step, StepKind
from quen.segments.grammar import DAY, Place, RuleError
from quen.segments.where import parse_where

_NODE_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_KEY_PATH = re.compile(r"properties(\.[^.\s]{1,100}){1,5}")
MAX_FILTERS = 50
HOUR = 3_600_000
# Events that a journey's own steps bring about.
CAUSED = {"Journey Entered", "Journey Ended", "Email Sent", "Email Failed", "Email Suppressed"}
_KEYS = {"trigger", "entry_key", "reentry", "exit_when", "exit_on", "nodes"}


class Problem(msgspec.Struct, frozen=True):
    """`path` as in a rule's errors ($.nodes[1].yes[0].duration); `node` and `field` for the page.

    `broken` marks what cannot even be shown as a tree: a draft with that is refused, others may be saved.
    `warning` does not stop publishing.
    """

    path: str
    message: str
    node: str = ""
    field: str = ""
    broken: bool = False
    warning: bool = False


class GraphError(InvalidInput):
    """The graph cannot be published (or, when broken, not even kept): `details.problems` lists where and why."""

    code = "invalid_graph"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        details = {"problems": [msgspec.to_builtins(problem) for problem in problems]}
        super().__init__(f"{first.path}: {first.message}", details=details)
        self.problems = list(problems)


def parse_graph(obj: Any, known: Known = Known()) -> Graph:  # noqa: B008  (frozen)
    """The graph. Raises GraphError with everything that is wrong."""
    graph, problems = read_graph(obj, known)
    errors = [problem for problem in problems if not problem.warning]
    if errors or graph is None:
        raise GraphError(errors)
    return graph


def read_graph(obj: Any, known: Known) -> tuple[Graph | None, list[Problem]]:
    """The graph, or None where something is wrong; and all problems, warnings too."""
    reader = _Reader(known)
    graph = reader.graph(obj)
    return (None if any(not p.warning for p in reader.problems) else graph), reader.problems


class _Reader:
    """Collects problems while it reads."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.problems: list[Problem] = []
        self.seen: set[str] = set()

    def graph(self, obj: Any) -> Graph | None:
        if not isinstance(obj, dict):
            self._broken("$", _("A journey is an object with trigger and nodes."))
            return None
        for key in sorted(set(obj) - _KEYS):
            self._broken(f"$.{key}", _("Unknown field."))
        trigger = self._trigger(obj.get("trigger"))
        key = self._entry_key(obj.get("entry_key"), trigger)
        nodes = self._steps(obj.get("nodes", []), "$.nodes", 0)
        self._size(nodes)
        exit_when = obj.get("exit_when") or None
        if exit_when is not None:
            self._rule(exit_when, "$.exit_when", "exit_when")
        reentry = self._reentry(obj.get("reentry", "once"))
        self._no_loop(trigger, reentry, nodes)
        return Graph(
            trigger=trigger,
            entry_key=key,
            reentry=reentry,
            exit_when=exit_when,
            exit_on=self._exit_on(obj.get("exit_on") or [], key),
            nodes=nodes,
        )

    def _trigger(self, obj: Any) -> Trigger:
        empty = Trigger(EVENT, DAY)
        if not obj:
            self._add("$.trigger", _("Choose what starts the journey."), field="trigger")
            return empty
        if not isinstance(obj, dict):
            self._broken("$.trigger", _("A trigger is an object with a type."))
            return empty
        max_age = self._age(obj.get("max_age", "24h"), "$.trigger.max_age")
        if obj.get("type") == SEGMENT:
            self._only(obj, {"type", "segment_id", "max_age"}, "$.trigger")
            return Trigger(SEGMENT, max_age, segment_id=self._segment(obj.get("segment_id")))
        if obj.get("type") == EVENT:
            self._only(obj, {"type", "event", "where", "max_age"}, "$.trigger")
            return Trigger(EVENT, max_age, match=self._match(obj, "$.trigger"))
        self._broken("$.trigger.type", _("A trigger's type is segment or event."))
        return empty

    def _segment(self, value: Any) -> int:
        known = self.known.segments
        if not (isinstance(value, str) and value.isdecimal() and len(value) < 20):
            self._add("$.trigger.segment_id", _("Choose a segment."), field="segment_id")
        elif known is not None and value not in known:
            self._add("$.trigger.segment_id", _("This segment is not there any more."), field="segment_id")
        else:
            return int(value)
        return 0

    def _match(self, obj: dict[str, Any], path: str, field: str = "") -> EventMatch:
        name = obj.get("event")
        if not (isinstance(name, str) and name.strip()) or len(name) > 200:
            self._add(f"{path}.event", _("Choose an event."), field=field or "event")
            return EventMatch()
        filters = 0

        def count(place: Place) -> None:
            nonlocal filters
            filters += 1
            if filters > MAX_FILTERS:
                raise place.error(_("At most %(max)d filters.") % {"max": MAX_FILTERS})

        try:
            return EventMatch(name, parse_where(obj.get("where") or [], Place(f"{path}.where"), count))
        except RuleError as error:
            self._add(error.details["path"], rule_problem(error), field=field or "where")
            return EventMatch(name)

    def _age(self, value: Any, path: str) -> int:
        try:
            age = parse_duration(value)
        except ValueError as error:
            self._add(path, str(error), field="max_age")
            return DAY
        if not 60_000 <= age <= YEAR:
            self._add(path, _("Between one minute and one year."), field="max_age")
        return age

    def _entry_key(self, value: Any, trigger: Trigger) -> str | None:
        if value is None or value == "":
            return None
        if not (isinstance(value, str) and _KEY_PATH.fullmatch(value)):
            text = _("Write the path of an event property, such as properties.cart_id.")
            self._add("$.entry_key", text, field="entry_key")
        elif trigger.type == SEGMENT:
            text = _("Only an event has properties: leave this empty for a segment.")
            self._add("$.entry_key", text, field="entry_key")
        return str(value)

    def _reentry(self, value: Any) -> int | None:
        if value in ("once", "always"):
            return None if value == "once" else 0
        try:
            after = parse_duration(value)
        except ValueError:
            self._add("$.reentry", _("Write once, always, or a time such as 30d."), field="reentry")
            return None
        if after > 10 * YEAR:
            self._add("$.reentry", _("Ten years at most."), field="reentry")
        return after

    def _no_loop(self, trigger: Trigger, reentry: int | None, nodes: tuple[Step, ...]) -> None:
        """A journey that starts by what journeys cause must not be entered again at once: it could run for ever."""
        event = trigger.match.event
        caused = event in CAUSED or (event == "Identified" and any("traits" in step.values for step in walk(nodes)))
        if caused and reentry is not None and reentry < HOUR:
            text = _(
                "This journey could start itself again and again: let people in once, or again after an hour or more."
            )
            self._add("$.reentry", text, field="reentry")

    def _exit_on(self, items: Any, key: str | None) -> tuple[ExitEvent, ...]:
        if not isinstance(items, list) or len(items) > 10:
            self._broken("$.exit_on", _("At most ten events, as a list."))
            return ()
        found = []
        for index, item in enumerate(items):
            path = f"$.exit_on[{index}]"
            if not isinstance(item, dict):
                self._broken(path, _("This must be an object with an event."))
                continue
            self._only(item, {"event", "where", "same_key"}, path)
            match = self._match(item, path, "exit_on")
            same_key = item.get("same_key", False)
            if same_key not in (True, False):
                self._add(f"{path}.same_key", _("This must be true or false."), field="exit_on")
            elif same_key and key is None:
                self._add(f"{path}.same_key", _("The journey has no entry key to compare."), field="exit_on")
            found.append(ExitEvent(match, same_key is True))
        return tuple(found)

    def _steps(self, items: Any, path: str, depth: int) -> tuple[Step, ...]:
        if not isinstance(items, list):
            self._broken(path, _("Steps are a list."))
            return ()
        if depth > MAX_DEPTH:
            self._broken(path, _("Conditions are nested too deeply: at most %(max)d.") % {"max": MAX_DEPTH})
            return ()
        steps: list[Step] = []
        ended = False
        for index, item in enumerate(items):
            place = f"{path}[{index}]"
            if len(self.seen) > MAX_STEPS:
                break
            step = self._step(item, place, depth)
            if step is None:
                continue
            if ended:
                self._add(place, _("Nobody can come here: every way above ends."), step.id)
            ended = ended or _ends(step)
            steps.append(step)
        return tuple(steps)

    def _step(self, obj: Any, path: str, depth: int) -> Step | None:
        kind = step_kinds().get(str(obj.get("type"))) if isinstance(obj, dict) else None
        if kind is None:
            self._broken(path, _("Unknown type of step. Known: %(types)s.") % {"types": ", ".join(step_kinds())})
            return None
        node = obj.get("id")
        if not (isinstance(node, str) and _NODE_ID.fullmatch(node)):
            self._broken(f"{path}.id", _("A step's id has 1 to 40 letters, digits, - and _."))
            return None
        if node in self.seen:
            self._broken(f"{path}.id", _("Two steps have the id %(id)s.") % {"id": node})
            return None
        self.seen.add(node)
        self._only(obj, {"id", "type", *kind.branches, *(field.name for field in kind.fields)}, path, node)
        branches = {name: self._steps(obj.get(name, []), f"{path}.{name}", depth + 1) for name in kind.branches}
        return Step(node, kind.type, self._values(kind, obj, path, node), branches)

    def _values(self, kind: StepKind, obj: dict[str, Any], path: str, node: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in kind.fields:
            try:
                values[field.name] = read_field(field, obj.get(field.name), self.known)
            except FieldError as error:
                self._add(f"{path}.{field.name}{error.path}", str(error), node, field.name)
        return values

    def _size(self, nodes: tuple[Step, ...]) -> None:
        if not nodes:
            self._add("$.nodes", _("Add at least one step."), field="nodes")
        elif len(self.seen) > MAX_STEPS:
            self._broken("$.nodes", _("A journey has at most %(max)d steps.") % {"max": MAX_STEPS})
        elif len(self.seen) > LINT_STEPS:
            text = _("More than %(max)d steps are hard to follow: think of two journeys.") % {"max": LINT_STEPS}
            self.problems.append(Problem("$.nodes", text, field="nodes", warning=True))

    def _rule(self, value: Any, path: str, field: str) -> None:
        try:
            read_rule(value, self.known)
        except FieldError as error:
            self._add(path + error.path, str(error), field=field)

    def _only(self, obj: dict[str, Any], keys: set[str], path: str, node: str = "") -> None:
        for key in sorted(set(obj) - keys):
            self._broken(f"{path}.{key}", _("Unknown field."), node)

    def _add(self, path: str, message: str, node: str = "", field: str = "") -> None:
        self.problems.append(Problem(path, message, node, field))

    def _broken(self, path: str, message: str, node: str = "") -> None:
        self.problems.append(Problem(path, message, node, broken=True))


def _ends(step: Step) -> bool:
    """Whether nobody comes out of this step."""
    if step_kinds()[step.type].ends:
        return True
    return bool(step.branches) and all(steps and any(map(_ends, steps)) for steps in step.branches.values())
