"""The stored members of a live segment compared with what SQL says, for a few people at a time, in quiet moments.

Live following and SQL are two evaluators of one meaning; tests hold them equal, and this watches it in production. What
is found is counted, logged without personal data, and shown by `quen doctor`. Nothing is repaired: a difference is a
fault in Quen, and its trace must not be wiped away. Computing the segment anew sets its members right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from quen.db import execute, fetch, fetch_in
from quen.profiles import store as profiles
from quen.segments import service, sql
from quen.segments.conditions.base import Condition
from quen.segments.live import Program
from quen.segments.models import Segment
from quen.segments.rules import Rule, parse_rule

log = structlog.get_logger("quen.segments")
SAMPLE = 100  # members, and as many of everybody
COMPARED = Counter("quen_segment_audit_people", "Memberships that were compared with SQL")
WRONG = Counter("quen_segment_audit_mismatches", "Memberships that were stored otherwise than SQL says")
LAST = Gauge("quen_segment_audit_timestamp_seconds", "When memberships were last compared")


class Outcome(msgspec.Struct):
    """`wrong`: ids of profiles whose membership is not what SQL says."""

    segment_id: int
    people: int
    wrong: list[int]


def run_one(program: Program, store: sql.Store, now: int, dice: random.Random | None = None) -> Outcome | None:
    """Compare some people of the segment that waited longest; None when there is none.

    Only at a batch boundary: there the event store and the state agree. People with a flip that is due are left out.
    """
    chosen = _next(program)
    if chosen is None:
        return None
    segment, rule = chosen
    ids = _sample(segment.id, dice or random.Random())  # noqa: S311 no secret
    outcome = compare(program, segment.id, rule, ids, store, now, service.roots())
    _write(outcome, now)
    COMPARED.inc(outcome.people)
    LAST.set(now / 1000)
    if outcome.wrong:
        WRONG.inc(len(outcome.wrong))
        log.error(
            "members of a segment are not what its rule says",
            segment=segment.id,
            people=outcome.people,
            wrong=len(outcome.wrong),
            profiles=outcome.wrong[:5],
        )
    return outcome


def compare(
    program: Program,
    segment_id: int,
    rule: Rule,
    ids: Collection[int],
    store: sql.Store,
    now: int,
    rule_of: Callable[[int], Condition] = sql.no_rule,
) -> Outcome:
    """Rows and live state of these people against SQL."""
    people = {id_: p for id_, p in profiles.load(ids).items() if p.due_at is None or p.due_at > now}
    expected = sql.members_among(rule, people, store, now, program.zone, rule_of, program.sides)
    rows = fetch_in("SELECT profile_id, segment_id FROM segments_member WHERE {in}", people, column="profile_id")
    stored = {profile_id for profile_id, of in rows if of == segment_id}
    followed = {id_ for id_, p in people.items() if p.live and segment_id in program.members(program.decode(p.live))}
    return Outcome(segment_id, len(people), sorted((stored ^ expected) | (followed ^ expected)))


def _next(program: Program) -> tuple[Segment, Rule] | None:
    """The live segment compared longest ago, of those that refer to nothing that is being computed or paused."""
    live = {segment.id: segment for segment in Segment.objects.filter(status="live")}
    looked = dict(fetch("SELECT segment_id, at FROM segments_audit"))
    for segment_id in sorted(live, key=lambda id_: (looked.get(id_, 0), id_)):
        segment = live[segment_id]
        rule = parse_rule(segment.rule)
        if program.follows(segment.slot, segment.version) and _all_live(rule, live):
            return segment, rule
    return None


def _all_live(rule: Rule, live: dict[int, Segment]) -> bool:
    return all(other in live and _all_live(parse_rule(live[other].rule), live) for other in rule.segments())


def _sample(segment_id: int, dice: random.Random) -> list[int]:
    """Members from one place on, and people from another."""
    found: set[int] = set()
    for table, column, condition in (
        ("segments_member", "profile_id", "segment_id = %s AND"),
        ("profiles_profile", "id", ""),
    ):
        params = [segment_id] if condition else []
        where = condition.removesuffix(" AND")
        low, high = fetch(
            f"SELECT MIN({column}), MAX({column}) FROM {table}{' WHERE ' + where if where else ''}", params
        )[0]
        if low is not None:
            start = dice.randint(low, high)
            rows = fetch(
                f"SELECT {column} FROM {table} WHERE {condition} {column} >= %s ORDER BY {column} LIMIT {SAMPLE}",
                [*params, start],
            )
            found |= {row[0] for row in rows}
    return sorted(found)


def _write(outcome: Outcome, now: int) -> None:
    execute(
        "INSERT INTO segments_audit (segment_id, at, people, wrong, all_people, all_wrong)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (segment_id) DO UPDATE SET at = excluded.at,"
        " people = excluded.people, wrong = excluded.wrong,"
        " all_people = segments_audit.all_people + excluded.all_people,"
        " all_wrong = segments_audit.all_wrong + excluded.all_wrong",
        [outcome.segment_id, now, *[outcome.people, len(outcome.wrong)] * 2],
    )
