"""Putting new identifier types in force, and rebuilding the present data by them where that is asked for."""

from __future__ import annotations

from django.db import transaction

from quen.errors import Conflict
from quen.identity import orders, rules
from quen.identity.preview import leaving
from quen.identity.types import Rules


def save(before: Rules, after: Rules, *, by: str, rebuild: bool, version: int | None = None) -> int:
    """How many orders were placed: each splits off what the new types would not have let in.

    `version`: the one that was edited. Raises InvalidInput, and Conflict when another one is in force by now.
    """
    groups = leaving(before, after) if rebuild else []
    with transaction.atomic():
        now = rules.version()
        if version is not None and version != now:
            raise Conflict("the types were changed meanwhile; read them again", details={"version": str(now)})
        saved = rules.save(after, by)
        for keys in groups:
            orders.split(keys, by=by, origin=f"rules:{saved.pk}")
    return len(groups)
