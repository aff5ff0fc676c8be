"""The stored values of a computed trait compared with what SQL says, for a few people at a time, in quiet moments.

As with the members of segments: what is found is counted and logged, and nothing is repaired. Computing the trait anew
sets its values right.
"""

from __future__ import annotations

import random
from collections.abc import Collection

import msgspec
import structlog
from prometheus_client import Counter

from quen.computed import service, sql
from quen.computed.definitions import ComputedTrait
from quen.db import fetch
from quen.profiles import store as profiles
from quen.profiles.state import COMPUTED
from quen.segments.live import Program
from quen.segments.sql import Store

log = structlog.get_logger("quen.computed")
SAMPLE = 100  # people
COMPARED = Counter("quen_computed_audit_people", "Values of computed traits that were compared with SQL")
WRONG = Counter("quen_computed_audit_mismatches", "Values of computed traits that were stored otherwise than SQL says")


class Outcome(msgspec.Struct):
    """`wrong`: ids of profiles whose value is not what SQL says."""

    name: str
    people: int
    wrong: list[int]


def run_one(program: Program, store: Store, now: int, dice: random.Random | None = None) -> Outcome | None:
    """Compare some people's values of one live trait; None when there is none.

    Only at a batch boundary: there the event store and the state agree. People with a change that is due are left out.
    """
    dice = dice or random.Random()  # noqa: S311 no secret
    live = [(d, trait) for d, trait in service.traits() if d.status == "live" and program.follows(d.slot, d.version)]
    low, high = fetch("SELECT MIN(id), MAX(id) FROM profiles_profile")[0]
    if not live or low is None:
        return None
    _, trait = dice.choice(live)
    rows = fetch(
        "SELECT id FROM profiles_profile WHERE id >= %s ORDER BY id LIMIT %s", [dice.randint(low, high), SAMPLE]
    )
    outcome = compare(program, trait, [row[0] for row in rows], store, now)
    COMPARED.inc(outcome.people)
    if outcome.wrong:
        WRONG.inc(len(outcome.wrong))
        log.error(
            "values of a computed trait are not what its history says",
            trait=trait.name,
            people=outcome.people,
            wrong=len(outcome.wrong),
            profiles=outcome.wrong[:5],
        )
    return outcome


def compare(program: Program, trait: ComputedTrait, ids: Collection[int], store: Store, now: int) -> Outcome:
    people = {id_: p for id_, p in profiles.load(ids).items() if p.due_at is None or p.due_at > now}
    expected = sql.values(trait, people, store, now, program.zone)
    wrong = [id_ for id_, p in people.items() if p.traits.get(COMPUTED, {}).get(trait.name) != expected[id_]]
    return Outcome(trait.name, len(people), sorted(wrong))
