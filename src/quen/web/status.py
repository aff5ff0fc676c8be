"""How each status of anything is called and coloured, once for the whole console."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

# status → (label, Tabler colour). Green: well; blue: at work; yellow: look at it; red: failed; secondary: at rest.
STATUSES: dict[str, tuple[Any, str]] = {
    "draft": (_("Draft"), "secondary"),
    "computing": (_("Computing"), "blue"),
    "starting": (_("Starting"), "blue"),
    "live": (_("Live"), "green"),
    "paused": (_("Paused"), "yellow"),
    "archived": (_("Archived"), "secondary"),
    "active": (_("Active"), "blue"),
    "done": (_("Done"), "green"),
    "exited": (_("Exited"), "secondary"),
    "queued": (_("Queued"), "blue"),
    "claimed": (_("Sending"), "blue"),
    "accepted": (_("Sent"), "green"),
    "failed": (_("Failed"), "red"),
    "unknown": (_("Unknown"), "yellow"),
    "suppressed": (_("Suppressed"), "secondary"),
    "running": (_("Running"), "blue"),
    "stopped": (_("Stopped"), "yellow"),
    "interrupted": (_("Interrupted"), "yellow"),
    "new": (_("Beginning"), "blue"),
    "stored": (_("Stored"), "green"),
    "waiting": (_("Waiting"), "blue"),
    "passed": (_("Passed"), "green"),
    "skipped": (_("Skipped"), "secondary"),
    "enabled": (_("Enabled"), "green"),
    "disabled": (_("Disabled"), "secondary"),
    "invited": (_("Invited"), "yellow"),
    "revoked": (_("Revoked"), "secondary"),
    "ok": (_("OK"), "green"),
    "unavailable": (_("Unavailable"), "red"),
}


def status_look(status: str) -> tuple[str, str]:
    """(label in the active language, Tabler colour); an unknown status is shown as it is."""
    label, colour = STATUSES.get(status, (status, "secondary"))
    return str(label), colour
