"""Forms of the settings pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quen.accounts.roles import ROLE_NAMES


def _roles() -> list[tuple[str, Any]]:
    return list(ROLE_NAMES.items())


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=_roles, initial="marketer")


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=_roles)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What it is for, so that you know later which one to revoke.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=_roles, initial="developer")


class PreferencesForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")])
    theme = forms.ChoiceField(
        label=_("Appearance"), choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
    )
