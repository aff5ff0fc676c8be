"""The quarantine: what was not stored, why, and sending it round again after a fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext_lazy as _

from quen.engine.door import append
from quen.engine.models import Quarantined
from quen.ids import now_ms
from quen.journal.protocol import NewEntry
from quen.protocol.messages import DropReason, Envelope

MOST_AT_ONCE = 5_000  # messages of one replay: more are sent round by asking again
_BATCH = 500

_encode = msgspec.json.Encoder().encode


class Reason(msgspec.Struct, frozen=True):
    """A drop reason in plain words. `hint` says what to do; `icon` is of Tabler icons."""

    title: Any
    text: Any
    hint: Any
    icon: str


REASONS: dict[str, Reason] = {
    DropReason.DUPLICATE: Reason(
        _("Already stored"),
        _("This messageId came before. SDKs send again when an answer got lost; nothing is missing."),
        _("Nothing to do."),
        "copy",
    ),
    DropReason.SOURCE_DISABLED: Reason(
        _("Source switched off"),
        _("The source that sent it is disabled."),
        _("Enable the source under Sources if its data is wanted again."),
        "plug-connected-x",
    ),
    DropReason.MALFORMED: Reason(
        _("Not understood"),
        _("The message is not a JSON object, or one of its fields has the wrong type."),
        _("Look at the detail: it names the field. Correct the code that sends it."),
        "file-unknown",
    ),
    DropReason.TOO_LARGE: Reason(
        _("Too large"),
        _("The message is over 32 KB. Only its beginning is kept, so it cannot be sent round again."),
        _("Send fewer or shorter properties; put files and long texts elsewhere and send their address."),
        "arrows-maximize",
    ),
    DropReason.TOO_DEEP: Reason(
        _("Nested too deeply"),
        _("Objects inside objects go deeper than 32 levels."),
        _("Flatten the properties: one or two levels are also easier to use in segments."),
        "stack-2",
    ),
    DropReason.TOO_MANY_PROPERTIES: Reason(
        _("Too many properties"),
        _("The message has more than 1,000 values."),
        _("Usually a whole object is sent by mistake. Send only the properties somebody will use."),
        "list-numbers",
    ),
    DropReason.UNKNOWN_TYPE: Reason(
        _("Unknown type"),
        _("The type is none of track, identify, page, screen, group, alias."),
        _("Correct `type`, or post to the address of the type (/v1/track …)."),
        "help-octagon",
    ),
    DropReason.NO_EVENT_NAME: Reason(
        _("No event name"),
        _("A track message must say in `event` what happened."),
        _("Give the event a name such as “Product Viewed”."),
        "tag-off",
    ),
    DropReason.NO_IDENTITY: Reason(
        _("Nobody named"),
        _("The message has no userId, no anonymousId and no other identifier: it cannot be anyone's."),
        _("SDKs add an anonymousId by themselves. A server must send the userId or an external id."),
        "user-question",
    ),
    DropReason.BAD_ID: Reason(
        _("Unusable identifier"),
        _("An identifier is too long, or not text."),
        _("Identifiers are text of at most 255 characters."),
        "id-off",
    ),
    DropReason.BAD_TIME: Reason(
        _("Unusable time"),
        _("The timestamp cannot be read, or lies before 1990."),
        _("Send RFC 3339 times such as 2026-01-31T09:30:00Z. A device whose clock is at 1970 sends these too."),
        "clock-x",
    ),
    DropReason.UNSTORABLE: Reason(
        _("Refused by the event store"),
        _("The event store did not take this message, though it took its neighbours."),
        _("Look for unusual values in the body; then send it round again. If it fails again, report it."),
        "database-x",
    ),
    DropReason.STEP_FAILED: Reason(
        _("A step failed on it"),
        _("Quen itself stumbled over this message. Its neighbours were stored."),
        _("After an update of Quen send it round again; the log of the app has the trace."),
        "bug",
    ),
}


def explain(reason: str) -> Reason:
    """A reason in words; an unknown one (of a later version) by its code."""
    return REASONS.get(reason) or Reason(reason, "", "", "alert-circle")


class Filter(msgspec.Struct, frozen=True):
    """Which quarantined messages: empty fields do not restrict."""

    reason: str = ""
    source: int | None = None
    text: str = ""
    replayed: bool = False

    def rows(self) -> QuerySet[Quarantined]:
        rows = Quarantined.objects.filter(replayed_at__isnull=not self.replayed)
        if self.reason:
            rows = rows.filter(reason=self.reason)
        if self.source is not None:
            rows = rows.filter(source_id=self.source)
        if self.text:
            rows = rows.filter(body__icontains=self.text)
        return rows


def count_by_reason(chosen: Filter) -> list[tuple[str, int, int]]:
    """(reason, how many, the last time in ms UTC), the most frequent first, within the filter's source."""
    rows = Filter(source=chosen.source, replayed=chosen.replayed).rows()
    counted = rows.values("reason").annotate(number=Count("id"), last=Max("at")).order_by("-number")
    return [(row["reason"], row["number"], row["last"]) for row in counted]


def replay(ids: Sequence[int]) -> int:
    """Append the messages to the journal again, each with the envelope it came in; how many were.

    They go through every step anew, under the messageId they had (a message already stored is not stored twice).
    Messages of which only a part was kept, or which are not JSON, stay: sending them round cannot help.
    """
    done = 0
    for start in range(0, len(ids), _BATCH):
        rows = Quarantined.objects.filter(pk__in=ids[start : start + _BATCH], replayed_at=None).order_by("at", "id")
        entries, sent = [], []
        for row in rows:
            if (entry := _entry(row)) is not None:
                entries.append(entry)
                sent.append(row.pk)
        # Appended first: a crash in between sends them twice, which de-duplication by messageId bears.
        append(entries)
        Quarantined.objects.filter(pk__in=sent).update(replayed_at=now_ms())
        done += len(sent)
    return done


def can_replay(row: Quarantined) -> bool:
    return _entry(row) is not None


def _entry(row: Quarantined) -> NewEntry | None:
    if row.reason == DropReason.TOO_LARGE:
        return None
    try:
        message = msgspec.json.decode(row.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    try:
        envelope = msgspec.convert({**row.envelope, "messages": []}, Envelope)
    except msgspec.ValidationError:
        envelope = Envelope([])
    envelope.messages = [msgspec.Raw(row.body.encode())]
    if envelope.ids is None:
        envelope.ids = [f"q-{row.offset}-{row.position}"]  # the id the engine gave a message without one
    return NewEntry("track", row.source_id, _encode(envelope))
