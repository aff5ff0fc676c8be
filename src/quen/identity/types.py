"""Identifier types as data: what each kind of identifier means for matching. Pure.

Sources of the defaults: Segment Unify (limits, priorities, blocked values), PostHog (its list of illegal ids), Snowplow
(unique identifiers). A workspace edits them as one document, `Rules`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec
import re2  # type: ignore[import-untyped]  # linear in time whatever the pattern: these come from people

from quen.errors import InvalidInput

Scope = Literal["global", "source", "account"]
Window = Literal["ever", "year", "month", "week"]
Normaliser = Literal["text", "lower", "email", "phone", "digits"]

DAY_MS = 24 * 3600 * 1000
WINDOW_MS: Mapping[str, int | None] = {
    "ever": None, "year": 365 * DAY_MS, "month": 30 * DAY_MS, "week": 7 * DAY_MS,
}  # fmt: skip
MAX_TYPES = 60
MAX_BLOCKED = 5_000
MAX_PATTERNS = 50
MAX_PATTERN = 200

# What broken clients send instead of an id: matching on these would make one person of thousands.
# fmt: off
ILLEGAL_VALUES = frozenset({
    "null", "none", "nil", "undefined", "nan", "true", "false", "anonymous", "guest", "unknown", "not_authenticated",
    "id", "user", "userid", "user_id", "email", "phone", "distinct_id", "anonymous_id", "[object object]", "{}", "[]",
    "-1", "0", "00000000-0000-0000-0000-000000000000",
})
# fmt: on


class IdentifierType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One type.

    `limit`: how many values a profile may take within `window` (None: any number); `unique` is a limit of one, ever,
    whose two values prove that two people are two. `priority`: the lower the stronger. `anonymous`: says nothing about
    who it is (a cookie, a device). `scope`: whether the same value from two sources (or accounts: an OA, a Mini App, a
    page, a till) is the same identifier. Limits count within one scope.
    """

    name: str
    priority: int
    scope: Scope = "global"
    normaliser: Normaliser = "text"
    unique: bool = False
    limit: int | None = None
    window: Window = "ever"
    anonymous: bool = False
    blocked: tuple[str, ...] = ()  # values in their match form
    patterns: tuple[str, ...] = ()  # regular expressions that a whole value must not match

    @property
    def most(self) -> int | None:
        return 1 if self.unique else self.limit

    @property
    def window_ms(self) -> int | None:
        return None if self.unique else WINDOW_MS[self.window]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """How people are told apart in this workspace.

    `max_merges` and `max_identifiers` are caps for one profile: past them an identifier is a hub (a shop's own phone,
    a shared tablet) and is set aside.
    """

    types: tuple[IdentifierType, ...]
    max_merges: int = 100
    max_identifiers: int = 1_000

    @cached_property
    def by_name(self) -> dict[str, IdentifierType]:
        return {t.name: t for t in self.types}

    def type_of(self, name: str) -> IdentifierType:
        """A type that nobody declared is taken as an external id is."""
        found = self.by_name.get(name)
        return found if found is not None else msgspec.structs.replace(UNDECLARED, name=name)


UNDECLARED = IdentifierType("", 50, scope="account", limit=5)

DEFAULTS = Rules(
    types=(
        IdentifierType("user_id", 0, unique=True),
        # What a system issued to one customer stands above what a cashier types and a family shares: when a phone
        # would tie too many customers together, it is the phone that is set aside.
        IdentifierType("customer_code", 4, scope="account", limit=5),
        IdentifierType("loyalty_card", 5, limit=5),
        IdentifierType("external_id", 6, scope="account", limit=5),
        IdentifierType("email", 10, normaliser="email", limit=5),
        IdentifierType("phone", 20, normaliser="phone", limit=5),
        IdentifierType("zalo_app_user_id", 40, scope="account", limit=5),
        IdentifierType("zalo_user_id", 42, scope="account", limit=5),
        IdentifierType("facebook_psid", 44, scope="account", limit=5),
        IdentifierType("device_token", 80, anonymous=True),
        IdentifierType("anonymous_id", 90, anonymous=True),
    )
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
BUILT_IN = frozenset(t.name for t in DEFAULTS.types)


def read_rules(document: Any) -> Rules:
    """The rules of a JSON document. Raises InvalidInput whose details say per place what is wrong."""
    try:
        rules = msgspec.convert(document, Rules)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"identifier types: {error}", details={"rules": str(error)}) from error
    problems = dict(_problems(rules))
    if problems:
        place, problem = next(iter(problems.items()))
        raise InvalidInput(f"{place}: {problem}", details=problems)
    return rules


def _problems(rules: Rules) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if len(rules.types) > MAX_TYPES:
        found.append(("types", f"at most {MAX_TYPES} types"))
    names = [t.name for t in rules.types]
    found += [("types", f"{name} is missing: it is built in") for name in sorted(BUILT_IN - set(names))]
    for name, low, high in (("max_merges", 1, 10_000), ("max_identifiers", 10, 100_000)):
        if not low <= getattr(rules, name) <= high:
            found.append((name, f"a number from {low} to {high}"))
    for index, type_ in enumerate(rules.types):
        place = f"types[{index}]"
        if not _NAME.fullmatch(type_.name):
            found.append((f"{place}.name", "small letters, digits and _, beginning with a letter"))
        if type_.name in names[:index]:
            found.append((f"{place}.name", f"{type_.name} is there twice"))
        if not 0 <= type_.priority <= 99:
            found.append((f"{place}.priority", "a number from 0 (strongest) to 99"))
        if type_.limit is not None and not 1 <= type_.limit <= 10_000:
            found.append((f"{place}.limit", "a number from 1 to 10000, or nothing"))
        if len(type_.blocked) > MAX_BLOCKED or any(not v or len(v) > 255 for v in type_.blocked):
            found.append((f"{place}.blocked", f"at most {MAX_BLOCKED} values of 1 to 255 characters"))
        if len(type_.patterns) > MAX_PATTERNS:
            found.append((f"{place}.patterns", f"at most {MAX_PATTERNS} patterns"))
        found += [(f"{place}.patterns", problem) for p in type_.patterns if (problem := _pattern_problem(p))]
    return found


def _pattern_problem(pattern: str) -> str | None:
    if not 1 <= len(pattern) <= MAX_PATTERN:
        return f"a pattern has 1 to {MAX_PATTERN} characters"
    try:
        re2.compile(pattern)
    except re2.error:
        return f"{pattern!r} is no regular expression (RE2)"
    return None
