"""Settings: the workspace, people, API keys, and everyone's own preferences."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from quen.accounts import people as team
from quen.accounts.access import require, user_of
from quen.accounts.forms import InviteForm, KeyForm, PreferencesForm, RoleForm
from quen.accounts.keys import create_key, revoke_key
from quen.accounts.models import ApiKey, User
from quen.accounts.roles import ROLE_DESCRIPTIONS, ROLE_NAMES, can
from quen.accounts.workspace import settings_in_force
from quen.config import config
from quen.errors import Conflict, NotFound, QuenError
from quen.web.context import THEMES
from quen.web.errors import too_many


def tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """The tabs of Settings that the viewer may open."""
    role = user_of(request).role
    entries = [
        ("settings", _("Workspace"), "building-store", "data.view"),
        ("people", _("People"), "users", "people.edit"),
        ("api_keys", _("API keys"), "key", "people.edit"),
        ("identifier_types", _("Identifier types"), "fingerprint", "data.edit"),
        ("trait_settings", _("Traits"), "list-details", "data.edit"),
        ("preferences", _("Your preferences"), "user-cog", "view"),
    ]
    return [
        {"url": reverse(name), "label": label, "icon": icon, "active": name == active}
        for name, label, icon, capability in entries
        if can(role, capability)
    ]


@require_GET
@require("view")
def settings_page(request: HttpRequest) -> HttpResponseBase:
    if not can(user_of(request).role, "data.view"):
        return redirect("preferences")
    context = {"tabs": tabs(request, "settings"), "groups": settings_in_force(), "data_dir": config().data_dir}
    return render(request, "accounts/settings.html", context)


@require_GET
@require("people.edit")
def people(request: HttpRequest) -> HttpResponseBase:
    context = {
        "tabs": tabs(request, "people"),
        "people": User.objects.order_by("-is_active", "name", "email"),
        "roles": [(name, ROLE_DESCRIPTIONS[role]) for role, name in ROLE_NAMES.items()],
    }
    return render(request, "accounts/people.html", context)


@require("people.edit")
def invite(request: HttpRequest) -> HttpResponseBase:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = team.create_person(data["email"], role=data["role"], name=data["name"])
        except Conflict as error:
            form.add_error("email", error.message)
        else:
            return _show_link(request, user, new=True)
    context = {"tabs": tabs(request, "people"), "form": form, "role_descriptions": _role_descriptions()}
    return render(request, "accounts/invite.html", context, status=422 if form.errors else 200)


def _role_descriptions() -> list[tuple[Any, Any]]:
    return [(ROLE_NAMES[role], text) for role, text in ROLE_DESCRIPTIONS.items()]


def _show_link(request: HttpRequest, user: User, *, new: bool) -> HttpResponse:
    """The invitation, by mail where there is a mail server, and always as a link to pass on."""
    link = team.invitation_link(user)
    mailed = bool(config().smtp_url)
    if mailed:
        sender = user_of(request)
        language = user.language or str(django_settings.LANGUAGE_CODE)
        with translation.override(language):
            letter = {"link": link, "name": user.name, "inviter": sender.name or sender.email}
            letter["workspace_name"] = config().workspace_name
            try:
                get_adapter().send_mail("accounts/mail/invitation", user.email, letter)
            except OSError:  # smtplib's errors are OSErrors: the link below still brings the person in
                mailed = False
    context = {"tabs": tabs(request, "people"), "person": user, "link": link, "new": new, "mailed": mailed}
    response = render(request, "accounts/invitation.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


@require("people.edit")
def person(request: HttpRequest, user_id: int) -> HttpResponseBase:
    user = _person(user_id)
    form = RoleForm(request.POST or None, initial={"role": user.role})
    if request.method == "POST" and form.is_valid():
        try:
            team.change_role(user_id, form.cleaned_data["role"])
        except Conflict as error:
            form.add_error("role", error.message)
        else:
            messages.success(request, _("%(who)s now has the role %(role)s.") % _named(user, form.cleaned_data["role"]))
            return redirect("people")
    context = {
        "tabs": tabs(request, "people"),
        "person": user,
        "form": form,
        "itself": user.pk == user_of(request).pk,
        "role_descriptions": _role_descriptions(),
    }
    return render(request, "accounts/person.html", context, status=422 if form.errors else 200)


def _person(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("This person is not here any more."))
    return user


def _named(user: User, role: str) -> dict[str, str]:
    return {"who": user.name or user.email, "role": str(ROLE_NAMES[role])}


@require_POST
@require("people.edit")
def person_link(request: HttpRequest, user_id: int) -> HttpResponseBase:
    user = _person(user_id)
    if not user.is_active:
        raise Conflict(_("Activate this person first."))
    return _show_link(request, user, new=False)


@require_POST
@require("people.edit")
def person_active(request: HttpRequest, user_id: int) -> HttpResponseBase:
    active = request.POST.get("active") == "1"
    try:
        user = team.set_active(user_id, active)
    except QuenError as error:
        messages.error(request, error.message)
        return redirect("person", user_id=user_id)
    text = _("%(who)s can sign in again.") if active else _("%(who)s can no longer sign in.")
    messages.success(request, text % {"who": user.name or user.email})
    return redirect("people")


@require("people.edit")
def keys(request: HttpRequest) -> HttpResponseBase:
    form = KeyForm(request.POST or None)
    secret, made = None, None
    if request.method == "POST" and form.is_valid():
        made, secret = create_key(form.cleaned_data["name"], form.cleaned_data["role"])
        form = KeyForm()
    context = {
        "tabs": tabs(request, "api_keys"),
        "form": form,
        "made": made,
        "secret": secret,
        "keys": ApiKey.objects.filter(revoked_at=None).order_by("-created_at"),
        "revoked": ApiKey.objects.exclude(revoked_at=None).order_by("-revoked_at")[:20],
        "api_url": f"{str(config().base_url).rstrip('/')}/api/v1",
        "role_descriptions": _role_descriptions(),
    }
    return render(request, "accounts/keys.html", context, status=422 if form.errors else 200)


@require_POST
@require("people.edit")
def revoke(request: HttpRequest, key_id: int) -> HttpResponseBase:
    key = revoke_key(key_id)
    messages.success(request, _("The key “%(name)s” no longer opens anything.") % {"name": key.name})
    return redirect("api_keys")


@sensitive_post_parameters("old_password", "new_password1", "new_password2")
@require("view")
def preferences(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    which = request.POST.get("form", "")
    initial = {"name": user.name, "language": translation.get_language(), "theme": user.theme or "auto"}
    form = PreferencesForm(request.POST if which == "preferences" else None, initial=initial)
    password = PasswordChangeForm(user, request.POST if which == "password" else None)
    if which == "preferences" and form.is_valid():
        for field, value in form.cleaned_data.items():
            setattr(user, field, value)
        user.save(update_fields=list(form.cleaned_data))
        with translation.override(user.language):
            messages.success(request, _("Saved."))
        response = redirect("preferences")
        _remember(response, language=user.language, theme=user.theme)
        return response
    if which == "password":
        if not ratelimit.consume(request, action="change_password", user=user):
            return too_many(request)
        if password.is_valid():
            password.save()
            update_session_auth_hash(request, user)  # this session stays, all others end
            messages.success(request, _("Your password is changed. Other browsers were signed out."))
            return redirect("preferences")
    context = {"tabs": tabs(request, "preferences"), "form": form, "password": password}
    status = 422 if form.errors or password.errors else 200
    return render(request, "accounts/preferences.html", context, status=status)


@require_POST
@require("view")
def choose_theme(request: HttpRequest) -> HttpResponseBase:
    """The switch in the top bar, kept with the person."""
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        User.objects.filter(pk=user_of(request).pk).update(theme=theme)
    response = HttpResponse(status=204)
    _remember(response, theme=theme if theme in THEMES else "auto")
    return response


def _remember(response: HttpResponse, *, language: str = "", theme: str = "") -> None:
    """The sign-in page of this browser looks as the person last chose."""
    secure = bool(django_settings.SESSION_COOKIE_SECURE)
    if language:
        name = str(django_settings.LANGUAGE_COOKIE_NAME)
        response.set_cookie(name, language, max_age=31_536_000, samesite="Lax", secure=secure)
    if theme:
        response.set_cookie("theme", theme, max_age=31_536_000, samesite="Lax", secure=secure)
