"""Who may see and change computed traits on the pages, and what of contact data stays hidden."""

from __future__ import annotations

import pytest
from django.test import Client

from quen.accounts.models import User
from quen.computed import service
from quen.computed.models import Definition
from quen.computed.recipes import recipes
from quen.profiles import store as profiles
from tests.conformance.segment_world import NOON, person, store_people

pytestmark = pytest.mark.django_db


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(f"{role}@example.com", "correct horse battery", role=role))
    return client


@pytest.fixture
def trait() -> Definition:
    return service.create("mail_of_order", "Thư của đơn", {"kind": "last", "event": "Mailed", "property": "email"})


ROLES = {
    "owner": (True, True),
    "marketer": (True, True),
    "analyst": (True, True),
    "care": (True, False),
    "developer": (False, False),
}


@pytest.mark.parametrize("role", ROLES)
def test_as_with_segments(trait: Definition, role: str) -> None:
    client, (sees, edits) = signed_in(role), ROLES[role]
    for path in ("/computed", f"/computed/traits/{trait.name}", f"/computed/traits/{trait.name}/values.csv"):
        assert client.get(path).status_code == (200 if sees else 403), path
    for path in ("/computed/new", f"/computed/traits/{trait.name}/edit"):
        assert client.get(path).status_code == (200 if edits else 403), path
    ready = next(recipe.name for recipe in recipes() if not Definition.objects.filter(name=recipe.name).exists())
    for path in (f"/computed/ready/{ready}", f"/computed/traits/{trait.name}/pause"):
        assert client.post(path).status_code == (302 if edits else 403), path
    assert Definition.objects.filter(name=ready).exists() == edits
    trait.refresh_from_db()
    assert (trait.status == "paused") == edits


def test_contact_data_is_masked_for_whoever_may_not_see_it(trait: Definition) -> None:
    who = person({"computed": {trait.name: "lan@mail.example"}}, [("Mailed", NOON, {"email": "lan@mail.example"})])
    store_people([who])
    profiles.take_over(trait.next_slot, trait.name, NOON)
    for role, shown in (("marketer", True), ("analyst", False)):
        client = signed_in(role)
        for path in (f"/computed/traits/{trait.name}", f"/computed/traits/{trait.name}/values.csv"):
            answer = client.get(path)
            assert ("lan@mail.example" in answer.content.decode()) == shown, (role, path)


def test_what_is_not_there_is_not_found() -> None:
    client = signed_in("owner")
    assert client.get("/computed/traits/no_such").status_code == 404
    service.create("plain", "Plain", {"kind": "count", "event": "A"})
    for path in ("rfm", "lifecycle", "moves.csv", "rfm.csv"):
        assert client.get(f"/computed/traits/plain/{path}").status_code == 404
    assert client.post("/computed/new", {"kind": "no such"}).status_code == 302
