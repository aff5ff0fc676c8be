"""API keys: shown once, kept as a hash, bound by their role, useless once revoked."""

from __future__ import annotations

import pytest
from django.test import Client

from quen.accounts.keys import KNOWN_S, create_key, find_key, revoke_key
from quen.accounts.models import ApiKey
from quen.errors import InvalidInput, NotFound
from tests.support import eventually

pytestmark = pytest.mark.django_db


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_only_the_hash_is_kept() -> None:
    key, secret = create_key("sync", "developer")
    assert secret.startswith(key.prefix)
    row = ApiKey.objects.get(pk=key.pk)
    assert secret not in "".join(str(value) for value in vars(row).values())
    caller = find_key(secret)
    assert caller is not None
    assert (caller.name, caller.role, caller.by) == ("sync", "developer", "key:sync")


@pytest.mark.parametrize("secret", ["", "qk_", "qk_khóa", "\x00", "\ud800", "x" * 10_000])
def test_what_is_no_key_finds_nobody(secret: str) -> None:
    assert find_key(secret) is None


def test_a_revoked_key_is_useless_and_stays_revoked() -> None:
    key, secret = create_key("sync", "owner")
    first = revoke_key(key.pk).revoked_at
    assert find_key(secret) is None
    assert revoke_key(key.pk).revoked_at == first
    with pytest.raises(NotFound):
        revoke_key(1)


def test_a_key_that_was_just_used_is_useless_once_revoked() -> None:
    here, first = create_key("here", "owner")
    elsewhere, second = create_key("elsewhere", "owner")
    assert find_key(first)
    assert find_key(second)
    revoke_key(here.pk)
    assert find_key(first) is None
    assert find_key(second)
    ApiKey.objects.filter(pk=elsewhere.pk).update(revoked_at=1)  # as another process does
    eventually(lambda: find_key(second) is None, timeout=10 * KNOWN_S)


@pytest.mark.parametrize(("name", "role"), [("", "owner"), ("  ", "owner"), ("x" * 121, "owner"), ("x", "root")])
def test_bad_keys_are_refused(name: str, role: str) -> None:
    with pytest.raises(InvalidInput):
        create_key(name, role)


def test_the_api_makes_lists_and_revokes() -> None:
    _, owner = create_key("owner", "owner")
    client = Client()
    made = client.post(
        "/api/v1/keys", {"name": "sync", "role": "analyst"}, content_type="application/json", headers=bearer(owner)
    )
    assert made.status_code == 201
    body = made.json()
    assert isinstance(body["id"], str)
    assert body["created_at"].endswith("Z")
    first = client.get("/api/v1/keys?limit=1", headers=bearer(owner)).json()
    assert [key["name"] for key in first["items"]] == ["sync"]
    assert "key" not in first["items"][0]
    rest = client.get("/api/v1/keys", {"cursor": first["next"]}, headers=bearer(owner)).json()
    assert [key["name"] for key in rest["items"]] == ["owner"]
    assert rest["next"] is None
    assert client.delete(f"/api/v1/keys/{body['id']}", headers=bearer(owner)).json()["revoked_at"]
    assert client.get("/api/v1/keys", headers=bearer(body["key"])).status_code == 401


def test_the_api_says_what_is_wrong_in_one_shape() -> None:
    client = Client()
    _, owner = create_key("owner", "owner")
    _, analyst = create_key("analyst", "analyst")
    none = client.get("/api/v1/keys")
    assert (none.status_code, none.json()["code"]) == (401, "unauthorized")
    assert none["WWW-Authenticate"] == "Bearer"
    not_theirs = client.get("/api/v1/keys", headers=bearer(analyst))
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "forbidden")
    assert not_theirs.json()["details"] == {"capability": "people.edit", "role": "analyst"}
    for sent, field in (({"role": "owner"}, "name"), ({"name": 1, "role": "owner"}, "name")):
        answer = client.post("/api/v1/keys", sent, content_type="application/json", headers=bearer(owner))
        assert answer.status_code == 422
        assert list(answer.json()["details"]["fields"]) == [field]
    broken = client.post("/api/v1/keys", "{", content_type="application/json", headers=bearer(owner))
    assert broken.status_code == 400
    assert set(broken.json()) == {"code", "message", "details"}
    assert client.get("/api/v1/keys?cursor=nonsense", headers=bearer(owner)).status_code == 422
    assert client.get("/api/v1/keys?limit=many", headers=bearer(owner)).status_code == 422
    assert client.get("/api/v1/no-such-thing", headers=bearer(owner)).json()["code"] == "not_found"


def test_openapi_describes_the_keys() -> None:
    described = Client().get("/api/v1/openapi.json").json()
    assert {"get", "post"} <= set(described["paths"]["/api/v1/keys"])
