"""Webhooks of segments: who entered and left is told to addresses of the user's choice, through the outbox.

A hook is told in the order in which things happened, one call at a time, up to MOST_PEOPLE people in each. A target
that does not answer holds back only its own calls; one that is given up, or says 410, is paused and says so. The secret
is derived from SECRET_KEY, so none is stored; a new one is made by counting up, and the one before signs too for a day.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from quen.config import config
from quen.db import execute, execute_many, fetch
from quen.delivery.channels.webhook.targets import check_url
from quen.delivery.models import Message, SegmentHook
from quen.delivery.rendering import Person, moment
from quen.errors import InvalidInput, NotFound
from quen.ids import new_id, now_ms
from quen.profiles.marks import without_marks
from quen.segments.facts import Change
from quen.segments.models import Segment

CHANNEL = "feed"
ENTERED, EXITED = "segment.entered", "segment.exited"
MOST_PEOPLE = 200  # in one call
MOST_TRAITS = 50
MOST_HOOKS = 10  # of one segment
OLD_SECRET_MS = 24 * 3_600_000
Told = tuple[str, bool, list[tuple[str, int]]]  # event, whether it is a backfill, [(profile id, at ms UTC)]
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True):
    """What people choose. `traits`: names, or `*` for all of them."""

    url: str
    entered: bool = True
    exited: bool = True
    backfills: bool = False
    identifiers: bool = True
    traits: list[str] = []
    active: bool = True


def hooks_of(segment_id: int) -> list[SegmentHook]:
    return list(SegmentHook.objects.filter(segment_id=segment_id).order_by("id"))


def find(segment_id: int, hook_id: int) -> SegmentHook:
    hook = SegmentHook.objects.filter(segment_id=segment_id, id=hook_id).first()
    if hook is None:
        raise NotFound(f"the segment has no webhook {hook_id}")
    return hook


def create(segment: Segment, settings: Settings, by: str) -> tuple[SegmentHook, str]:
    """The hook and its secret, which is not shown again. Raises InvalidInput."""
    if SegmentHook.objects.filter(segment_id=segment.id).count() >= MOST_HOOKS:
        raise InvalidInput(f"at most {MOST_HOOKS} webhooks a segment", details={"path": "url"})
    hook = SegmentHook(segment_id=segment.id, created_by=by)
    change(hook, settings)
    return hook, secret(hook)


def change(hook: SegmentHook, settings: Settings) -> None:
    """Raises InvalidInput."""
    check_url(settings.url)
    if len(settings.url) > 2_000:
        raise InvalidInput("url: at most 2,000 characters", details={"url": "too long"})
    if not (settings.entered or settings.exited):
        raise InvalidInput("choose entries, exits or both", details={"path": "entered"})
    if len(settings.traits) > MOST_TRAITS or not all(0 < len(name) <= 200 for name in settings.traits):
        raise InvalidInput(f"traits: up to {MOST_TRAITS} names of at most 200 characters", details={"path": "traits"})
    for name in settings.__struct_fields__:
        setattr(hook, name, getattr(settings, name))
    if settings.active:
        hook.problem = ""
    hook.save()


def delete(hook: SegmentHook) -> None:
    """What it still had to tell is forgotten."""
    execute("DELETE FROM delivery_message WHERE hook_id = %s", [hook.id])
    hook.delete()


def rotate(hook: SegmentHook) -> str:
    """A new secret; the one before signs too for a day, so that the receiver can change over."""
    hook.turn += 1
    hook.rotated_at = now_ms()
    hook.save(update_fields=["turn", "rotated_at"])
    return secret(hook)


def secret(hook: SegmentHook, turn: int | None = None) -> str:
    """`whsec_…`, as Standard Webhooks write it."""
    name = f"quen.segment-webhook.{hook.id}.{hook.turn if turn is None else turn}"
    derived = hmac.digest(config().secret_key.encode(), name.encode(), "sha256")
    return "whsec_" + base64.b64encode(derived).decode()


def secrets(hook: SegmentHook, now: int) -> tuple[str, ...]:
    """Those that sign at `now`, the present one first."""
    old = hook.turn and now - hook.rotated_at < OLD_SECRET_MS
    return (secret(hook), secret(hook, hook.turn - 1)) if old else (secret(hook),)


def queue(changes: Sequence[tuple[int, Change]], key: str, now: int) -> None:
    """Put what there is to tell of (profile id, change) into the outbox, in the caller's transaction.

    `key` says which batch it is, so that one that is repeated is told once.
    """
    if not changes:
        return
    concerned = {change.segment_id for _, change in changes}
    hooks = [hook for hook in SegmentHook.objects.filter(active=True) if hook.segment_id in concerned]
    if not hooks:
        return
    names = dict(Segment.objects.filter(id__in={hook.segment_id for hook in hooks}).values_list("id", "name"))
    rows = []
    for hook in hooks:
        for place, (event, backfill, people) in enumerate(_told(hook, changes)):
            for start in range(0, len(people), MOST_PEOPLE):
                payload = {
                    "event": event,
                    "backfill": backfill,
                    "segment": {"id": str(hook.segment_id), "name": names.get(hook.segment_id, "")},
                    "people": people[start : start + MOST_PEOPLE],
                }
                rows.append((f"feed-{hook.id}-{key}-{place}-{start}", payload, hook))
    # Told in the order of their ids, so each is above all before it, whatever the clock does.
    marks = ", ".join(["%s"] * len(hooks))
    [(last,)] = fetch(f"SELECT MAX(id) FROM delivery_message WHERE hook_id IN ({marks})", [hook.id for hook in hooks])
    first = max(new_id(), (last or 0) + 1)
    execute_many(
        "INSERT INTO delivery_message (id, idempotency_key, channel, profile_id, node, address, subject, payload, html,"
        " text, status, reason, detail, attempts, not_before, created_at, provider_id, activity, noted, hook_id)"
        " VALUES (%s, %s, 'feed', 0, '', %s, %s, %s, '', '', 'queued', '', '', 0, 0, %s, '', '[]', 'feed', %s)"
        " ON CONFLICT (idempotency_key) DO NOTHING",
        [
            (first + place, key_, hook.url[:320], payload["event"], _encode(payload).decode(), now, hook.id)
            for place, (key_, payload, hook) in enumerate(rows)
        ],
    )


def _told(hook: SegmentHook, changes: Sequence[tuple[int, Change]]) -> list[Told]:
    """What this hook wants, together as far as that does not change the order of what happened to one person."""
    told: list[Told] = []
    here: dict[tuple[str, bool], list[tuple[str, int]]] = {}
    seen: set[int] = set()
    for profile_id, change in changes:
        wanted = hook.entered if change.entered else hook.exited
        if change.segment_id != hook.segment_id or not wanted or (change.backfill and not hook.backfills):
            continue
        if profile_id in seen:
            told += [(*kind, people) for kind, people in here.items()]
            here, seen = {}, set()
        seen.add(profile_id)
        kind = (ENTERED if change.entered else EXITED, change.backfill)
        here.setdefault(kind, []).append((str(profile_id), change.at))
    return told + [(*kind, people) for kind, people in here.items()]


def profile_ids(payload: Mapping[str, Any]) -> list[int]:
    return [int(profile_id) for profile_id, _at in payload.get("people", ())]


def body(hook: SegmentHook, payload: Mapping[str, Any], people: Mapping[int, Person], created_at: int) -> bytes | None:
    """The JSON of a call; None when all of its people are gone. `people`: by the profile id that was told."""
    told = [
        _document(hook, people[int(profile_id)], at)
        for profile_id, at in payload["people"]
        if int(profile_id) in people
    ]
    if not told:
        return None
    data = {"segment": payload["segment"], "backfill": payload["backfill"], "profiles": told}
    return _encode({"type": payload["event"], "timestamp": moment(created_at), "data": data})


def _document(hook: SegmentHook, person: Person, at: int) -> dict[str, Any]:
    told: dict[str, Any] = {"id": str(person.id), "at": moment(at)}
    if hook.identifiers:
        told["identifiers"] = [{"type": type_, "value": value} for type_, value in person.identifiers]
    if hook.traits:
        traits = without_marks(person.traits)
        told["traits"] = (
            traits if "*" in hook.traits else {name: traits[name] for name in hook.traits if name in traits}
        )
    return told


def claimable(now: int, busy: Collection[int], limit: int) -> list[int]:
    """Ids of the messages to send next: of each active hook that has no call under way the first one that is due."""
    rows = fetch(
        "SELECT id, hook_id FROM (SELECT m.id, m.hook_id, m.not_before, ROW_NUMBER() OVER (PARTITION BY m.hook_id"
        " ORDER BY m.id) AS place FROM delivery_message m JOIN delivery_segmenthook h ON h.id = m.hook_id AND h.active"
        " WHERE m.channel = 'feed' AND m.status = 'queued') AS first WHERE place = 1 AND not_before <= %s ORDER BY id",
        [now],
    )
    return [id_ for id_, hook_id in rows if hook_id not in busy][:limit]


def pause(hook_ids: Collection[int], problem: str) -> None:
    """Tell these no more until a person looks at them; what waits is kept."""
    SegmentHook.objects.filter(id__in=hook_ids).update(active=False, problem=problem[:300])


def deliveries(hook_id: int, *, before: int | None, limit: int) -> list[Message]:
    """What was told and is to be told, newest first."""
    rows = Message.objects.filter(hook_id=hook_id).order_by("-id").defer("html", "text")
    return list((rows.filter(id__lt=before) if before else rows)[:limit])
