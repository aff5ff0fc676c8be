"""Lists of messages and suppressions, filtered; newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec
from django.db.models import Count, QuerySet

from quen.delivery.models import Message, Suppression

STATUSES = ("queued", "claimed", "accepted", "failed", "unknown", "suppressed")


class Filter(msgspec.Struct, frozen=True):
    """Empty texts do not filter."""

    status: str = ""
    channel: str = ""
    reason: str = ""
    journey: str = ""
    profile: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """What cannot be (an unknown status, a journey that is no number) does not filter."""
        status, channel = given.get("status", ""), given.get("channel", "")
        return cls(
            status=status if status in STATUSES else "",
            channel=channel if channel in {"email", "webhook"} else "",
            reason=given.get("reason", "")[:60],
            journey=_number(given.get("journey", "")),
            profile=_number(given.get("profile", "")),
        )

    def query(self) -> dict[str, str]:
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name))}


def messages(chosen: Filter, *, before: int | None, limit: int) -> list[Message]:
    """Without what they say: that is long. `before` is the id of the last one seen."""
    rows = _filtered(chosen).order_by("-id").defer("html", "text", "payload")
    if chosen.status:
        rows = rows.filter(status=chosen.status)
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def counts(chosen: Filter) -> dict[str, int]:
    """Messages by status, whatever status is chosen."""
    return dict(_filtered(chosen).values_list("status").annotate(Count("id")).order_by())


def reasons() -> list[str]:
    """Those that occur."""
    return list(Message.objects.exclude(reason="").values_list("reason", flat=True).distinct().order_by("reason"))


def suppressions(query: str, *, before: int | None, limit: int) -> list[Suppression]:
    rows = Suppression.objects.order_by("-id")
    if query:
        rows = rows.filter(address__icontains=query[:200])
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def _filtered(chosen: Filter) -> QuerySet[Message]:
    rows = Message.objects.filter(hook_id=None)  # what segments tell has a log of its own
    if chosen.channel:
        rows = rows.filter(channel=chosen.channel)
    if chosen.reason:
        rows = rows.filter(reason=chosen.reason)
    if chosen.journey:
        rows = rows.filter(journey_id=int(chosen.journey))
    if chosen.profile:
        rows = rows.filter(profile_id=int(chosen.profile))
    return rows


def _number(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 19 else ""
