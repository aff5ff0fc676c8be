"""The score of a source, from 0 to 100. Pure.

score = 100 × Σ weight × (valid + fixed − ½ × doubtful) ÷ Σ weight × filled, over all fields of the period

A value counts when it could be used as it came or after cleaning. E-mail addresses that are made up, of throw-away or
misspelt domains, or of an office (`info@`, `cskh@`) are doubtful: such a value counts half. What people are found and
reached by weighs more. Fields that a source does not send cost nothing: how many are filled is shown beside the score.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

WEIGHTS: Mapping[str, int] = {"email": 3, "phone": 3, "name": 2, "birthday": 2}  # others 1
DOUBTFUL = frozenset({"disposable", "placeholder", "role", "typo"})


class Values(msgspec.Struct):
    """How many values of one field were valid, fixed, rejected; `doubtful` of the first two."""

    valid: int = 0
    fixed: int = 0
    rejected: int = 0
    doubtful: int = 0

    @property
    def filled(self) -> int:
        return self.valid + self.fixed + self.rejected

    def add(self, outcome: str, word: str, count: int) -> None:
        """Take in one counter; `seen`, `done` and `problem` are not counted here."""
        if outcome in ("valid", "fixed", "rejected"):
            setattr(self, outcome, getattr(self, outcome) + count)
        elif outcome == "hint" and word in DOUBTFUL:
            self.doubtful += count


def score(fields: Mapping[str, Values]) -> int | None:
    """None where nothing came."""
    good = whole = 0.0
    for field, values in fields.items():
        weight = WEIGHTS.get(field, 1)
        good += weight * max(0.0, values.valid + values.fixed - values.doubtful / 2)
        whole += weight * values.filled
    return round(100 * good / whole) if whole else None
