"""What the pages of one journey share: its head with tabs, and what may be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.accounts.access import user_of
from quen.accounts.roles import can
from quen.journeys import editing
from quen.journeys.models import Journey
from quen.journeys.reading import Problem
from quen.journeys.steps import step_kinds

# The forms that are not of a step, and the fields they may have problems with.
ENTRY, EXIT = "entry", "exit"
FORM_FIELDS = {
    ENTRY: ("trigger", "segment_id", "event", "where", "max_age", "entry_key", "reentry"),
    EXIT: ("exit_when", "exit_on"),
}
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


def todo(journey: Journey, problems: Sequence[Problem]) -> list[dict[str, str]]:
    """What stands in the way of publishing, each as {text, url of the form where it is put right}.

    The address is empty for what is put right in the tree itself.
    """
    return [_line(journey, problem) for problem in problems if not problem.warning]


def _line(journey: Journey, problem: Problem) -> dict[str, str]:
    if problem.node:
        steps, index = editing.find_step(journey.draft, problem.node)
        title = step_kinds()[steps[index]["type"]].title
        text = _("%(step)s: %(problem)s") % {"step": title, "problem": problem.message}
        return {"text": text, "url": reverse("journey_form", args=[journey.id, problem.node])}
    place = next((form for form, fields in FORM_FIELDS.items() if problem.field in fields), "")
    return {"text": problem.message, "url": reverse("journey_form", args=[journey.id, place]) if place else ""}


def is_masked(request: HttpRequest) -> bool:
    """Whether the viewer sees e-mail addresses and phone numbers only masked."""
    return not can(user_of(request).role, "customers.pii")


def newest(journey: Journey) -> Any:
    """The graph published last."""
    version = journey.next_version or journey.live_version
    return version.graph if version else None
