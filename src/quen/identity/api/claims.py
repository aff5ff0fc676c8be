"""Claims of browsers, and identifiers that were set aside."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.errors import InvalidInput
from quen.identity import hubs, inbox, rules
from quen.identity.api.common import by_of, carried_out, identifier, is_masked, order_document, show_for
from quen.identity.models import Claim, Identifier
from quen.identity.refs import ref_of
from quen.identity.words import Show, rule_text
from quen.profiles.queries import source_names
from quen.web.paging import limit_of, page, read_place
from quen.web.times import rfc3339

router = Router(tags=["identity"])


class Why(Schema):
    note: str = ""


class Block(Schema):
    """`take_out`: also split it off the people who have it; those it alone held together part."""

    take_out: bool = False


@router.get("/claims", auth=KeyAuth("customers.view"), summary="What browsers asked for and may not do")
def list_claims(
    request: HttpRequest,
    status: str = Query("open", description="open, accepted, refused or confirmed (by a server)"),
    limit: str = "",
    cursor: str = "",
) -> dict[str, Any]:
    """The last asked for first."""
    if status not in inbox.STATUSES:
        raise InvalidInput(f"status: expected one of {', '.join(inbox.STATUSES)}", details={"status": "unknown"})
    size = limit_of(limit)
    found = inbox.listed(status)
    if before := read_place(cursor, 2):
        found = found.filter(Q(last_at__lt=before[0]) | Q(last_at=before[0], pk__lt=before[1]))
    listed = page(list(found[: size + 1]), size, lambda claim: [claim.last_at, claim.pk])
    listed["items"] = _claims(listed["items"], show_for(request))
    return listed


def _claims(claims: list[Claim], show: Show) -> list[dict[str, Any]]:
    """`profile_id`s are of those who have the two identifiers today."""
    keys = [key for claim in claims for key in (claim.left, claim.right)]
    owner = dict(Identifier.objects.filter(key__in=keys).values_list("key", "profile_id"))
    sources = source_names()

    def side(key: str) -> dict[str, Any]:
        return {"identifier": identifier(key, show), "profile_id": str(owner[key]) if key in owner else None}

    return [
        {
            "id": str(claim.pk),
            "kind": claim.kind,
            "left": side(claim.left),
            "right": side(claim.right),
            "status": claim.status,
            "count": claim.count,
            "first_at": rfc3339(claim.first_at),
            "last_at": rfc3339(claim.last_at),
            "message_id": claim.message_id,
            "source": {"id": str(claim.source_id), "name": sources.get(claim.source_id, str(claim.source_id))},
            "decided_at": rfc3339(claim.decided_at),
            "decided_by": claim.decided_by,
        }
        for claim in claims
    ]


@router.post("/claims/{int:claim_id}/accept", auth=KeyAuth("customers.edit"), summary="Do what a browser asked for")
def accept_claim(request: HttpRequest, claim_id: int, body: Why) -> HttpResponse:
    """200 done, 202 at work, 409 refused and why: the claim then stays open."""
    return carried_out(request, inbox.accept(inbox.get(claim_id), by=by_of(request), note=body.note))


@router.post("/claims/{int:claim_id}/refuse", auth=KeyAuth("customers.edit"), summary="Refuse a claim")
def refuse_claim(request: HttpRequest, claim_id: int) -> dict[str, Any]:
    """Remembered: asked again, it is counted and not open again."""
    return _claims([inbox.refuse(inbox.get(claim_id), by=by_of(request))], show_for(request))[0]


@router.get("/identity/set-aside", auth=KeyAuth("customers.view"), summary="Identifiers that were set aside")
def list_set_aside(request: HttpRequest) -> dict[str, Any]:
    """The most often set aside first, at most 200; dismissed ones are not among them."""
    show, sources, now = show_for(request), source_names(), rules.current()
    rows = hubs.listed()
    people = hubs.involved([row.key for row in rows])
    items = [
        {
            "id": ref_of(row.key),
            "identifier": identifier(row.key, show),
            "count": row.count,
            "rule": row.rule,
            "why": rule_text(row.rule),
            "blocked": hubs.is_blocked(row, now),
            "profiles": [str(p) for p in people[row.key].owners],
            "kept_apart_from": [str(p) for p in people[row.key].others],
            "first_at": rfc3339(row.first_at),
            "last_at": rfc3339(row.last_at),
            "source": {"id": str(row.source_id), "name": sources.get(row.source_id, str(row.source_id))},
        }
        for row in rows
    ]
    return {"items": items, "next": None}


@router.post("/identity/set-aside/{ref}/block", auth=KeyAuth("customers.edit"), summary="Let it identify nobody")
def block_set_aside(request: HttpRequest, ref: str, body: Block) -> dict[str, Any]:
    """Adds the value to its type's blocked ones; `orders`: what was placed to take it out of people."""
    placed = hubs.block(hubs.find(ref), by=by_of(request), take_out=body.take_out)
    return {"orders": [order_document(order, masked=is_masked(request)) for order in placed]}


@router.post("/identity/set-aside/{ref}/dismiss", auth=KeyAuth("customers.edit"), summary="Do not list it any more")
def dismiss_set_aside(request: HttpRequest, ref: str) -> dict[str, Any]:
    hubs.dismiss(hubs.find(ref))
    return {"id": ref, "dismissed": True}
