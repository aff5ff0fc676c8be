"""The outbox's rows, in sets. Times are milliseconds UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction

from quen.db import execute, execute_many, fetch, fetch_in, json_text
from quen.delivery import hooks
from quen.delivery.models import Template
from quen.delivery.rendering import Person
from quen.delivery.targets import UNANSWERED, Room
from quen.delivery.templating import Content
from quen.identity.store import canonical, identifiers_of
from quen.profiles import store as profiles


class Claimed(msgspec.Struct, frozen=True):
    """A message that this process has taken to send. `sent_body`: what an earlier attempt posted."""

    id: int
    idempotency_key: str
    channel: str
    profile_id: int
    journey_id: int | None
    run_id: int | None
    node: str
    template_id: int | None
    payload: dict[str, Any]
    attempts: int  # this one included
    created_at: int
    sent_body: str
    hook_id: int | None = None


class Prepared(msgspec.Struct, frozen=True):
    """What is about to go out, written down first: after a crash people see what it was."""

    id: int
    address: str
    subject: str
    html: str
    text: str


class Result(msgspec.Struct, frozen=True):
    """The new state of a claimed message. With status `queued` it is tried again from `not_before` on."""

    id: int
    status: str
    reason: str = ""
    detail: str = ""
    provider_id: str = ""
    not_before: int = 0
    attempts: int = 0


def recover() -> int:
    """What a process that died had claimed: how many.

    An e-mail that was ready to go may have gone: nobody knows, and nobody but a person sends it again. One that was
    not yet ready did not go. Webhooks are repeated: their receivers know a repeat by its id.
    """
    with transaction.atomic():
        unknown = execute(
            "UPDATE delivery_message SET status = 'unknown', reason = 'interrupted', done_at = claimed_at, noted = ''"
            " WHERE status = 'claimed' AND channel = 'email' AND html <> ''"
        )
        again = execute("UPDATE delivery_message SET status = 'queued', not_before = 0 WHERE status = 'claimed'")
    return unknown + again


def claim(channel: str, now: int, limit: int) -> list[Claimed]:
    """Take up to `limit` due messages, oldest first. Committed before anything is sent."""
    with transaction.atomic():
        ids = [
            row[0]
            for row in fetch(
                "SELECT id FROM delivery_message WHERE status = 'queued' AND not_before <= %s AND channel = %s"
                " ORDER BY not_before, id LIMIT %s",
                [now, channel, limit],
            )
        ]
        return _take(ids, now)


def claim_feed(now: int, busy: Collection[int], limit: int) -> list[Claimed]:
    """As `claim`, of what segments tell; nothing of the hooks in `busy`."""
    ids = hooks.claimable(now, busy, limit)
    if not ids:  # as a rule: no lock for nothing
        return []
    with transaction.atomic():
        return _take(ids, now)


def _take(ids: Sequence[int], now: int) -> list[Claimed]:
    """The caller has the transaction."""
    if not ids:
        return []
    # html = '': what an earlier attempt sent is not what this one sends.
    execute_many(
        "UPDATE delivery_message SET status = 'claimed', claimed_at = %s, attempts = attempts + 1, html = ''"
        " WHERE id = %s",
        [(now, id_) for id_ in ids],
    )
    rows = fetch_in(
        "SELECT id, idempotency_key, channel, profile_id, journey_id, run_id, node, template_id, payload, attempts,"
        " created_at, text, hook_id FROM delivery_message WHERE {in} ORDER BY id",
        ids,
        column="id",
    )
    return [_claimed(*row) for row in rows]


def claim_calls(now: int, limit: int, room: Callable[[str, int], Room], too_old: int) -> tuple[list[Claimed], int]:
    """Take up to `limit` due webhooks whose receivers have `room`, oldest first; those of others do not hold them up.

    What is for a receiver that rests is put off until then; how many were given up, being from before `too_old`.
    """
    chosen: list[int] = []
    full: set[str] = set()
    given: Counter[str] = Counter()
    given_up = 0
    with transaction.atomic():
        while len(chosen) < limit:
            marks = ", ".join(["%s"] * len(full))
            rows = fetch(
                f"SELECT id, {_url()} FROM delivery_message WHERE {_DUE_CALL}"
                f"{f' AND {_url()} NOT IN ({marks})' if full else ''} ORDER BY not_before, id LIMIT {LOOK_AT}",
                [now, *full],
            )
            known = len(full)
            for id_, url in rows:
                if url in full or id_ in chosen or len(chosen) == limit:
                    continue
                has = room(url, now)
                if given[has.target] < has.calls:
                    given[has.target] += 1
                    chosen.append(id_)
                    continue
                full.add(url)
                if has.until:
                    given_up += _put_off(url, now, has.until, too_old)
            if len(rows) < LOOK_AT or len(full) == known:
                break
        return _take(chosen, now), given_up


LOOK_AT = 200  # messages at once, when looking for those that may go
_DUE_CALL = "status = 'queued' AND channel = 'webhook' AND not_before <= %s"


def _url() -> str:
    return f"COALESCE({json_text('payload', 'url')}, '')"


def _put_off(url: str, now: int, until: int, too_old: int) -> int:
    """All that is due for a receiver that rests; how many were given up."""
    given_up = execute(
        "UPDATE delivery_message SET status = 'failed', reason = %s, done_at = %s, noted = ''"
        f" WHERE {_DUE_CALL} AND {_url()} = %s AND created_at < %s",
        [UNANSWERED, now, now, url, too_old],
    )
    execute(
        f"UPDATE delivery_message SET not_before = %s, reason = %s WHERE {_DUE_CALL} AND {_url()} = %s",
        [until, UNANSWERED, now, url],
    )
    return given_up


def release(ids: Sequence[int], not_before: int) -> None:
    """Put claimed messages back that were not sent."""
    execute_many(
        "UPDATE delivery_message SET status = 'queued', not_before = %s, attempts = attempts - 1"
        " WHERE id = %s AND status = 'claimed'",
        [(not_before, id_) for id_ in ids],
    )


def _claimed(*row: Any) -> Claimed:
    values = list(row)
    values[8] = msgspec.json.decode(values[8])
    return Claimed(*values)


def is_due(channel: str, now: int) -> bool:
    return bool(
        fetch(
            "SELECT 1 FROM delivery_message WHERE status = 'queued' AND not_before <= %s AND channel = %s LIMIT 1",
            [now, channel],
        )
    )


def people(profile_ids: Collection[int]) -> dict[int, Person]:
    """The people behind these profile ids, also those that were merged into others; keys as they were given."""
    survivors = canonical(profile_ids)
    wanted = {p: survivors.get(p, p) for p in profile_ids}
    states = profiles.load(set(wanted.values()))
    identifiers = identifiers_of(set(states))
    found = {
        id_: Person(id_, state.traits, [(i.type, i.value) for i in identifiers[id_]]) for id_, state in states.items()
    }
    return {given: found[id_] for given, id_ in wanted.items() if id_ in found}


def contents(template_ids: Collection[int]) -> dict[int, Content]:
    rows = Template.objects.filter(id__in=template_ids).values_list("id", "subject", "body")
    return {id_: Content(subject, body) for id_, subject, body in rows}


def suppressions(channel: str, addresses: Collection[str]) -> dict[str, str]:
    """Those of these addresses (as of `suppression_key`) that are suppressed, and why."""
    rows = fetch_in("SELECT address, reason, channel FROM delivery_suppression WHERE {in}", addresses, column="address")
    return {address: reason for address, reason, of_channel in rows if of_channel == channel}


def prepare(ready: Sequence[Prepared]) -> None:
    execute_many(
        "UPDATE delivery_message SET address = %s, subject = %s, html = %s, text = %s WHERE id = %s",
        [(p.address, p.subject, p.html, p.text, p.id) for p in ready],
    )


def record(results: Sequence[Result], now: int, addresses: Mapping[int, str]) -> None:
    """Write what became of claimed messages, in one transaction. `addresses` of those that were never prepared."""
    waiting = [r for r in results if r.status == "queued"]
    ended = [r for r in results if r.status != "queued"]
    with transaction.atomic():
        execute_many(
            "UPDATE delivery_message SET status = 'queued', reason = %s, detail = %s, not_before = %s, attempts = %s"
            " WHERE id = %s AND status = 'claimed'",
            [(r.reason, r.detail, r.not_before, r.attempts, r.id) for r in waiting],
        )
        execute_many(
            # Of what segments tell nothing stands on a timeline, and what was told of people is not kept twice.
            "UPDATE delivery_message SET status = %s, reason = %s, detail = %s, provider_id = %s, done_at = %s,"
            " noted = CASE WHEN channel = 'feed' THEN 'feed' ELSE '' END,"
            " text = CASE WHEN channel = 'feed' THEN '' ELSE text END WHERE id = %s AND status = 'claimed'",
            [(r.status, r.reason, r.detail, r.provider_id, now, r.id) for r in ended],
        )
        execute_many(
            "UPDATE delivery_message SET address = %s WHERE id = %s AND address = ''",
            [(addresses[r.id], r.id) for r in ended if r.id in addresses],
        )


def not_noted(limit: int) -> list[int]:
    """Messages whose outcome the timeline may not show yet."""
    rows = fetch(
        "SELECT id FROM delivery_message WHERE noted = '' AND done_at IS NOT NULL ORDER BY done_at LIMIT %s", [limit]
    )
    return [row[0] for row in rows]
