"""What people do with journeys: make, draft, publish, pause, resume, archive. Runs are the engine's alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from quen.delivery.models import Template
from quen.errors import Conflict, InvalidInput, NotFound
from quen.ids import now_ms
from quen.journeys import editing
from quen.journeys.editing import Draft
from quen.journeys.fields import Known
from quen.journeys.graph import Graph, walk
from quen.journeys.models import Journey, Version
from quen.journeys.reading import GraphError, Problem, parse_graph, read_graph
from quen.journeys.runner import EXIT_WHEN
from quen.segments.models import Segment
from quen.segments.own_traits import own_traits
from quen.segments.service import archive as archive_segment
from quen.segments.service import watch

WAITING = ("keep", "move", "exit")
UNDO_STEPS = 30


def create_journey(name: str, by: str, draft: Draft | None = None, description: str = "") -> Journey:
    """A new journey, as a draft. Raises InvalidInput, GraphError."""
    draft = editing.empty_draft() | (draft or {})
    check_draft(draft)
    with transaction.atomic():
        return Journey.objects.create(
            name=_name(name), description=description, draft=draft, created_by=by, updated_at=_next_revision()
        )


def get_journey(journey_id: int) -> Journey:
    """Raises NotFound."""
    journey = Journey.objects.select_related("live_version", "next_version").filter(id=journey_id).first()
    if journey is None:
        raise NotFound("there is no such journey")
    return journey


def started_by(segment_id: int) -> list[str]:
    """Names of the journeys, not archived, that entering this segment starts or is to start."""
    journeys = Journey.objects.exclude(status="archived").select_related("live_version", "next_version")
    return [
        journey.name
        for journey in journeys.order_by("name")
        if any(
            str((graph.get("trigger") or {}).get("segment_id")) == str(segment_id)
            for graph in (journey.draft, *(v.graph for v in (journey.live_version, journey.next_version) if v))
        )
    ]


def rename_journey(journey: Journey, name: str, description: str | None = None) -> None:
    journey.name = _name(name)
    if description is not None:
        journey.description = description
    _save(journey, "name", "description")


def change_draft(journey_id: int, change: Callable[[Draft], Draft]) -> Journey:
    """Read, change and save a draft in one transaction: the editor sends several changes at once, and none is lost.

    Raises what `change` and save_draft raise, and NotFound.
    """
    with transaction.atomic():
        journey = _locked(journey_id)
        save_draft(journey, change(journey.draft))
    return journey


def save_draft(journey: Journey, draft: Draft) -> None:
    """Keep a draft, with problems or not, and the one before it for undo. Raises GraphError when it is no tree."""
    if journey.status == "archived":
        raise Conflict("the journey is archived: copy it to change it")
    check_draft(draft)
    if draft == journey.draft:
        return
    journey.undo = [*journey.undo, journey.draft][-UNDO_STEPS:]
    journey.draft = draft
    _save(journey, "draft", "undo")


def undo_draft(journey_id: int) -> Journey:
    """Go back to the draft before, if there is one."""
    with transaction.atomic():
        journey = _locked(journey_id)
        if journey.undo:
            *earlier, draft = journey.undo
            journey.draft, journey.undo = draft, earlier
            _save(journey, "draft", "undo")
    return journey


def _locked(journey_id: int) -> Journey:
    """The journey, which nobody else changes until this transaction ends (SQLite lets one write at a time anyway)."""
    Journey.objects.select_for_update().filter(id=journey_id).first()
    return get_journey(journey_id)


def check_draft(draft: Draft) -> None:
    """Raises GraphError when a draft cannot even be shown as a tree."""
    broken = [problem for problem in read_graph(draft, Known())[1] if problem.broken]
    if broken:
        raise GraphError(broken)


def new_node_id(type_: str) -> str:
    """A step's id: never used again, so that people who wait at a step of an older version are not mistaken."""
    return f"{type_}-{secrets.token_hex(3)}"


def known() -> Known:
    """What a graph may point at: three queries."""
    templates = Template.objects.filter(channel="email").order_by("name").values_list("id", "name")
    segments = Segment.objects.filter(kind="segment").exclude(status="archived").order_by("name")
    return Known(
        templates={str(id_): name for id_, name in templates},
        segments={str(id_): name for id_, name in segments.values_list("id", "name")},
        traits={trait.name: trait for trait in own_traits()},
    )


