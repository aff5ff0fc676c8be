"""People: there is always an owner, invitations work once, roles bound what is seen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from quen.accounts.models import User
from quen.accounts.people import change_role, create_person, invitation_link, set_active
from quen.accounts.roles import CAPABILITIES, ROLES, can
from quen.errors import Conflict, InvalidInput, NotFound

PASSWORD = "con mèo ngồi trên mái"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return create_person("lan@shop.vn", role="owner", name="Lan", password=PASSWORD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_an_address_belongs_to_one_person_however_it_is_written(owner: User) -> None:
    with pytest.raises(Conflict):
        create_person(" LAN@Shop.VN ", role="analyst")


@pytest.mark.parametrize(("email", "role"), [("not an address", "owner"), ("a@b.vn", "emperor")])
def test_bad_addresses_and_roles_are_refused(email: str, role: str) -> None:
    with pytest.raises(InvalidInput):
        create_person(email, role=role)


def test_the_last_owner_stays(owner: User) -> None:
    with pytest.raises(Conflict):
        change_role(owner.pk, "analyst")
    with pytest.raises(Conflict):
        set_active(owner.pk, active=False)
    other = create_person("minh@shop.vn", role="owner")
    assert change_role(owner.pk, "analyst").role == "analyst"
    with pytest.raises(Conflict):
        set_active(other.pk, active=False)


def test_a_deactivated_owner_does_not_count_as_one(owner: User) -> None:
    other = create_person("minh@shop.vn", role="owner")
    set_active(other.pk, active=False)
    with pytest.raises(Conflict):
        set_active(owner.pk, active=False)


def test_nobody_is_not_found(owner: User) -> None:
    with pytest.raises(NotFound):
        change_role(42, "owner")


def test_deactivating_ends_the_session_at_once(owner: User) -> None:
    person = create_person("ha@shop.vn", role="care", password=PASSWORD)
    client = signed_in(person)
    assert client.get(reverse("preferences")).status_code == 200
    set_active(person.pk, active=False)
    assert client.get(reverse("preferences")).status_code == 302


def test_an_invitation_sets_a_password_once_and_signs_in(owner: User) -> None:
    person = create_person("moi@shop.vn", role="marketer", name="Mới")
    path = invitation_link(person).split("8000", 1)[1]
    client = Client()
    form = client.get(path, follow=True)
    assert "password1" in form.context["form"].fields
    done = client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    assert client.get(reverse("preferences")).status_code == 200
    again = Client().get(path, follow=True)
    assert again.context["token_fail"]


def test_a_weak_password_is_refused_with_its_reason(owner: User) -> None:
    person = create_person("moi@shop.vn", role="marketer")
    client = Client()
    form = client.get(invitation_link(person).split("8000", 1)[1], follow=True)
    again = client.post(form.request["PATH_INFO"], {"password1": "12345678", "password2": "12345678"})
    assert again.context["form"].errors["password1"]


def test_signing_up_is_closed() -> None:
    answer = Client().get(reverse("account_signup"))
    assert "account/signup_closed.html" in [template.name for template in answer.templates]


@given(role=st.sampled_from([*ROLES, "", "nobody"]), capability=st.sampled_from(sorted(CAPABILITIES)))
def test_only_owners_manage_people_and_nobody_without_a_role_may_anything(role: str, capability: str) -> None:
    if capability == "people.edit":
        assert can(role, capability) == (role == "owner")
    if role not in ROLES:
        assert not can(role, capability)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize("page", ["people", "invite", "api_keys"])
def test_pages_of_owners_are_closed_to_others(role: str, page: str, owner: User) -> None:
    person = create_person("ai@shop.vn", role=role, password=PASSWORD)
    assert signed_in(person).get(reverse(page)).status_code == 403


def test_inviting_through_the_page(owner: User) -> None:
    client = signed_in(owner)
    taken = client.post(reverse("invite"), {"email": "LAN@shop.vn", "name": "", "role": "care"})
    assert taken.status_code == 422
    assert taken.context["form"].errors["email"]
    made = client.post(reverse("invite"), {"email": "moi@shop.vn", "name": "Mới", "role": "care"})
    assert made.context["link"].startswith("http://127.0.0.1:8000/password/new/")
    assert User.objects.get(email="moi@shop.vn").role == "care"


def test_changing_the_last_owner_on_the_page_says_why_not(owner: User) -> None:
    answer = signed_in(owner).post(reverse("person", args=[owner.pk]), {"role": "analyst"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["role"]


def test_changing_the_password_needs_the_old_one_and_keeps_this_session(owner: User) -> None:
    client, elsewhere = signed_in(owner), signed_in(owner)
    new = "một câu khác hẳn"
    fields = {"form": "password", "new_password1": new, "new_password2": new}
    assert client.post(reverse("preferences"), fields | {"old_password": "sai rồi"}).status_code == 422
    assert client.post(reverse("preferences"), fields | {"old_password": PASSWORD}).status_code == 302
    assert client.get(reverse("preferences")).status_code == 200
    assert elsewhere.get(reverse("preferences")).status_code == 302


def test_language_and_theme_follow_the_person(owner: User) -> None:
    client = signed_in(owner)
    client.post(reverse("preferences"), {"form": "preferences", "name": "Lan", "language": "en", "theme": "dark"})
    page = client.get(reverse("preferences")).content.decode()
    assert 'lang="en"' in page
    assert 'data-bs-theme="dark"' in page
