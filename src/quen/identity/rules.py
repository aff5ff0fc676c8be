"""The identifier types in force, and their history."""

from __future__ import annotations

import time

import msgspec

from quen.db import fetch
from quen.identity.models import RulesVersion
from quen.identity.types import DEFAULTS, Rules, read_rules

SHOWN_S = 5.0


class _Shown:
    rules: Rules = DEFAULTS
    until = 0.0


_shown = _Shown()


def version() -> int:
    """Rises with every change; 0 while the defaults hold. One small query."""
    return int(fetch("SELECT COALESCE(MAX(id), 0) FROM identity_rulesversion")[0][0])


def current() -> Rules:
    last = RulesVersion.objects.order_by("-id").first()
    return DEFAULTS if last is None else read_rules(last.document)


def shown() -> Rules:
    """The rules in force as pages see them: read anew every few seconds, not for every row."""
    if time.monotonic() >= _shown.until:
        _shown.rules, _shown.until = current(), time.monotonic() + SHOWN_S
    return _shown.rules


def anonymous_types() -> frozenset[str]:
    """The types that say nothing about who it is."""
    return frozenset(t.name for t in shown().types if t.anonymous)


def save(rules: Rules, by: str) -> RulesVersion:
    """Put rules in force for what comes from now on. Raises InvalidInput."""
    document = msgspec.to_builtins(rules)
    read_rules(document)
    _shown.until = 0.0
    return RulesVersion.objects.create(document=document, by=by)


def history(limit: int = 50) -> list[RulesVersion]:
    """The latest first."""
    return list(RulesVersion.objects.order_by("-id")[:limit])
