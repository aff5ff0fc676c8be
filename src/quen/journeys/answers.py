"""Whether rules hold for one person now: what a dry walk asks, since nothing follows the rules of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quen.config import config
from quen.events.store import event_store
from quen.ids import now_ms
from quen.segments.conditions.base import SqlContext
from quen.segments.rules import parse_rule
from quen.segments.service import roots


def holds(rules: Sequence[Any], profile_id: int) -> list[bool]:
    """The truth of each rule (JSON, valid) in the event store, by one query; all false for nobody."""
    if not rules:
        return []
    context = SqlContext(now_ms(), config().zone, roots())
    columns = ", ".join(f"toUInt8({parse_rule(rule).root.sql(context)})" for rule in rules)
    rows = event_store().rows(
        # Rules become quoted identifiers and literals in segments.columns.
        f"SELECT {columns} FROM profiles FINAL WHERE deleted = 0 AND id = {profile_id:d}"
    )
    return [bool(truth) for truth in rows[0]] if rows else [False] * len(rules)
