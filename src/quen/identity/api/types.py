"""The identifier types: `/identity/types`."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Router, Schema

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.errors import Forbidden, InvalidInput
from quen.identity import changing, rules
from quen.identity.api.common import by_of, caller, identifier, show_for
from quen.identity.pages.findings import describe
from quen.identity.preview import preview
from quen.identity.types import Rules, read_rules
from quen.identity.types_form import unmask
from quen.identity.words import Show
from quen.profiles.masking import MASK
from quen.web.times import rfc3339

router = Router(tags=["identity"])


class Types(Schema):
    """The whole document, as GET gives it. Values that came masked are kept as they are."""

    types: list[dict[str, Any]]
    max_merges: int = 100
    max_identifiers: int = 1_000


class NewTypes(Types):
    """`version`: the one that was read; another one in force by now is a 409. `rebuild`: also split off what is too
    many or blocked in the present data."""

    version: str = ""
    rebuild: bool = False


@router.get("/identity/types", auth=KeyAuth("data.edit"), summary="The identifier types in force")
def get_types(request: HttpRequest) -> dict[str, Any]:
    return _document(show_for(request))


@router.put("/identity/types", auth=KeyAuth("data.edit"), summary="Change the identifier types")
def put_types(request: HttpRequest, body: NewTypes) -> dict[str, Any]:
    """They hold for what comes from then on. `orders`: how many were placed to rebuild the present data."""
    before = rules.current()
    if body.rebuild and not can(caller(request).role, "customers.edit"):
        raise Forbidden("a rebuild changes people; use a key that may (customers.edit)")
    after = _read(body, before, show_for(request))
    version = _number(body.version)
    placed = changing.save(before, after, by=by_of(request), rebuild=body.rebuild, version=version)
    return _document(show_for(request)) | {"orders": placed}


@router.post("/identity/types/preview", auth=KeyAuth("data.edit"), summary="What a change would do")
def preview_types(request: HttpRequest, body: Types) -> dict[str, Any]:
    """Counted on the present data; `examples` for keys that may see customers."""
    before, show = rules.current(), show_for(request)
    sees = can(caller(request).role, "customers.view")
    found = [
        {
            "kind": finding.kind,
            "type": finding.type,
            "identifiers": finding.identifiers,
            "people": finding.people,
            "number": finding.number,
            "names": finding.names,
            "message": describe(finding),
            "examples": [
                {"profile_id": str(p), "identifier": identifier(key, show) if key else None}
                for p, key in (finding.examples if sees else [])
            ],
        }
        for finding in preview(before, _read(body, before, show))
    ]
    return {"items": found, "next": None}


def _number(version: str) -> int | None:
    if not version:
        return None
    if not version.isascii() or not version.isdecimal() or len(version) > 18:
        raise InvalidInput("version: use the one that GET gave", details={"version": "malformed"})
    return int(version)


def _read(body: Types, before: Rules, show: Show) -> Rules:
    types = []
    for given in body.types:
        blocked = given.get("blocked", [])
        if isinstance(blocked, list):
            blocked = unmask(str(given.get("name")), [str(value) for value in blocked], before, show)
            if any(MASK in value for value in blocked):
                raise InvalidInput(
                    "blocked: a masked value can be kept or taken out, not changed", details={"blocked": "masked"}
                )
        types.append({**given, "blocked": blocked})
    return read_rules({"types": types, "max_merges": body.max_merges, "max_identifiers": body.max_identifiers})


def _document(show: Show) -> dict[str, Any]:
    now = rules.current()
    last = rules.history(1)
    document: dict[str, Any] = msgspec.to_builtins(now)
    for given in document["types"]:
        given["blocked"] = [show(given["name"], value) for value in given["blocked"]]
    return document | {
        "version": str(last[0].pk if last else 0),
        "by": last[0].by if last else "",
        "at": rfc3339(last[0].at) if last else None,
    }
