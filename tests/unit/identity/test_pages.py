"""Who sees what of identity: contact data masked for those without the right, and who may change what."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from quen.accounts.people import create_person
from quen.identity import orders, rules
from quen.identity.keys import make_key, pair_of, split_key
from quen.identity.models import Claim, Edge, Identifier, Order, SetAside
from quen.identity.refs import ref_of
from quen.identity.types import DEFAULTS
from quen.profiles.models import Profile

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PHONE, MAIL = make_key("phone", "", "+84912345678"), make_key("email", "", "lan.nguyen@example.com")
USER, OTHER = make_key("user_id", "", "u1"), make_key("user_id", "", "u2")
HIDDEN = ("912345678", "lan.nguyen")

pytestmark = pytest.mark.django_db


def as_(role: str) -> Client:
    client = Client()
    person = create_person(f"{role}@shop.vn", role=role, name=role, password="con mèo ngồi trên mái")
    client.force_login(person, backend=BACKEND)
    return client


@pytest.fixture
def people() -> None:
    """Lan with three identifiers, another one with one, a claim between them, and a phone that was set aside."""
    for profile_id in (1, 2):
        Profile.objects.create(id=profile_id, created_at=1, first_seen=1, last_seen=1, first_source_id=0)
    for profile_id, key in ((1, USER), (1, PHONE), (1, MAIL), (2, OTHER)):
        type_, scope, value = split_key(key)
        Identifier.objects.create(
            key=key, type=type_, scope=scope, value=value, profile_id=profile_id, first_seen=1, last_seen=1, source_id=0
        )
    common = {"at": 1, "source_id": 0, "message_id": "m", "profile_id": 1, "rule": "same_message"}
    for number, (kind, left, right) in enumerate(
        [("create", USER, ""), ("attach", USER, PHONE), ("attach", USER, MAIL), ("conflict", PHONE, OTHER)], 1
    ):
        rule = {"rule": "unique:user_id", "other_profile_id": 2} if kind == "conflict" else {}
        note = f"she said {split_key(PHONE)[2]}"
        Edge.objects.create(**common | rule, id=number, kind=kind, left=left, right=right, note=note)
    Claim.objects.create(
        id=7, pair=pair_of(MAIL, OTHER), kind="merge", left=MAIL, right=OTHER, profile_id=1, other_profile_id=2,
        source_id=0, message_id="m", first_at=1, last_at=1,
    )  # fmt: skip
    SetAside.objects.create(key=PHONE, type="phone", rule="unique:user_id", count=3, first_at=1, last_at=1, source_id=0)


@pytest.mark.usefixtures("people")
def test_masked_viewers_see_no_contact_data_anywhere() -> None:
    order = orders.split([PHONE], by="lan@shop.vn", note=f"his {split_key(PHONE)[2]}")
    Order.objects.filter(pk=order.pk).update(status="done", result={"profiles": ["1", "2"]})
    pages = [
        reverse("customer_identity", args=[1]),
        f"{reverse('customer_identity', args=[1])}?left={ref_of(PHONE)}&right={ref_of(MAIL)}",
        reverse("claims"),
        reverse("set_aside"),
        reverse("identity_order", args=[order.pk]),
    ]
    analyst, care = as_("analyst"), as_("care")
    for page in pages:
        masked, whole = analyst.get(page), care.get(page)
        assert (masked.status_code, whole.status_code) == (200, 200)
        assert not [part for part in HIDDEN if part in masked.content.decode()], page
        assert any(part in whole.content.decode() for part in HIDDEN), page
        assert '<form method="post" action="/claims' not in masked.content.decode()


@pytest.mark.usefixtures("people")
def test_only_those_who_may_change_people() -> None:
    analyst, marketer = as_("analyst"), as_("marketer")
    doors = [
        reverse("identity_cut", args=[1, 2]),
        reverse("identity_split", args=[1]),
        reverse("identity_move", args=[1]),
        reverse("identity_merge", args=[1]),
        reverse("claim_accept", args=[7]),
        reverse("claim_refuse", args=[7]),
        reverse("set_aside_block", args=[ref_of(PHONE)]),
        reverse("set_aside_dismiss", args=[ref_of(PHONE)]),
    ]
    for client in (analyst, marketer):
        assert {client.post(door).status_code for door in doors} == {403}
    assert Order.objects.count() == 0 and rules.version() == 0
    assert as_("developer").get(reverse("claims")).status_code == 403
    assert as_("care").get(reverse("identifier_types")).status_code == 403


@pytest.mark.usefixtures("people")
def test_a_masked_form_keeps_what_it_does_not_show() -> None:
    rules.save(DEFAULTS, "lan@shop.vn")
    owner, developer = as_("owner"), as_("developer")
    form = {"version": str(rules.version()), "action": "preview"}
    fields = owner.get(reverse("identifier_types")).context["fields"]

    def posted(fields: dict[str, object], **change: str) -> dict[str, str]:
        found = {"max_merges": str(fields["max_merges"]), "max_identifiers": str(fields["max_identifiers"])}
        for each in fields["types"]:  # type: ignore[attr-defined]
            names = ("name", "priority", "scope", "normaliser", "most", "limit", "window", "blocked", "patterns")
            found |= {f"t{each['number']}-{name}": each[name] for name in names}
            found |= {f"t{each['number']}-anonymous": "on"} if each["anonymous"] else {}
        return found | change

    phone = next(each["number"] for each in fields["types"] if each["name"] == "phone")
    blocked = {f"t{phone}-blocked": "+84912345678"}
    seen = owner.post(reverse("identifier_types"), posted(fields, **form, **blocked))
    saved = {"action": "save", "previewed": seen.context["previewed"]}
    assert owner.post(reverse("identifier_types"), posted(fields, **form | saved, **blocked)).status_code == 302
    assert rules.current().by_name["phone"].blocked == ("+84912345678",)
    # The examples of a preview are people: a developer does not see them.
    shown = developer.get(reverse("identifier_types"))
    assert HIDDEN[0] not in shown.content.decode()
    fields, form = shown.context["fields"], {"version": str(rules.version()), "action": "preview"}
    again = developer.post(reverse("identifier_types"), posted(fields, **form, **{f"t{phone}-limit": "1"}))
    assert not any(each["people"] for each in again.context["findings"])
    saved = {"action": "save", "previewed": again.context["previewed"], "rebuild": "on"}
    developer.post(reverse("identifier_types"), posted(fields, **form | saved, **{f"t{phone}-limit": "1"}))
    assert rules.current().by_name["phone"].blocked == ("+84912345678",)
    assert rules.current().by_name["phone"].limit == 1
    assert Order.objects.count() == 0  # a rebuild changes people: not for them
    # Somebody else's change meanwhile, and a save of what was not previewed, are shown, not saved.
    stale = developer.post(reverse("identifier_types"), posted(fields, **form | saved, **{f"t{phone}-limit": "2"}))
    assert stale.status_code == 422 and "types" in stale.context["errors"]
    unseen = form | saved | {"version": str(rules.version())}
    other = developer.post(reverse("identifier_types"), posted(fields, **unseen, **{f"t{phone}-limit": "2"}))
    assert other.status_code == 200 and other.context["previewed"] != saved["previewed"]
    assert rules.current().by_name["phone"].limit == 1
