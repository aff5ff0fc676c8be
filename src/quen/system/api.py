"""Is everything all right: `/system`."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.ids import now_ms
from quen.system import queries
from quen.system.words import say
from quen.web.times import rfc3339

router = Router(tags=["System"])


@router.get("/system", auth=KeyAuth("data.view"), summary="Is everything all right, and what is behind")
def system(request: HttpRequest) -> dict[str, Any]:
    """`status` is the worst of the checks: `ok`, `watch` (worth a look) or `bad` (somebody is needed)."""
    seen = queries.current()
    found = queries.findings(seen)
    return {
        "status": queries.verdict(found),
        "at": rfc3339(seen.at),
        "checks": [
            {
                "check": finding.check,
                "level": finding.level,
                "text": said.text,
                "todo": said.todo,
                "figures": finding.figures,
            }
            for finding in found
            for said in (say(finding.check, finding.level, finding.figures),)
        ],
        "stores": {store.name: store.bytes for store in seen.stores},
        "disk": {"total": seen.disk_total, "free": seen.disk_free},
        "steps": msgspec.to_builtins(queries.steps()),
    }


@router.get("/system/incidents", auth=KeyAuth("data.view"), summary="What was bad, from when to when")
def incidents(request: HttpRequest, limit: int = Query(50, ge=1, le=200)) -> dict[str, Any]:
    items = [
        {
            "id": str(one.pk),
            "check": one.check_name,
            "opened_at": rfc3339(one.opened_at),
            "closed_at": rfc3339(one.closed_at),
            "figures": one.figures,
        }
        for one in queries.last_incidents(limit)
    ]
    return {"items": items, "next": None}


@router.get("/system/course", auth=KeyAuth("data.view"), summary="Events and lag over time")
def course(request: HttpRequest, hours: int = Query(24, ge=1, le=168)) -> dict[str, Any]:
    """In buckets of a sixtieth of the time asked for; `lag_ms` is the worst of each."""
    items = [
        {"at": rfc3339(minute.at), "messages": minute.messages, "lag_ms": minute.lag_ms}
        for minute in queries.course(now_ms(), hours * 60, hours)
    ]
    return {"items": items, "next": None}
