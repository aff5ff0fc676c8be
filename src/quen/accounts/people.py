"""People who may sign in: made by invitation, given a role, deactivated. There is always an active owner."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from quen.accounts.models import User
from quen.accounts.roles import ROLES
from quen.errors import Conflict, InvalidInput, NotFound


def create_person(email: str, *, role: str, name: str = "", password: str | None = None, language: str = "") -> User:
    """A new person. Without a password they can come in only by `invitation_link`.

    Raises InvalidInput (details: field → why) for a bad address or role, Conflict when the address is taken.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(_("This is not an e-mail address."), details={"email": "invalid"}) from None
    if role not in ROLES:
        raise InvalidInput(f"role: expected one of {', '.join(ROLES)}", details={"role": "unknown"})
    with transaction.atomic():
        if User.objects.filter(email=email).exists():
            raise Conflict(_("Someone with this e-mail address is here already."), details={"email": "taken"})
        return User.objects.create_user(email, password, name=name.strip()[:120], role=role, language=language)


def invitation_link(user: User) -> str:
    """A link with which the person sets a password; it works once and for seven days."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return str(get_adapter().get_reset_password_from_key_url(key))


def change_role(user_id: int, role: str) -> User:
    """Raises Conflict when it would leave the workspace without an active owner."""
    if role not in ROLES:
        raise InvalidInput(f"role: expected one of {', '.join(ROLES)}", details={"role": "unknown"})
    with transaction.atomic():
        user = _locked(user_id)
        if role != "owner":
            _keep_an_owner(user)
        user.role = role
        user.save(update_fields=["role"])
    return user


def set_active(user_id: int, active: bool) -> User:
    """Deactivating ends the person's sessions at their next request. Raises Conflict for the last active owner."""
    with transaction.atomic():
        user = _locked(user_id)
        if not active:
            _keep_an_owner(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
    return user


def _locked(user_id: int) -> User:
    # All owners are locked, so that two owners cannot remove each other at the same moment.
    list(User.objects.select_for_update().filter(role="owner").values_list("pk", flat=True))
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("This person is not here any more."))
    return user


def _keep_an_owner(user: User) -> None:
    if user.role != "owner" or not user.is_active:
        return
    if not User.objects.filter(role="owner", is_active=True).exclude(pk=user.pk).exists():
        raise Conflict(_("This is the last owner. Make someone else an owner first."), code="last_owner")
