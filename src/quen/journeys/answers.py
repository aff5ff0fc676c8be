"""Whether rules hold for one person now: what a dry walk asks, since nothing follows the rules of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quen.config import config
from quen.events.store import event_store
from quen.ids import now_ms
from quen.profiles import store as profiles
from quen.profiles.mirror import Sides
from quen.segments.conditions.base import SqlContext
from quen.segments.rules import parse_rule
from quen.segments.service import roots


def holds(rules: Sequence[Any], profile_id: int) -> list[bool]:
    """The truth of each rule (JSON, valid) in the event store, by one query; all false for nobody."""
    if not rules:
        return []
    parsed, now, rule_of = [parse_rule(rule).root for rule in rules], now_ms(), roots()

    def ask(sides: Sides) -> list[tuple[Any, ...]]:
        context = SqlContext(now, config().zone, rule_of, sides=sides)
        columns = ", ".join(f"toUInt8({root.sql(context)})" for root in parsed)
        # Rules become quoted identifiers and literals in segments.columns.
        return event_store().rows(f"SELECT {columns} FROM profiles FINAL WHERE deleted = 0 AND id = {profile_id:d}")

    rows = profiles.at_one_moment(ask)
    return [bool(truth) for truth in rows[0]] if rows else [False] * len(rules)
