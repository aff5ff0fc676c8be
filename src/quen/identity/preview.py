"""What a change of the identifier types would do to the present data: counted with SQL, before anything is saved.

Only what tightens is looked for: rules apply to what comes, and what they allow more of does not change what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec
import re2  # type: ignore[import-untyped]
from django.db import connection

from quen.config import config
from quen.db import fetch, in_list
from quen.identity.keys import match_value
from quen.identity.taking_out import scattered, with_belongings
from quen.identity.types import IdentifierType, Rules

EXAMPLES = 5
MOST_OFFENDERS = 1_000  # identifiers of one type that one rebuild takes out of their people
_CHUNK = 20_000
_EVER = 1 << 62


class Finding(msgspec.Struct):
    """One consequence. `identifiers` and `people` are counts; `examples`: (profile id, identifier key).

    kind        number, names
    limit       the new limit        people have more values than it allows; unique: the same with one
    blocked     -                    values that are blocked now, or match a pattern
    normaliser  that collide         values that are matched in another form now
    unusable    -                    values that the new normaliser takes for no identifier
    scope       that collide         identifiers that messages look for under another scope now
    priority    -, names             the type is stronger now than these
    anonymous   -                    a type that says nothing (or something) about who it is, from now on
    new, gone   -                    identifiers there are of a type that comes or goes
    cap_identifiers, cap_merges  the cap      people beyond it
    """

    kind: str
    type: str = ""
    identifiers: int = 0
    people: int = 0
    number: int = 0
    names: tuple[str, ...] = ()
    examples: list[tuple[int, str]] = msgspec.field(default_factory=list)

    @property
    def can_rebuild(self) -> bool:
        return self.kind in ("limit", "unique", "blocked") and self.identifiers > 0


def preview(before: Rules, after: Rules) -> list[Finding]:
    """Every consequence, the types in the order of `after`."""
    found: list[Finding] = []
    for type_ in after.types:
        stood = before.by_name.get(type_.name)
        if stood is None:
            found.append(_counted(Finding("new", type_.name), type_.name))
            stood = before.type_of(type_.name)
        found += _of_type(stood, type_)
    found += [_counted(Finding("gone", t.name), t.name) for t in before.types if t.name not in after.by_name]
    return [*found, *_priorities(before, after), *_caps(before, after)]


def _of_type(before: IdentifierType, after: IdentifierType) -> Iterator[Finding]:
    if _tightens(before, after):
        sql, params = _beyond_limit(after)
        kind = "unique" if after.unique else "limit"
        yield _measured(Finding(kind, after.name, number=after.most or 0), sql, params)
    if after.normaliser != before.normaliser or set(after.patterns) - set(before.patterns):
        yield from _scanned(before, after)
    elif set(after.blocked) - set(before.blocked):
        sql, params = _blocked(before, after)
        yield _measured(Finding("blocked", after.name), sql, params)
    if after.scope != before.scope and (moved := _scope(after)).identifiers:
        yield moved
    if after.anonymous != before.anonymous:
        yield _counted(Finding("anonymous", after.name, number=int(after.anonymous)), after.name)


def _tightens(before: IdentifierType, after: IdentifierType) -> bool:
    if after.most is None or (before.most, before.window_ms) == (after.most, after.window_ms):
        return False
    endless = 1 << 62
    return (
        before.most is None or after.most < before.most or (after.window_ms or endless) > (before.window_ms or endless)
    )


def _beyond_limit(type_: IdentifierType) -> tuple[str, list[Any]]:
    """Identifiers that came when their person had as many as the limit allows within its window already."""
    within = "" if type_.window_ms is None else " AND first_seen - earlier < %s"
    sql = (
        "SELECT profile_id, key FROM (SELECT profile_id, key, first_seen,"
        f" LAG(first_seen, {int(type_.most or 0)}) OVER (PARTITION BY profile_id, scope ORDER BY first_seen, key)"
        f" AS earlier FROM identity_identifier WHERE type = %s) AS ranked WHERE earlier IS NOT NULL{within}"
    )
    return sql, [type_.name] if type_.window_ms is None else [type_.name, type_.window_ms]


def _blocked(before: IdentifierType, after: IdentifierType) -> tuple[str, list[Any]]:
    condition, values = in_list(sorted(set(after.blocked) - set(before.blocked)), column="value")
    return f"SELECT profile_id, key FROM identity_identifier WHERE type = %s AND {condition}", [after.name, values]


def _scanned(before: IdentifierType, after: IdentifierType) -> Iterator[Finding]:
    """What SQL cannot ask: every value of the type is read as the new type would read it."""
    renormalised = after.normaliser != before.normaliser
    bare = Rules(types=(msgspec.structs.replace(after, blocked=(), patterns=()),))
    region = str(config().phone_region)
    blocked, changed, unusable = _Tally("blocked", after.name), _Tally("normaliser", after.name), _Tally("unusable", "")
    unusable.finding.type = after.name
    refused, stood = _refusing(after), _refusing(before)
    forms: dict[tuple[str, str], int] = {}
    for profile_id, key, scope, value in _values(after.name):
        form = match_value(after.name, value, rules=bare, phone_region=region) if renormalised else value
        if form is None:
            unusable.add(profile_id, key)
            continue
        if renormalised:
            if form != value:
                changed.add(profile_id, key)
            if forms.setdefault((scope, form), profile_id) != profile_id:
                changed.finding.number += 1
        if refused(form) and not stood(value):
            blocked.add(profile_id, key)
    if renormalised:
        changed.counted()
        yield changed.finding
    yield from (tally.finding for tally in (unusable, blocked) if tally.counted())


def _refusing(type_: IdentifierType) -> Callable[[str], bool]:
    """Whether a value in its match form is blocked, or matches a pattern."""
    blocked, patterns = frozenset(type_.blocked), [re2.compile(pattern) for pattern in type_.patterns]
    return lambda value: value in blocked or any(pattern.fullmatch(value) for pattern in patterns)


class _Tally:
    def __init__(self, kind: str, type_: str) -> None:
        self.finding = Finding(kind, type_)
        self.people: set[int] = set()

    def add(self, profile_id: int, key: str) -> None:
        self.finding.identifiers += 1
        self.people.add(profile_id)
        if len(self.finding.examples) < EXAMPLES:
            self.finding.examples.append((profile_id, key))

    def counted(self) -> bool:
        self.finding.people = len(self.people)
        return bool(self.finding.identifiers or self.finding.number)


def _values(type_: str) -> Iterator[tuple[int, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT profile_id, key, scope, value FROM identity_identifier WHERE type = %s", [type_])
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def _scope(after: IdentifierType) -> Finding:
    """Identifiers under a scope that the type no longer uses; how many of their values several people have."""
    other = "scope <> ''" if after.scope == "global" else "scope = ''" if after.scope == "source" else "1 = 1"
    if after.scope == "account":
        other = "scope = ''"
    sql = f"SELECT profile_id, key FROM identity_identifier WHERE type = %s AND {other}"
    finding = _measured(Finding("scope", after.name), sql, [after.name])
    if after.scope == "global":
        together = fetch(
            "SELECT COUNT(*) FROM (SELECT value FROM identity_identifier WHERE type = %s GROUP BY value"
            " HAVING COUNT(DISTINCT profile_id) > 1) AS several",
            [after.name],
        )
        finding.number = together[0][0]
    return finding


def _measured(finding: Finding, sql: str, params: list[Any]) -> Finding:
    counted = fetch(f"SELECT COUNT(*), COUNT(DISTINCT profile_id) FROM ({sql}) AS found", params)
    finding.identifiers, finding.people = counted[0]
    if finding.identifiers:
        finding.examples = [(row[0], row[1]) for row in fetch(f"{sql} ORDER BY profile_id LIMIT {EXAMPLES}", params)]
    return finding


def _counted(finding: Finding, type_: str) -> Finding:
    return _measured(finding, "SELECT profile_id, key FROM identity_identifier WHERE type = %s", [type_])


def _priorities(before: Rules, after: Rules) -> Iterator[Finding]:
    """Which types became stronger than which."""
    both = [t for t in after.types if t.name in before.by_name]
    for type_ in both:
        stood = before.by_name[type_.name].priority
        passed = [
            other.name
            for other in both
            if before.by_name[other.name].priority <= stood
            and type_.priority < other.priority
            and other.name != type_.name
            and (before.by_name[other.name].priority, other.name) < (stood, type_.name)
        ]
        if passed:
            yield Finding("priority", type_.name, names=tuple(passed))


def _caps(before: Rules, after: Rules) -> Iterator[Finding]:
    if after.max_identifiers < before.max_identifiers:
        sql = "SELECT profile_id, MIN(key) AS key FROM identity_identifier GROUP BY profile_id HAVING COUNT(*) > %s"
        yield _measured(Finding("cap_identifiers", number=after.max_identifiers), sql, [after.max_identifiers])
    if after.max_merges < before.max_merges:
        sql = "SELECT to_id AS profile_id, '' AS key FROM identity_link GROUP BY to_id HAVING COUNT(*) > %s"
        yield _measured(Finding("cap_merges", number=after.max_merges), sql, [after.max_merges])


def leaving(before: Rules, after: Rules, limit: int = MOST_OFFENDERS) -> list[list[str]]:
    """What a rebuild splits off, in this order: identifiers that the new types would not have let into their people.

    At most `limit` identifiers; those that are alone already stay where they are.
    """
    found: list[list[str]] = []
    for type_ in after.types:
        stood = before.by_name.get(type_.name) or before.type_of(type_.name)
        if _tightens(stood, type_):
            sql, params = _beyond_limit(type_)
            found += with_belongings(
                [key for _p, key in fetch(f"{sql} ORDER BY profile_id, key LIMIT {limit}", params)]
            )
        if set(type_.patterns) - set(stood.patterns):
            now, earlier = _refusing(type_), _refusing(stood)
            refused = (key for _p, key, _scope, value in _values(type_.name) if now(value) and not earlier(value))
            found += scattered(list(islice(refused, limit)))
        elif set(type_.blocked) - set(stood.blocked):
            sql, params = _blocked(stood, type_)
            found += scattered([key for _p, key in fetch(f"{sql} ORDER BY profile_id, key LIMIT {limit}", params)])
    return found
