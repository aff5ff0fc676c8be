"""`/keys` of the JSON API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quen.accounts.access import KeyAuth
from quen.accounts.keys import create_key, revoke_key
from quen.accounts.models import ApiKey
from quen.web.paging import limit_of, page, read_cursor
from quen.web.times import rfc3339

router = Router(tags=["keys"], auth=KeyAuth("people.edit"))


class NewKey(Schema):
    name: str
    role: str


@router.get("/keys")
def list_keys(request: HttpRequest, limit: int = 50, cursor: str = "") -> dict[str, Any]:
    """Keys, newest first, revoked ones too."""
    size = limit_of(limit)
    keys = ApiKey.objects.order_by("-id")
    after = read_cursor(cursor)
    if isinstance(after, int):
        keys = keys.filter(id__lt=after)
    found = page(list(keys[: size + 1]), size, lambda key: key.pk)
    return {"items": [_shown(key) for key in found["items"]], "next": found["next"]}


@router.post("/keys", response={201: dict[str, Any]})
def post_key(request: HttpRequest, payload: NewKey) -> Status[dict[str, Any]]:
    """Make a key. `key` is in this answer only."""
    key, secret = create_key(payload.name, payload.role)
    return Status(201, {**_shown(key), "key": secret})


@router.delete("/keys/{int:key_id}")
def delete_key(request: HttpRequest, key_id: int) -> dict[str, Any]:
    """Revoke a key."""
    return _shown(revoke_key(key_id))


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.pk),
        "name": key.name,
        "role": key.role,
        "prefix": key.prefix,
        "created_at": rfc3339(key.created_at),
        "last_used_at": rfc3339(key.last_used_at),
        "revoked_at": rfc3339(key.revoked_at),
    }
