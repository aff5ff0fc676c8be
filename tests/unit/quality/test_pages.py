"""The pages by role: who may come in, and what they see of contact data."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from quen.accounts.people import create_person
from quen.connectors.models import Source
from quen.ids import new_id, now_ms
from quen.quality.models import Counter, Example
from quen.quality.tally import place
from quen.web.times import last_days

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="<b>Quầy</b>", kind="server")


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(create_person(f"{role}-quality@shop.vn", role=role, language="en"), backend=BACKEND)
    return client


def examples_address(source: Source) -> str:
    Example.objects.create(
        id=new_id(),
        place=place(source.pk, "phone", "done", "moved_2018"),
        given="01628 123 456 <script>",
        stored="+84328123456",
        trait="sdt",
        at=now_ms(),
        message_id="m-1",
        profile_id=7,
    )
    return f"{reverse('quality_examples', args=[source.pk])}?field=phone&outcome=done&word=moved_2018"


def test_a_developer_sees_numbers_masked_and_no_customers(source: Source) -> None:
    shown = client_of("developer").get(examples_address(source)).content.decode()
    assert "•••456" in shown
    assert "123456" not in shown and "01628" not in shown
    assert "/customers/7" not in shown
    assert "masked for your role" in shown


def test_an_owner_sees_all_of_it_and_no_markup_of_others(source: Source) -> None:
    shown = client_of("owner").get(examples_address(source)).content.decode()
    assert "01628 123 456 &lt;script&gt;" in shown and "+84328123456" in shown
    assert reverse("customer", args=[7]) in shown
    assert "<b>Quầy" not in shown


@pytest.mark.parametrize("role", ["marketer", "care", "analyst"])
def test_others_may_not_come_in(source: Source, role: str) -> None:
    client = client_of(role)
    addresses = [reverse("quality"), examples_address(source)]
    addresses += [reverse(name, args=[source.pk]) for name in ("quality_source", "quality_days_csv")]
    assert [client.get(address).status_code for address in addresses] == [403] * 4


def test_what_is_not_there_is_not_found(source: Source) -> None:
    client = client_of("developer")
    assert client.get(reverse("quality_source", args=[1])).status_code == 404
    assert (
        client.get(reverse("quality_examples", args=[source.pk]), {"field": "x", "outcome": "done"}).status_code == 404
    )
    assert client.get(reverse("quality_source", args=[source.pk]), {"days": "x", "field": "<"}).status_code == 200


def test_counts_of_a_source_that_is_gone_are_not_shown() -> None:
    day = last_days(now_ms(), 1)[0].isoformat()
    Counter.objects.create(day=day, source_id=5, field="", outcome="seen", count=3)
    shown = client_of("owner").get(reverse("quality"))
    assert shown.context["rows"] == []
