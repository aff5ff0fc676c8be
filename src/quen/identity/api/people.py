"""`/profiles/{key}/identity` and what changes it. People change by orders, which the engine carries out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from quen.accounts.access import KeyAuth
from quen.config import config
from quen.errors import Conflict, InvalidInput, NotFound
from quen.identity import orders, rules
from quen.identity.api.common import by_of, carried_out, identifier, is_masked, order_document, show_for
from quen.identity.evidence import chain
from quen.identity.explain import Explained, explain, steps_of
from quen.identity.keys import match_value
from quen.identity.models import Edge, Identifier
from quen.identity.queries import edges_of, evidence_of
from quen.identity.words import Show
from quen.profiles.masking import mask_text
from quen.profiles.queries import Person, identifier_document, person_by_key
from quen.web.times import rfc3339

router = Router(tags=["identity"])


class Named(Schema):
    """An identifier; without `scope` that of any scope, if it is only one."""

    type: str
    value: str
    scope: str | None = None


class Unmerge(Schema):
    edge: str
    note: str = ""


class Split(Schema):
    identifiers: list[Named]
    note: str = ""


class Move(Schema):
    """`to`: the other person, an id or `type:value`."""

    identifier: Named
    to: str
    note: str = ""


class Merge(Schema):
    """`profiles`: ids or `type:value`. `two_accounts`: they have two values of a unique type yet are one."""

    profiles: list[str]
    two_accounts: bool = False
    note: str = ""


@router.get(
    "/profiles/{path:key}/identity", auth=KeyAuth("customers.view"), summary="Identifiers, edges, merges and why"
)
def profile_identity(request: HttpRequest, key: str, scope: str | None = None) -> dict[str, Any]:
    """`live` entries tie two identifiers now: `POST …/unmerge` takes one back."""
    found = person_by_key(key, scope=scope, masked=is_masked(request))
    show = show_for(request)
    keys = [i.key for i in found.identifiers]
    log = explain(edges_of(found.ids, keys), show, evidence_of(keys).live)
    merges = [
        {
            "edge": str(entry.edge.pk),
            "at": rfc3339(entry.edge.at),
            "from": str(entry.edge.other_profile_id),
            "into": str(entry.edge.profile_id),
            "live": entry.live,
            "why": f"{entry.title}. {entry.why}",
        }
        for entry in log
        if entry.edge.kind == "merge"
    ]
    return {
        "id": str(found.id),
        "merged_ids": [str(merged) for merged in found.ids[1:]],
        "identifiers": [identifier_document(found, each) for each in found.identifiers],
        "edges": [_edge(entry, found, show) for entry in log],
        "merges": merges,
    }


def _edge(entry: Explained, found: Person, show: Show) -> dict[str, Any]:
    edge = entry.edge
    return {
        "id": str(edge.pk),
        "at": rfc3339(edge.at),
        "kind": edge.kind,
        "left": identifier(edge.left, show),
        "right": identifier(edge.right, show) if edge.right else None,
        "rule": edge.rule,
        "live": entry.live,
        "why": f"{entry.title}. {entry.why}",
        "by": edge.by,
        "note": mask_text(edge.note) if found.masked else edge.note,
        "message_id": edge.message_id,
        "source": {"id": str(edge.source_id), "name": found.source_name(edge.source_id)},
    }


@router.get(
    "/profiles/{path:key}/identity/why", auth=KeyAuth("customers.view"), summary="Why two identifiers are one person"
)
def profile_why(request: HttpRequest, key: str, left: str, right: str, scope: str | None = None) -> dict[str, Any]:
    """`left` and `right` are `type:value`. `steps` is the shortest chain of evidence; empty when none is known."""
    found = person_by_key(key, scope=scope, masked=is_masked(request))
    show = show_for(request)
    start, end = (_find(found, _parsed(text, field)).key for text, field in ((left, "left"), (right, "right")))
    ties = chain(evidence_of([i.key for i in found.identifiers]).ties, start, end)
    steps = []
    here = start
    for tie, step in zip(ties or [], steps_of(ties or [], start, show), strict=True):
        there = tie.other(here)
        steps.append(
            {
                "left": identifier(here, show),
                "right": identifier(there, show),
                "why": step.why,
                "edges": [str(entry.pk) for entry in tie.entries],
                "at": rfc3339(step.entry.at),
                "message_id": step.entry.message_id,
                "source": {"id": str(step.entry.source_id), "name": found.source_name(step.entry.source_id)},
            }
        )
        here = there
    return {"same": ties is not None, "steps": steps}


def _parsed(text: str, field: str) -> Named:
    type_, colon, value = text.partition(":")
    if not colon or not value:
        raise InvalidInput(f"{field}: expected type:value, such as email:lan@example.com", details={field: "malformed"})
    return Named(type=type_, value=value)


def _find(found: Person, named: Named) -> Identifier:
    """The person's identifier of this name. Raises NotFound, or Conflict when several scopes have it."""
    matched = match_value(named.type, named.value, rules=rules.current(), phone_region=str(config().phone_region))
    fitting = [
        i
        for i in found.identifiers
        if i.type == named.type and i.value in (matched, named.value) and named.scope in (None, i.scope)
    ]
    if not fitting:
        raise NotFound(f"this person has no such {named.type}", details={"type": named.type})
    if len(fitting) > 1:
        raise Conflict(
            f"the person has this {named.type} in several scopes; add scope",
            details={"scopes": sorted(i.scope for i in fitting)},
        )
    return fitting[0]


