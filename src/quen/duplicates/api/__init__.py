"""Duplicates for programs: runs, the pairs they found, decisions, the report and the settings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from quen.accounts.access import KeyAuth
from quen.duplicates import review, store, worker
from quen.duplicates.api.documents import pair_documents, run_document, settings_document
from quen.duplicates.models import Candidate, Run, Settings
from quen.errors import InvalidInput, NotFound
from quen.identity.api.common import by_of, carried_out, is_masked, show_for
from quen.ids import now_ms
from quen.web.paging import limit_of, page, read_place
from quen.web.times import last_days, local

router = Router(tags=["duplicates"])


class Why(Schema):
    note: str = ""


class Change(Schema):
    """`schedule`: off, daily or weekly. `auto_threshold`: the probability from which pairs are merged by themselves."""

    schedule: str | None = None
    threshold: float | None = None
    auto_merge: bool | None = None
    auto_threshold: float | None = None


@router.get("/duplicates", auth=KeyAuth("customers.view"), summary="Pairs of people who may be one")
def list_pairs(
    request: HttpRequest, status: str = "open", limit: int | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """The likeliest first. `status`: open, later, merging, merged, not_same or gone."""
    if status not in review.STATUSES:
        raise InvalidInput(f"status: one of {', '.join(review.STATUSES)}", details={"status": "unknown"})
    store.settle()
    size, place = limit_of(limit), read_place(cursor, 1)
    start = place[0] if place else 0
    rows = list(review.listed(status)[start : start + size + 1])
    return page(_documents(request, rows), size, lambda _last: [start + size])


@router.get("/duplicates/runs", auth=KeyAuth("customers.view"), summary="Searches for duplicates, the last first")
def list_runs(request: HttpRequest) -> dict[str, Any]:
    return {"items": [run_document(run) for run in Run.objects.order_by("-pk")[:100]], "next": None}


@router.post("/duplicates/runs", auth=KeyAuth("customers.edit"), summary="Search for duplicates now")
def start_run(request: HttpRequest) -> dict[str, Any]:
    """Answers at once; `GET /duplicates/runs/{id}` says how far it is. 409 while another one is at work."""
    return run_document(worker.order(by_of(request)))


@router.get("/duplicates/runs/{int:run_id}", auth=KeyAuth("customers.view"), summary="How far a search is")
def get_run(request: HttpRequest, run_id: int) -> dict[str, Any]:
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"there is no run {run_id}")
    return run_document(run)


@router.get("/duplicates/report", auth=KeyAuth("customers.view"), summary="What was found and decided by day")
def report(request: HttpRequest, days: int = 30) -> dict[str, Any]:
    """In the workspace's zone, the oldest day first; at most 366 days."""
    if not 1 <= days <= 366:
        raise InvalidInput("days: a number from 1 to 366", details={"days": "range"})
    counted = review.by_day(last_days(now_ms(), days), lambda at: local(at).date())
    items = [{"day": d.day.isoformat(), "found": d.found, "merged": d.merged, "not_same": d.not_same} for d in counted]
    return {"items": items, "next": None, "totals": review.counts()}


@router.get("/duplicates/settings", auth=KeyAuth("customers.view"), summary="Schedule and thresholds")
def get_settings(request: HttpRequest) -> dict[str, Any]:
    return settings_document(Settings.objects.get_or_create(pk=1)[0])


@router.patch("/duplicates/settings", auth=KeyAuth("customers.edit"), summary="Change schedule and thresholds")
def patch_settings(request: HttpRequest, body: Change) -> dict[str, Any]:
    values = {name: value for name, value in body.dict().items() if value is not None}
    return settings_document(review.change_settings(values, by=by_of(request)))


@router.get("/duplicates/{int:pair_id}", auth=KeyAuth("customers.view"), summary="One pair, with the evidence")
def get_pair(request: HttpRequest, pair_id: int) -> dict[str, Any]:
    store.settle()
    return _document(request, review.get(pair_id))


@router.post("/duplicates/{int:pair_id}/merge", auth=KeyAuth("customers.edit"), summary="They are one person")
def merge_pair(request: HttpRequest, pair_id: int, body: Why) -> HttpResponse:
    """200 done, 202 at work, 409 refused and why: the pair is open again then."""
    answer = carried_out(request, review.merge(review.get(pair_id), by=by_of(request), note=body.note))
    store.settle()
    return answer


@router.post("/duplicates/{int:pair_id}/not-same", auth=KeyAuth("customers.edit"), summary="They are two people")
def not_same_pair(request: HttpRequest, pair_id: int) -> dict[str, Any]:
    """Remembered by their identifiers, whatever profiles these come to belong to."""
    return _document(request, review.not_same(review.get(pair_id), by=by_of(request)))


@router.post("/duplicates/{int:pair_id}/later", auth=KeyAuth("customers.edit"), summary="Put it off for a week")
def later_pair(request: HttpRequest, pair_id: int) -> dict[str, Any]:
    return _document(request, review.later(review.get(pair_id), by=by_of(request)))


@router.post("/duplicates/{int:pair_id}/reopen", auth=KeyAuth("customers.edit"), summary="Take a decision back")
def reopen_pair(request: HttpRequest, pair_id: int) -> dict[str, Any]:
    """Of `not_same` and `later`. A merge is taken back on the person: `POST /profiles/{id}/unmerge`."""
    return _document(request, review.reopen(review.get(pair_id)))


def _document(request: HttpRequest, candidate: Candidate) -> dict[str, Any]:
    return _documents(request, [candidate])[0]


def _documents(request: HttpRequest, candidates: list[Candidate]) -> list[dict[str, Any]]:
    return pair_documents(candidates, show_for(request), masked=is_masked(request))
