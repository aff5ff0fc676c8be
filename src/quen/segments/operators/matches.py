"""`matches`: a text in which a regular expression (RE2) is found.

ClickHouse's `match` is RE2, and so is the live side: one meaning, and time linear in the text whatever the pattern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import re2  # type: ignore[import-untyped]

from quen.segments import words
from quen.segments.columns import Column, holds, quote
from quen.segments.grammar import N_, Place, text
from quen.segments.operators.base import Operator, Test
from quen.segments.values import as_text

MAX_PATTERN = 256


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.dot_nl = True  # as ClickHouse has it
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options)


class Matches(Operator):
    name = "matches"
    order = 32
    label = {"en": "matches the pattern", "vi": "khớp với mẫu"}
    operand = "text"
    examples = (
        ({"value": "(?i)@GMAIL\\.com$"}, "lan@gmail.com", True),
        ({"value": "^(a+)+$"}, "a" * 60 + "!", False),
        ({"value": "a.b"}, "a\nb", True),
        ({"value": "^\\d+$"}, 12345, True),
        ({"value": "N.i"}, "Hà Nội", True),
        ({"value": "x"}, None, False),
    )

    def parse_value(self, value: Any, place: Place) -> Any:
        pattern = text(value, place, MAX_PATTERN)
        try:
            compiled(pattern)
        except re2.error as error:
            reason = error.args[0] if error.args else ""
            reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            raise place.error(N_("not a regular expression that can be used (RE2): {reason}"), reason=reason) from None
        return pattern

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        search = compiled(operand).search

        def matched(value: Any) -> bool:
            found = as_text(value)
            return found is not None and search(found) is not None

        return matched

    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        return holds(f"match({column.text}, {quote(operand)})")

    def words(self, operand: Any, language: str) -> str:
        return f"{self.label[language]} {words.value(operand, language)}"


OPERATOR = Matches()