@router.post("/profiles/{path:key}/unmerge", auth=KeyAuth("customers.edit"), summary="Take evidence back")
def unmerge(request: HttpRequest, key: str, body: Unmerge, scope: str | None = None) -> HttpResponse:
    """`edge`: id of a live entry of the log. 200 done, 202 at work, 409 refused (other evidence ties the two too)."""
    found = person_by_key(key, scope=scope, masked=True)
    mine = {i.key for i in found.identifiers}
    number = int(body.edge) if body.edge.isascii() and body.edge.isdigit() and len(body.edge) < 19 else 0
    edge = Edge.objects.filter(pk=number).first()
    if edge is None or not mine & {edge.left, edge.right}:
        raise NotFound("the log of this person has no such entry", details={"edge": "unknown"})
    return carried_out(request, orders.cut(number, by=by_of(request), note=body.note))


@router.post("/profiles/{path:key}/split", auth=KeyAuth("customers.edit"), summary="Split identifiers off")
def split(request: HttpRequest, key: str, body: Split, scope: str | None = None) -> HttpResponse:
    """They leave together for a person of their own. 200 done, 202 at work, 409 refused and why."""
    found = person_by_key(key, scope=scope, masked=True)
    if not body.identifiers:
        raise InvalidInput("identifiers: name at least one", details={"identifiers": "empty"})
    leaving = [_find(found, named).key for named in body.identifiers]
    return carried_out(request, orders.split(leaving, by=by_of(request), note=body.note))


@router.post(
    "/profiles/{path:key}/move", auth=KeyAuth("customers.edit"), summary="Give an identifier to another person"
)
def move(request: HttpRequest, key: str, body: Move, scope: str | None = None) -> HttpResponse:
    """200 done, 202 at work, 409 refused and why."""
    found = person_by_key(key, scope=scope, masked=True)
    other = person_by_key(body.to, masked=True)
    moving = _find(found, body.identifier).key
    return carried_out(request, orders.move(moving, other.id, by=by_of(request), note=body.note))


@router.post("/profiles/merge", auth=KeyAuth("customers.edit"), summary="Make one person of several")
def merge(request: HttpRequest, body: Merge) -> HttpResponse:
    """The oldest profile survives. 200 done, 202 at work, 409 refused and why."""
    people = [person_by_key(key, masked=True) for key in body.profiles[:20]]
    keys = {found.id: found.identifiers[0].key for found in people if found.identifiers}
    if len(keys) < 2 or len(body.profiles) > 20:
        raise InvalidInput("profiles: name 2 to 20 different people", details={"profiles": "count"})
    first, *others = keys.values()
    pairs = [(first, other) for other in others]
    placed = orders.join(pairs, by=by_of(request), note=body.note, two_accounts=body.two_accounts)
    return carried_out(request, placed)


@router.get("/identity/orders/{int:order_id}", auth=KeyAuth("customers.view"), summary="What came of an order")
def get_order(request: HttpRequest, order_id: int) -> dict[str, Any]:
    """`status`: waiting, working, done or refused (`message` says why)."""
    return order_document(orders.outcome(order_id), masked=is_masked(request))
