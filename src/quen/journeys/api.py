"""Journeys in the JSON API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quen.accounts.access import KeyAuth
from quen.errors import InvalidInput
from quen.journeys import results, service
from quen.journeys.describing import describe, names_of
from quen.journeys.models import Journey
from quen.web.paging import limit_of, page, read_cursor
from quen.web.times import rfc3339

router = Router(tags=["journeys"])


class NewJourney(Schema):
    name: str
    description: str = ""
    graph: dict[str, Any] | None = None


class JourneyChange(Schema):
    name: str | None = None
    description: str | None = None
    graph: dict[str, Any] | None = None


class Publication(Schema):
    waiting: str = "keep"


@router.get("/journeys", auth=KeyAuth("customers.view"))
def list_journeys(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Journeys, newest first."""
    limit = limit_of(limit)
    found = Journey.objects.select_related("live_version", "next_version").order_by("-id")
    after = _after(cursor)
    if after is not None:
        found = found.filter(id__lt=after)
    return page([_short(journey) for journey in found[: limit + 1]], limit, lambda item: int(item["id"]))


@router.post("/journeys", auth=KeyAuth("journeys.edit"), response={201: dict[str, Any]})
def create_journey(request: HttpRequest, body: NewJourney) -> Status[dict[str, Any]]:
    """A new journey as a draft. `graph` may have problems; they are in the answer."""
    journey = service.create_journey(body.name, _by(request), body.graph, body.description)
    return Status(201, _document(journey))


@router.get("/journeys/{int:journey_id}", auth=KeyAuth("customers.view"))
def get_journey(request: HttpRequest, journey_id: int) -> dict[str, Any]:
    """A journey with its draft, what is published, and its counts."""
    return _document(service.get_journey(journey_id))


@router.patch("/journeys/{int:journey_id}", auth=KeyAuth("journeys.edit"))
def change_journey(request: HttpRequest, journey_id: int, body: JourneyChange) -> dict[str, Any]:
    """Change the name, the description or the draft. What is published stays as it is."""
    journey = service.get_journey(journey_id)
    if body.graph is not None:
        service.save_draft(journey, body.graph)
    if body.name is not None or body.description is not None:
        service.rename_journey(journey, journey.name if body.name is None else body.name, body.description)
    return _document(journey)


@router.post("/journeys/{int:journey_id}/publish", auth=KeyAuth("journeys.edit"))
def publish(request: HttpRequest, journey_id: int, body: Publication | None = None) -> dict[str, Any]:
    """Bring the draft live. `waiting`: people in older versions keep theirs, move to this one, or exit."""
    journey = service.get_journey(journey_id)
    service.publish(journey, (body or Publication()).waiting, _by(request))
    return _document(journey)


@router.post("/journeys/{int:journey_id}/pause", auth=KeyAuth("journeys.edit"))
def pause(request: HttpRequest, journey_id: int) -> dict[str, Any]:
    journey = service.get_journey(journey_id)
    service.pause(journey)
    return _document(journey)


@router.post("/journeys/{int:journey_id}/resume", auth=KeyAuth("journeys.edit"))
def resume(request: HttpRequest, journey_id: int) -> dict[str, Any]:
    journey = service.get_journey(journey_id)
    service.resume(journey)
    return _document(journey)


@router.post("/journeys/{int:journey_id}/archive", auth=KeyAuth("journeys.edit"))
def archive(request: HttpRequest, journey_id: int) -> dict[str, Any]:
    journey = service.get_journey(journey_id)
    service.archive(journey)
    return _document(journey)


@router.get("/journeys/{int:journey_id}/runs", auth=KeyAuth("customers.view"))
def list_runs(
    request: HttpRequest, journey_id: int, limit: int = 50, cursor: str | None = None, status: str = ""
) -> dict[str, Any]:
    """Who went through, newest first. `status`: active, done or exited."""
    if status not in ("", "active", "done", "exited"):
        raise InvalidInput("status: active, done or exited", details={"status": "unknown"})
    journey = service.get_journey(journey_id)
    limit = limit_of(limit)
    found = results.runs(journey.id, _after(cursor), limit + 1, status)
    return page([_run(run) for run in found], limit, lambda item: int(item["id"]))


def _short(journey: Journey) -> dict[str, Any]:
    return {
        "id": str(journey.id),
        "name": journey.name,
        "description": journey.description,
        "status": journey.status,
        "version": journey.live_version.number if journey.live_version else None,
        "created_at": rfc3339(journey.created_at),
        "updated_at": rfc3339(journey.updated_at),
    }


def _document(journey: Journey) -> dict[str, Any]:
    known = service.known()
    graph, problems = service.read_draft(journey, known)
    counts = results.counts(journey.id)
    steps = {
        node: {
            "entered": step.entered,
            "waiting": step.waiting,
            "passed": step.passed,
            "sent": step.sent,
            "outcomes": step.outcomes,
            "messages": step.messages,
            "opened": step.opened,
            "clicked": step.clicked,
        }
        for node, step in counts.steps.items()
    }
    return _short(journey) | {
        "graph": journey.draft,
        "summary": describe(graph, names_of(known)) if graph else [],
        "problems": problems,
        "published": _version(journey.live_version),
        "coming": _version(journey.next_version),
        "counts": {"entered": counts.entered, "active": counts.active, "ended": counts.ended, "steps": steps},
    }


def _version(version: Any) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"number": version.number, "graph": version.graph, "published_at": rfc3339(version.published_at)}


def _run(run: dict[str, Any]) -> dict[str, Any]:
    ids = ("id", "profile_id", "journey_id")
    times = ("entered_at", "ended_at", "due_at")
    return {
        name: str(value) if name in ids else rfc3339(value) if name in times else value for name, value in run.items()
    }


def _after(cursor: str | None) -> int | None:
    value = read_cursor(cursor)
    if value is not None and not isinstance(value, int):
        raise InvalidInput("cursor: use the `next` of the page before, unchanged", details={"cursor": "bad"})
    return value


def _by(request: HttpRequest) -> str:
    return str(request.auth.by)  # type: ignore[attr-defined]
