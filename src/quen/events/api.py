"""The catalogue of what was received: `/events/catalogue`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.events import catalogue
from quen.profiles.masking import mask
from quen.web.times import rfc3339

router = Router(tags=["Events"])


@router.get("/events/catalogue", auth=KeyAuth("view"), summary="Names of events and traits, with types and examples")
def get_catalogue(
    request: HttpRequest, query: str = Query("", description="Only events whose name contains this")
) -> dict[str, Any]:
    masked = not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
    return {
        "items": [
            {
                "name": seen.name,
                "count": seen.count,
                "first_seen": rfc3339(seen.first_seen),
                "last_seen": rfc3339(seen.last_seen),
                "properties": [_property(each, masked) for each in seen.properties],
            }
            for seen in catalogue.events(containing=query.strip()[:200])
        ],
        "traits": [_property(each, masked) for each in catalogue.traits()],
        "next": None,
    }


def _property(seen: catalogue.PropertySeen, masked: bool) -> dict[str, Any]:
    return {
        "name": seen.name,
        "types": seen.types,
        "examples": [mask(example, seen.name) for example in seen.examples] if masked else seen.examples,
        "count": seen.count,
        "last_seen": rfc3339(seen.last_seen),
    }
