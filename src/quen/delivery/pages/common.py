"""What the content pages share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from quen.accounts.access import user_of
from quen.accounts.roles import can


def content_tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """Those that the viewer may open."""
    role = user_of(request).role
    tabs = [
        ("content", _("Templates"), "template", "content.edit"),
        ("suppressions", _("Suppression list"), "mail-off", "customers.pii"),
        ("sending", _("Delivery settings"), "server", "content.edit"),
    ]
    return [
        {"url": reverse(name), "label": label, "icon": icon, "active": name == active}
        for name, label, icon, capability in tabs
        if can(role, capability)
    ]
