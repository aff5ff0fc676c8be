"""Data for the benchmarks, made deterministically from a seed: profiles straight into the stores, events as the journal
holds them, and twenty segments of the kinds people make."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import transaction

from quen.db import execute_many
from quen.events.store import EventStore
from quen.ids import EPOCH_MS
from quen.journal.protocol import Journal, NewEntry
from quen.profiles.state import ProfileState
from quen.protocol.messages import Envelope
from quen.segments.live import Program

MESSAGES_AN_ENTRY = 100
CHUNK = 20_000
VISITORS = 1_000
VISIT = 5
DAY_MS = 24 * 3600 * 1000
EVENTS = {  # name → how often, of a hundred
    "Page Viewed": 40,
    "Product Viewed": 35,
    "Product Added": 12,
    "Checkout Started": 6,
    "Order Completed": 4,
    "Email Clicked": 3,
}
CITIES = ("Hà Nội", "TP. Hồ Chí Minh", "Đà Nẵng", "Cần Thơ", "Huế")

_encode = msgspec.json.Encoder().encode


def insert_profiles(count: int, store: EventStore, program: Program, now: int) -> None:
    """`count` known people (`u0`, `u1`, …) with a city each, as if they had been resolved and evaluated long ago."""
    lives = [_evaluated(program, city, now) for city in CITIES]
    first, last = now - 100 * DAY_MS, now - DAY_MS
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        with transaction.atomic():
            execute_many(
                "INSERT INTO profiles_profile (id, created_at, first_seen, last_seen, first_source_id, traits,"
                " trait_meta, live, due_at, search) VALUES (%s, %s, %s, %s, 1, %s, %s, %s, %s, '')",
                [
                    (_id(n), first, first, last, _traits(n), f'{{"city":[{first},1]}}', *lives[n % len(CITIES)])
                    for n in numbers
                ],
            )
            execute_many(
                "INSERT INTO identity_identifier (key, type, scope, value, profile_id, first_seen, last_seen,"
                " source_id) VALUES (%s, 'user_id', '', %s, %s, %s, %s, 1)",
                [(f"user_id||u{n}", f"u{n}", _id(n), first, last) for n in numbers],
            )
    cities = ", ".join(f"'{city}'" for city in CITIES)
    store.rows(
        "INSERT INTO profiles SELECT {base:UInt64} + number, 0, 0, now64(3),"
        f" concat('{{\"city\":\"', [{cities}][number % {len(CITIES)} + 1], '\"}}') FROM numbers({count})",
        {"base": _id(0)},
    )


def _evaluated(program: Program, city: str, now: int) -> tuple[bytes | None, int | None]:
    """Live state and due time of somebody of that city who has done nothing yet."""
    state = program.decode(None)
    program.apply(state, ProfileState(1, now, now, now, 1, {"city": city}), (), (), now)
    return program.encode(state), state.due_at


def _id(number: int) -> int:
    # As ids of profiles made long before the benchmark would be: smaller than any new one.
    return ((1_735_689_600_000 - EPOCH_MS) << 22) + number


def _traits(number: int) -> str:
    return f'{{"city":"{CITIES[number % len(CITIES)]}"}}'


def fill_journal(journal: Journal, source_id: int, events: int, people: int, now: int, seed: int = 7) -> None:
    """`events` messages of random people among `people`: 95% track events, 5% identifies."""
    batch: list[msgspec.Raw] = []
    for message in messages(events, people, now, seed):
        batch.append(msgspec.Raw(_encode(message)))
        if len(batch) == MESSAGES_AN_ENTRY:
            journal.append([NewEntry("track", source_id, _encode(Envelope(batch)))])
            batch = []
    if batch:
        journal.append([NewEntry("track", source_id, _encode(Envelope(batch)))])


def messages(count: int, people: int, now: int, seed: int) -> Iterator[dict[str, Any]]:
    """Visits of VISIT events on average, VISITORS of them at a time, of people chosen at random."""
    chance = random.Random(seed)  # noqa: S311  (data, not secrets)
    names, weights = list(EVENTS), list(EVENTS.values())
    visitors = [chance.randrange(people) for _ in range(VISITORS)]
    for number in range(count):
        place = chance.randrange(VISITORS)
        who = visitors[place]
        if chance.random() < 1 / VISIT:
            visitors[place] = chance.randrange(people)
        message: dict[str, Any] = {
            "type": "track",
            "messageId": f"bench-{seed}-{number}",
            "userId": f"u{who}",
            "timestamp": now - chance.randrange(60_000),
            "context": {
                "library": {"name": "analytics.js", "version": "4.1.0"},
                "page": {"path": "/tra-sen", "url": "https://shop.example/tra-sen", "title": "Trà sen"},
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
                "locale": "vi-VN",
            },
        }
        if chance.random() < 0.05:
            message |= {"type": "identify", "traits": {"city": chance.choice(CITIES), "points": chance.randrange(500)}}
        else:
            message |= {"event": chance.choices(names, weights)[0], "properties": _properties(chance)}
        yield message


def _properties(chance: random.Random) -> dict[str, Any]:
    return {
        "sku": f"SP{chance.randrange(400):03}",
        "category": chance.choice(("trà", "cà phê", "gốm", "quà tặng")),
        "price": chance.randrange(20, 900) * 1_000,
        "quantity": chance.randrange(1, 4),
        "total": chance.randrange(50, 3_000) * 1_000,
        "currency": "VND",
        "coupon": chance.random() < 0.1,
    }


def segment_rules(count: int = 20) -> list[tuple[str, dict[str, Any]]]:
    """(name, rule): windows, sums, filters, traits, combinations. One event in several moves somebody in or out."""
    kinds: list[dict[str, Any]] = [
        {"event": "Order Completed", "count": {"op": "gte", "value": 2}, "within": "30d"},
        {"event": "Order Completed", "sum": {"property": "total", "op": "gt", "value": 2_900_000}, "within": "90d"},
        {
            "all": [
                {
                    "event": "Product Added",
                    "count": {"op": "gte", "value": 1},
                    "within": "3d",
                    "where": [{"property": "price", "op": "gt", "value": 800_000}],
                },
                {"event": "Order Completed", "count": {"op": "eq", "value": 0}, "within": "3d"},
            ]
        },
        {"trait": "city", "op": "eq", "value": "Hà Nội"},
        {
            "event": "Order Completed",
            "count": {"op": "gte", "value": 1},
            "within": "7d",
            "where": [{"property": "total", "op": "gte", "value": 2_800_000}],
        },
        {"event": "Product Viewed", "count": {"op": "gte", "value": 5}, "within": "1d"},
        {
            "any": [
                {"trait": "points", "op": "gte", "value": 400},
                {"event": "Order Completed", "count": {"op": "gte", "value": 10}},
            ]
        },
        {"not": {"event": "Order Completed", "count": {"op": "gte", "value": 1}, "within": "60d"}},
        {
            "event": "Product Viewed",
            "count": {"op": "gte", "value": 3},
            "within": "6h",
            "where": [{"property": "category", "op": "eq", "value": "trà"}],
        },
        {"event": "Email Clicked", "count": {"op": "gte", "value": 2}, "within": "30d"},
    ]
    rules = []
    for number in range(count):
        rule = msgspec.json.decode(msgspec.json.encode(kinds[number % len(kinds)]))
        # A second of a kind asks another question: nothing is shared that would not be shared by people's own.
        if number >= len(kinds) and "within" in rule:
            rule["within"] = f"{10 + number}d"
        rules.append((f"Bench {number}", rule))
    return rules
