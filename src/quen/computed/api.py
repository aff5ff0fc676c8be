"""Computed traits in the JSON API. Of one person they are in `/profiles/{id}`, their history below it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import override
from ninja import Router, Schema, Status

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.computed import service
from quen.computed.definitions import ComputedTrait, parse_computed
from quen.computed.kinds import KINDS
from quen.computed.models import Definition
from quen.profiles.masking import mask
from quen.segments.oddities import unknown_names
from quen.web.paging import limit_of, page, read_cursor
from quen.web.times import rfc3339

router = Router(tags=["computed traits"])


class NewTrait(Schema):
    name: str
    label: str
    spec: Any
    description: str = ""


class TraitChange(Schema):
    label: str | None = None
    description: str | None = None
    spec: Any = None
    paused: bool | None = None


class SpecOnly(Schema):
    spec: Any


@router.get("/computed-traits", auth=KeyAuth("customers.view"), summary="List computed traits")
def list_traits(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """By name; those being deleted are not among them."""
    limit, after = limit_of(limit), read_cursor(cursor)
    found = service.listed().order_by("name")
    if after is not None:
        found = found.filter(name__gt=str(after))
    return page([_document(each) for each in found[: limit + 1]], limit, lambda item: item["name"])


@router.post(
    "/computed-traits",
    auth=KeyAuth("segments.edit"),
    response={201: dict[str, Any]},
    summary="Make a computed trait",
)
def create_trait(request: HttpRequest, body: NewTrait) -> Status[dict[str, Any]]:
    """It is `computing` until everyone has their value, then `live`. Rules name it `computed.NAME`, templates too.

    A spec that is wrong is a 422 whose `details.path` points at the place (`$.where[0].op`). Names that nothing
    received so far has are allowed; `warnings` says where they are.
    """
    made = service.create(body.name, body.label, body.spec, by=_by(request), description=body.description)
    return Status(201, {**_document(made), "warnings": _warnings(made.spec)})


@router.post("/computed-traits/preview", auth=KeyAuth("customers.view"), summary="Try a computed trait")
def preview_trait(request: HttpRequest, body: SpecOnly) -> dict[str, Any]:
    """The value now of up to ten people who have one, the newest people first. Nothing is kept."""
    trait = parse_computed("preview", "preview", body.spec)
    masked = not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
    return {
        "spec": trait.spec,
        "sentence": trait.words("en"),
        "sample": [
            {"profile_id": str(id_), "value": _shown(trait, value, masked=masked)}
            for id_, value in service.preview(trait.spec).items()
        ],
        "warnings": _warnings(trait.spec),
    }


@router.get("/computed-traits/{name}", auth=KeyAuth("customers.view"), summary="One computed trait")
def get_trait(request: HttpRequest, name: str) -> dict[str, Any]:
    definition = service.find(name)
    return {**_document(definition), "used_by": service.used_by(name)}


@router.patch("/computed-traits/{name}", auth=KeyAuth("segments.edit"), summary="Change a computed trait")
def change_trait(request: HttpRequest, name: str, body: TraitChange) -> dict[str, Any]:
    """Another spec is a new version, computed anew; until theirs is, people keep the value they had.

    `paused`: true to follow it no more, values staying as they are; false to compute it anew.
    """
    definition = service.find(name)
    service.update(definition, label=body.label, description=body.description, spec=body.spec, by=_by(request))
    if body.paused is not None:
        (service.pause if body.paused else service.resume)(definition)
    return {**_document(definition), "warnings": _warnings(definition.spec)}


@router.delete("/computed-traits/{name}", auth=KeyAuth("segments.edit"), summary="Delete a computed trait")
def delete_trait(request: HttpRequest, name: str) -> dict[str, Any]:
    """The engine takes its values from everyone; then the name is free again. 409 while something uses it."""
    definition = service.find(name)
    service.delete(definition)
    return _document(definition)


def _document(definition: Definition) -> dict[str, Any]:
    return {
        "id": str(definition.id),
        "name": definition.name,
        "path": f"computed.{definition.name}",
        "label": definition.label,
        "description": definition.description,
        "spec": definition.spec,
        "gives": kind.gives if (kind := KINDS.get(definition.spec.get("kind"))) else "",
        "status": definition.status,
        "problem": definition.problem,
        "progress": service.progress(definition),
        "version": definition.version,
        "created_at": rfc3339(definition.created_at),
        "updated_at": rfc3339(definition.updated_at),
        "created_by": definition.created_by,
    }


def _shown(trait: ComputedTrait, value: Any, *, masked: bool) -> Any:
    return mask(value, str(getattr(trait.operand, "property", ""))) if masked else value


def _warnings(spec: dict[str, Any]) -> list[dict[str, str]]:
    """Of a spec over several events each of them is looked at."""
    events = spec.get("event", [])
    asked = [{**spec, "event": event} for event in ([events] if isinstance(events, str) else events)]
    with override("en"):
        found = {(odd.path, odd.message): None for each in asked for odd in unknown_names(each)}
    return [{"path": path, "message": message} for path, message in found]


def _by(request: HttpRequest) -> str:
    return str(getattr(request, "auth").by)  # noqa: B009 set by KeyAuth, unknown to Django's types
