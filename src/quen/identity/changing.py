"""Putting new identifier types in force, and rebuilding the present data by them where that is asked for."""

from __future__ import annotations

from django.db import transaction

from quen.identity import orders, rules
from quen.identity.preview import leaving
from quen.identity.types import Rules


def save(before: Rules, after: Rules, *, by: str, rebuild: bool) -> int:
    """How many orders were placed: each splits off what the new types would not have let in. Raises InvalidInput."""
    groups = leaving(before, after) if rebuild else []
    with transaction.atomic():
        saved = rules.save(after, by)
        for keys in groups:
            orders.split(keys, by=by, origin=f"rules:{saved.pk}")
    return len(groups)
