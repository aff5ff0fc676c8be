"""What the operations share: callers, identifiers and orders as documents."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from quen.accounts.keys import ApiCaller
from quen.accounts.roles import can
from quen.identity import orders
from quen.identity.keys import split_key
from quen.identity.models import Order
from quen.identity.words import Show, rule_text
from quen.profiles.masking import mask_identifier, mask_text
from quen.web.api import answer
from quen.web.times import rfc3339

WAIT_S = 5.0


def caller(request: HttpRequest) -> ApiCaller:
    found: ApiCaller = request.auth  # type: ignore[attr-defined]
    return found


def by_of(request: HttpRequest) -> str:
    return caller(request).by[:120]


def is_masked(request: HttpRequest) -> bool:
    return not can(caller(request).role, "customers.pii")


def show_for(request: HttpRequest) -> Show:
    return mask_identifier if is_masked(request) else lambda _type, value: value


def identifier(key: str, show: Show) -> dict[str, str]:
    type_, scope, value = split_key(key)
    return {"type": type_, "value": show(type_, value), "scope": scope}


def order_document(order: Order, *, masked: bool) -> dict[str, Any]:
    problem = rule_text(order.problem) if order.problem else ""
    return {
        "id": str(order.pk),
        "op": order.op,
        "status": order.status,
        "problem": order.problem,
        "message": mask_text(problem) if masked else problem,
        "profiles": [str(p) for p in order.result.get("profiles", [])],
        "edges": [str(e) for e in order.result.get("edges", [])],
        "by": order.by,
        "note": mask_text(order.note) if masked else order.note,
        "origin": order.origin,
        "at": rfc3339(order.at),
        "done_at": rfc3339(order.done_at),
    }


def carried_out(request: HttpRequest, order: Order) -> HttpResponse:
    """Waits for the engine: 200 with what it did, 202 while it is at work, 409 when it was refused and why."""
    order = orders.outcome(order.pk, WAIT_S)
    document = order_document(order, masked=is_masked(request))
    if order.status == "refused":
        return answer(409, "refused", document["message"], {"order": document})
    status = 200 if order.status == "done" else 202
    return HttpResponse(msgspec.json.encode(document), status=status, content_type="application/json")
