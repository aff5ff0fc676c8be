"""The left navigation. An entry shows when its page exists and the viewer may open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from quen.accounts.roles import can
from quen.duplicates.review import open_count as duplicates_to_decide
from quen.identity.inbox import open_count


@dataclass(frozen=True)
class Entry:
    url_name: str
    label: Any
    icon: str  # of Tabler icons, without "ti-"
    capability: str
    waiting: Callable[[], int] | None = None  # how many wait for a person's look: asked with every page


@dataclass(frozen=True)
class Group:
    label: Any
    entries: tuple[Entry, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        "",
        (
            Entry("home", _("Home"), "home", "view"),
            Entry("customers", _("Customers"), "users", "customers.view"),
            Entry("segments", _("Segments"), "filter", "customers.view"),
            Entry("computed", _("Computed traits"), "math-function", "customers.view"),
        ),
    ),
    Group(
        _("Engage"),
        (
            Entry("journeys", _("Journeys"), "route", "customers.view"),
            Entry("content", _("Content"), "template", "content.edit"),
            Entry("messages_sent", _("Messages"), "send", "customers.view"),
            Entry("reports", _("Reports"), "chart-bar", "customers.view"),
        ),
    ),
    Group(
        _("Data"),
        (
            Entry("sources", _("Sources"), "plug-connected", "data.view"),
            Entry("imports", _("Imports"), "file-import", "data.view"),
            Entry("quality", _("Data quality"), "clipboard-check", "data.view"),
            Entry("live_events", _("Live events"), "activity", "data.view"),
            Entry("claims", _("Claims"), "user-question", "customers.view", open_count),
            Entry("duplicates", _("Duplicates"), "users-group", "customers.view", duplicates_to_decide),
            Entry("quarantine", _("Quarantine"), "shield-exclamation", "data.view"),
            Entry("catalogue", _("Event catalogue"), "book-2", "data.view"),
            Entry("system", _("System"), "heartbeat", "data.view"),
        ),
    ),
    Group("", (Entry("settings", _("Settings"), "settings", "view"),)),
)


@cache
def _path(url_name: str) -> str | None:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of {label, entries: [{label, icon, url, active, waiting}]} for the viewer."""
    role = getattr(request.user, "role", "")
    shown = []
    longest = ""
    for group in GROUPS:
        entries = []
        for entry in group.entries:
            url = _path(entry.url_name)
            if url is None or not can(role, entry.capability):
                continue
            if (request.path == url or request.path.startswith(f"{url}/")) and len(url) > len(longest):
                longest = url
            waiting = entry.waiting() if entry.waiting else 0
            shown_entry = {"label": entry.label, "icon": entry.icon, "url": url, "name": entry.url_name}
            entries.append(shown_entry | {"waiting": waiting})
        if entries:
            shown.append({"label": group.label, "entries": entries})
    for group_shown in shown:
        for item in group_shown["entries"]:
            item["active"] = item["url"] == longest
    return shown
