"""What a change of the identifier types would do, and what a rebuild takes out of whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from quen.identity.keys import pair_of, split_key
from quen.identity.models import Edge, Identifier, Link
from quen.identity.preview import leaving, preview
from quen.identity.types import DAY_MS, DEFAULTS, IdentifierType, Rules

pytestmark = pytest.mark.django_db
numbers = iter(range(1, 10_000))


def has(profile: int, key: str, at: int = 0) -> None:
    type_, scope, value = split_key(key)
    Identifier.objects.create(
        key=key, type=type_, scope=scope, value=value, profile_id=profile, first_seen=at, last_seen=at, source_id=1
    )


def tie(profile: int, left: str, right: str) -> None:
    Edge.objects.create(
        id=next(numbers), at=1, kind="attach", left=left, right=right, pair=pair_of(left, right), profile_id=profile,
        source_id=1, message_id="m", rule="same_message",
    )  # fmt: skip


def changed(name: str, **change: Any) -> Rules:
    types = [msgspec.structs.replace(t, **change) if t.name == name else t for t in DEFAULTS.types]
    return msgspec.structs.replace(DEFAULTS, types=tuple(types))


def found(after: Rules) -> dict[tuple[str, str], tuple[int, int]]:
    return {(f.kind, f.type): (f.identifiers, f.people) for f in preview(DEFAULTS, after)}


def test_the_same_types_change_nothing() -> None:
    has(1, "email||a@x.vn")
    assert preview(DEFAULTS, DEFAULTS) == []


def test_a_tighter_limit_counts_what_is_over_it() -> None:
    for n in range(4):
        has(1, f"email||{n}@x.vn", at=n * DAY_MS)
    has(2, "email||b@x.vn")
    assert found(changed("email", limit=2)) == {("limit", "email"): (2, 1)}
    assert found(changed("email", unique=True)) == {("unique", "email"): (3, 1)}
    assert found(changed("email", limit=9)) == {}


def test_a_window_counts_only_what_came_close_together() -> None:
    for at in (0, 1, 2, 40, 80, 81):
        has(1, f"email||{at}@x.vn", at=at * DAY_MS)
    after = changed("email", limit=2, window="month")
    (finding,) = preview(changed("email", limit=5, window="month"), after)
    assert (finding.kind, finding.identifiers, finding.examples) == ("limit", 1, [(1, "email||2@x.vn")])


def test_limits_count_within_a_scope() -> None:
    for n in range(3):
        has(1, f"customer_code|quay-{n}|c")
    assert found(changed("customer_code", limit=1)) == {("limit", "customer_code"): (0, 0)}


def test_blocked_values_and_patterns_find_whose_they_are() -> None:
    has(1, "phone||+84911111111")
    has(2, "phone||+84922222222")
    assert found(changed("phone", blocked=("+84911111111", "+84900000000"))) == {("blocked", "phone"): (1, 1)}
    assert found(changed("phone", patterns=(r"\+849.*",))) == {("blocked", "phone"): (2, 2)}
    assert found(changed("phone", patterns=(r"849.*",))) == {}


def test_another_normaliser_tells_who_would_meet() -> None:
    has(1, "loyalty_card||May-1")
    has(2, "loyalty_card||MAY-1")
    has(3, "loyalty_card||x")
    (finding,) = preview(DEFAULTS, changed("loyalty_card", normaliser="lower"))
    assert (finding.kind, finding.identifiers, finding.people, finding.number) == ("normaliser", 2, 2, 1)
    assert found(changed("loyalty_card", normaliser="digits")) == {
        ("normaliser", "loyalty_card"): (2, 2),
        ("unusable", "loyalty_card"): (1, 1),
    }


def test_another_scope_tells_who_would_meet() -> None:
    has(1, "customer_code|quay-1|7")
    has(2, "customer_code|quay-2|7")
    (finding,) = preview(DEFAULTS, changed("customer_code", scope="global"))
    assert (finding.kind, finding.identifiers, finding.number) == ("scope", 2, 1)


def test_priorities_new_types_and_caps_are_told() -> None:
    for n in range(12):
        has(1, f"club||{n}")
        Link.objects.create(from_id=100 + n, to_id=1, at=1)
    (stronger,) = preview(DEFAULTS, changed("phone", priority=7))
    assert (stronger.kind, stronger.type, stronger.names) == ("priority", "phone", ("email",))
    club = msgspec.structs.replace(DEFAULTS, types=(*DEFAULTS.types, IdentifierType("club", 30, unique=True)))
    assert found(club) == {("new", "club"): (12, 1), ("unique", "club"): (11, 1)}
    assert {f.kind for f in preview(club, DEFAULTS)} == {"gone"}
    capped = msgspec.structs.replace(DEFAULTS, max_merges=10, max_identifiers=10)
    assert {f.kind: f.people for f in preview(DEFAULTS, capped)} == {"cap_identifiers": 1, "cap_merges": 1}
    assert found(changed("device_token", anonymous=False)) == {("anonymous", "device_token"): (0, 0)}


def test_those_whom_a_blocked_value_held_together_part() -> None:
    for n in range(3):
        has(1, f"loyalty_card||{n}", at=n)
        has(1, f"email||{n}@x.vn", at=n)
        tie(1, f"loyalty_card||{n}", f"email||{n}@x.vn")
        tie(1, f"loyalty_card||{n}", "phone||+84911111111")
    has(1, "phone||+84911111111", at=9)
    has(1, "anonymous_id||tied-to-nothing", at=9)
    has(2, "phone||+84922222222")
    groups = leaving(DEFAULTS, changed("phone", blocked=("+84911111111", "+84922222222")))
    assert [sorted(group) for group in groups] == [
        ["email||1@x.vn", "loyalty_card||1"],
        ["email||2@x.vn", "loyalty_card||2"],
        ["phone||+84911111111"],
    ]


def test_a_value_too_many_takes_along_what_is_its_own() -> None:
    has(1, "loyalty_card||1", at=1)
    has(1, "loyalty_card||2", at=2)
    has(1, "phone||+84911111111", at=1)
    has(1, "user_id||u", at=1)
    has(1, "email||2@x.vn", at=2)
    tie(1, "loyalty_card||1", "phone||+84911111111")
    tie(1, "user_id||u", "loyalty_card||1")
    tie(1, "loyalty_card||2", "phone||+84911111111")
    tie(1, "loyalty_card||2", "email||2@x.vn")
    assert leaving(DEFAULTS, changed("loyalty_card", limit=1)) == [["loyalty_card||2", "email||2@x.vn"]]
