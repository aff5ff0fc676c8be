"""What must leave its person together with an identifier that should not have been there. Reads only.

An identifier that many people share holds together people who are not one: without it they fall apart, and each part
leaves for a person of its own. An account too many takes along what belongs to it alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from quen.db import fetch_in
from quen.identity.evidence import Tie, parts
from quen.identity.models import Identifier
from quen.identity.queries import MOST_TIES, evidence_of

MOST_PARTS = 100


def scattered(keys: Collection[str]) -> list[list[str]]:
    """Groups of identifiers to split off in this order, so that `keys` hold nobody together any more."""
    found: list[list[str]] = []
    for key, mine, ties in _people(keys):
        if len(mine) > 1:
            found += [*_hanging(key, mine, ties)[:MOST_PARTS], [key]]
    return found


def with_belongings(keys: Collection[str]) -> list[list[str]]:
    """For each identifier: itself and what hangs on its person through it alone."""
    found: list[list[str]] = []
    left: set[str] = set()
    for key, mine, ties in _people(keys):
        here = [k for k in mine if k not in left]
        if key not in here or len(here) == 1:
            continue
        leaving = [key, *(k for part in _hanging(key, here, ties) for k in part)]
        left.update(leaving)
        found.append(leaving)
    return found


def _hanging(key: str, mine: Sequence[str], ties: Sequence[Tie]) -> list[list[str]]:
    """The parts that only `key` ties to their person. The largest part of the person is what they are tied to."""
    beside = {tie.other(key) for tie in ties if key in (tie.left, tie.right)}
    rest = sorted(parts([k for k in mine if k != key], ties), key=len, reverse=True)
    return [part for part in rest[1:] if not beside.isdisjoint(part)]


def _people(keys: Collection[str]) -> Iterable[tuple[str, list[str], list[Tie]]]:
    """(identifier, all identifiers of its person oldest first, their ties): a few queries whatever the number.

    Of people whose log is too long to be read no ties are given: nothing is taken along.
    """
    owner = dict(fetch_in("SELECT key, profile_id FROM identity_identifier WHERE {in}", keys, column="key"))
    mine: dict[int, list[str]] = {}
    rows = Identifier.objects.filter(profile_id__in=sorted(set(owner.values()))).order_by("first_seen", "key")
    for key, profile_id in rows.values_list("key", "profile_id"):
        mine.setdefault(profile_id, []).append(key)
    home = {key: profile_id for profile_id, theirs in mine.items() for key in theirs}
    ties: dict[int, list[Tie]] = {}
    evidence = evidence_of(list(home), most=MOST_TIES * 10)
    for tie in evidence.ties if evidence.whole else ():
        ties.setdefault(home[tie.left], []).append(tie)
    for key in keys:
        if key in owner:
            yield key, mine[owner[key]], ties.get(owner[key], [])
