"""What every page knows: the navigation, the workspace, the theme."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from quen.accounts.roles import can
from quen.config import config
from quen.web.navigation import navigation

THEMES = ("light", "dark", "auto")


def console(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Error pages are drawn without a user, so nothing here may need one."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    theme = getattr(user, "theme", "") or request.COOKIES.get("theme", "")
    return {
        "workspace_name": config().workspace_name,
        "theme": theme if theme in THEMES else "auto",
        "navigation": navigation(request) if signed_in else [],
        "search_url": _search_url() if signed_in and can(getattr(user, "role", ""), "customers.view") else None,
        "capabilities": _Capabilities(getattr(user, "role", "") if signed_in else ""),
    }


class _Capabilities:
    """`{% if capabilities.segments_edit %}`: templates cannot write a dot inside a name."""

    def __init__(self, role: str) -> None:
        self.role = role

    def __getitem__(self, name: str) -> bool:
        return can(self.role, name.replace("_", "."))


def _search_url() -> str | None:
    try:
        return reverse("customers")
    except NoReverseMatch:
        return None
