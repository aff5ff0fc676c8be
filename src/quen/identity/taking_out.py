"""What must leave its person together with an identifier that should not have been there. Reads only.

An identifier that many people share holds together people who are not one: without it they fall apart, and each part
leaves for a person of its own. An account too many takes along what belongs to it alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from quen.db import fetch_in
from quen.identity.evidence import Tie, parts
from quen.identity.models import Identifier
from quen.identity.queries import evidence_of

MOST_PARTS = 100


def scattered(keys: Collection[str]) -> list[list[str]]:
    """Groups of identifiers to split off in this order, so that `keys` hold nobody together any more."""
    found: list[list[str]] = []
    for key, mine, ties in _people(keys):
        rest = parts([k for k in mine if k != key], ties)
        rest.sort(key=len, reverse=True)  # the largest part keeps the profile
        found += [*rest[1 : MOST_PARTS + 1], [key]] if rest else []
    return found


def with_belongings(keys: Collection[str]) -> list[list[str]]:
    """For each identifier: itself and what hangs on its person through it alone."""
    found: list[list[str]] = []
    left: set[str] = set()
    for key, mine, ties in _people(keys):
        here = [k for k in mine if k not in left]
        rest = parts([k for k in here if k != key], ties)
        if key not in here or not rest:
            continue
        rest.sort(key=len, reverse=True)
        leaving = [key, *(k for part in rest[1:] for k in part)]
        left.update(leaving)
        found.append(leaving)
    return found


def _people(keys: Collection[str]) -> Iterable[tuple[str, list[str], list[Tie]]]:
    """(identifier, all identifiers of its person oldest first, their ties): three queries whatever the number."""
    owner = dict(fetch_in("SELECT key, profile_id FROM identity_identifier WHERE {in}", keys, column="key"))
    mine: dict[int, list[str]] = {}
    rows = Identifier.objects.filter(profile_id__in=sorted(set(owner.values()))).order_by("first_seen", "key")
    for key, profile_id in rows.values_list("key", "profile_id"):
        mine.setdefault(profile_id, []).append(key)
    home = {key: profile_id for profile_id, theirs in mine.items() for key in theirs}
    ties: dict[int, list[Tie]] = {}
    for tie in evidence_of(list(home)).ties:
        ties.setdefault(home[tie.left], []).append(tie)
    for key in keys:
        if key in owner:
            yield key, mine[owner[key]], ties.get(owner[key], [])