def read_draft(journey: Journey, there_is: Known) -> tuple[Graph | None, list[Problem]]:
    """The draft as a graph, None while something is wrong, and what."""
    return read_graph(journey.draft, there_is)


def publish(journey: Journey, waiting: str, by: str) -> Version:
    """Make the draft a version and bring it live, at once or when the segments that follow its rules are computed.

    `waiting` says what becomes of people in older versions: they `keep` theirs, `move` to this one (where their step
    is still there), or `exit`. Raises GraphError with all problems, InvalidInput, Conflict.
    """
    if waiting not in WAITING:
        raise InvalidInput(f"waiting: choose one of {', '.join(WAITING)}", details={"waiting": "unknown"})
    if journey.status == "archived":
        raise Conflict("the journey is archived: copy it to publish it again")
    graph = parse_graph(journey.draft, known())
    with transaction.atomic():
        _release_watches()
        watches = _watches(graph)
        last = journey.versions.aggregate(last=Max("number"))["last"] or 0
        version = Version.objects.create(
            journey=journey,
            number=last + 1,
            graph=journey.draft,
            watches={place: segment.id for place, segment in watches.items()},
            waiting=waiting,
            settled=waiting == "keep" or last == 0,
            published_by=by,
        )
        if all(segment.status == "live" for segment in watches.values()):
            journey.live_version, journey.next_version = version, None
        else:
            journey.next_version = version
        if journey.status != "paused":
            journey.status = "starting" if journey.live_version is None else "live"
        journey.undo = []
        _save(journey, "live_version", "next_version", "status", "undo")
    return version


def _watches(graph: Graph) -> dict[str, Segment]:
    """The internal segments that follow the rules of a graph: of its exit, and of each step that asks one."""
    rules: dict[str, Any] = {} if graph.exit_when is None else {EXIT_WHEN: graph.exit_when}
    rules |= {step.id: step.values["rule"] for step in walk(graph.nodes) if "rule" in step.values}
    return {place: watch(rule) for place, rule in rules.items()}


def _release_watches() -> None:
    """Stop following rules that nobody is asked any more: each costs the engine something on every event.

    Called before a journey changes, never after: a batch under way may still start runs of what is live until then.
    """
    in_force = Journey.objects.exclude(status="archived")
    versions = Version.objects.filter(
        Q(id__in=in_force.values("live_version")) | Q(id__in=in_force.values("next_version")) | Q(runs__status="active")
    ).distinct()
    used = {segment_id for version in versions for segment_id in version.watches.values()}
    for segment in Segment.objects.filter(kind="internal").exclude(status="archived").exclude(id__in=used):
        archive_segment(segment)


def pause(journey: Journey) -> None:
    """Nobody enters, and whoever waits goes on waiting. Exit rules still hold."""
    if journey.status not in ("live", "starting"):
        raise Conflict(f"only a live journey can be paused; this one is {journey.status}")
    journey.status = "paused"
    _save(journey, "status")


def resume(journey: Journey) -> None:
    """People enter again; waits that ended meanwhile end now, the earliest first."""
    if journey.status != "paused":
        raise Conflict(f"only a paused journey can be resumed; this one is {journey.status}")
    journey.status = "live" if journey.live_version_id else "starting"
    _save(journey, "status")


def archive(journey: Journey) -> None:
    """For good: nobody enters, and the engine ends the runs of those who wait."""
    if journey.status == "archived":
        return
    with transaction.atomic():
        _release_watches()
        journey.status, journey.next_version = "archived", None
        _save(journey, "status", "next_version")


def copy_journey(journey: Journey, name: str, by: str) -> Journey:
    return create_journey(name, by, journey.draft, journey.description)


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise InvalidInput("name: write 1 to 200 characters", details={"name": "length"})
    return name


def _save(journey: Journey, *fields: str) -> None:
    with transaction.atomic():
        journey.updated_at = _next_revision()
        journey.save(update_fields=[*fields, "updated_at"])


def _next_revision() -> int:
    """Later than any other journey's, so that the engine sees every change."""
    last = Journey.objects.aggregate(last=Max("updated_at"))["last"] or 0
    return max(now_ms(), last + 1)
