"""What the pages of one journey share: its head with tabs, and what may be done with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.accounts.access import user_of
from quen.accounts.roles import can
from quen.journeys.models import Journey

REASONS = {
    "finished": gettext_lazy("Went through to the end"),
    "exit_rule": gettext_lazy("Left by the exit rule"),
    "exit_event": gettext_lazy("Left by an event"),
    "exit_step": gettext_lazy("Left at an exit step"),
    "merged": gettext_lazy("Merged with a run of the same person"),
    "step_removed": gettext_lazy("Their step was removed"),
    "replaced": gettext_lazy("Taken out when a new version was published"),
    "archived": gettext_lazy("The journey was archived"),
}


def head(request: HttpRequest, journey: Journey, active: str) -> dict[str, Any]:
    """The context of journeys/head.html."""
    tabs = [
        ("journey", _("Build"), "pencil"),
        ("journey_test", _("Test"), "player-play"),
        ("journey_results", _("Results"), "chart-dots"),
    ]
    return {
        "journey": journey,
        "tabs": [
            {"url": reverse(name, args=[journey.id]), "label": label, "icon": icon, "active": name == active}
            for name, label, icon in tabs
        ],
        "may_edit": can(user_of(request).role, "journeys.edit"),
        "changed": journey.live_version is not None and newest(journey) != journey.draft,
    }


def is_masked(request: HttpRequest) -> bool:
    """Whether the viewer sees e-mail addresses and phone numbers only masked."""
    return not can(user_of(request).role, "customers.pii")


def newest(journey: Journey) -> Any:
    """The graph published last."""
    version = journey.next_version or journey.live_version
    return version.graph if version else None
