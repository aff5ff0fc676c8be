"""Why a person is one person: `/profiles/{key}/identity`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.identity.explain import explain
from quen.identity.keys import split_key
from quen.identity.queries import edges_of, evidence_of
from quen.profiles.masking import mask_identifier
from quen.profiles.queries import identifier_document, person, resolve_key
from quen.web.times import rfc3339

router = Router(tags=["Profiles"])


@router.get(
    "/profiles/{path:key}/identity", auth=KeyAuth("customers.view"), summary="Identifiers, edges, merges and why"
)
def profile_identity(request: HttpRequest, key: str, scope: str | None = None) -> dict[str, Any]:
    masked = not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
    found = person(resolve_key(key, scope=scope), masked=masked)

    def show(type_: str, value: str) -> str:
        return mask_identifier(type_, value) if masked else value

    def identifier(text: str) -> dict[str, str] | None:
        type_, scope_, value = split_key(text)
        return {"type": type_, "value": show(type_, value), "scope": scope_} if text else None

    keys = [i.key for i in found.identifiers]
    log = explain(edges_of(found.ids, keys), show, evidence_of(keys).live)
    edges = [
        {
            "id": str(entry.edge.pk),
            "at": rfc3339(entry.edge.at),
            "kind": entry.edge.kind,
            "left": identifier(entry.edge.left),
            "right": identifier(entry.edge.right),
            "rule": entry.edge.rule,
            "why": f"{entry.title}. {entry.why}",
            "by": entry.edge.by,
            "message_id": entry.edge.message_id,
            "source": {"id": str(entry.edge.source_id), "name": found.source_name(entry.edge.source_id)},
        }
        for entry in log
    ]
    merges = [
        {
            "edge": str(entry.edge.pk),
            "at": rfc3339(entry.edge.at),
            "from": str(entry.edge.other_profile_id),
            "into": str(entry.edge.profile_id),
            "why": f"{entry.title}. {entry.why}",
        }
        for entry in log
        if entry.edge.kind == "merge"
    ]
    return {
        "id": str(found.id),
        "merged_ids": [str(merged) for merged in found.ids[1:]],
        "identifiers": [identifier_document(found, each) for each in found.identifiers],
        "edges": edges,
        "merges": merges,
    }
