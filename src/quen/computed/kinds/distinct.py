"""`distinct`: the different values of a property, in the order in which they first came."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from quen.computed.kinds.events import EventKind, Question, of_series
from quen.computed.kinds.texts import text_of, texts_sql
from quen.segments.aggregates.series import Either, Entry
from quen.segments.kept import Fold

MAX_KEPT = 100
Firsts = dict[str, list[int]]  # text → the time and id of the first


class Distinct(EventKind):
    name = "distinct"
    order = 31
    label = {"en": "Different values", "vi": "Các giá trị khác nhau"}
    help = {
        "en": "A list of the different values of a property, as texts, in the order in which they first came: the "
        "first 100. Missing without any.",
        "vi": "Danh sách các giá trị khác nhau của một thuộc tính, dạng văn bản, theo thứ tự xuất hiện lần đầu: 100 "
        "giá trị đầu tiên. Không có giá trị nào thì để trống.",
    }
    phrase = {
        "en": "different values of {property} in {events}",
        "vi": "các giá trị khác nhau của {property} trong các lần {events}",
    }
    gives = "list"
    keeps = "firsts"

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        most = math.inf if question.window.span else MAX_KEPT
        return of_series(text_of(question.property), _FirstSeen(most), question.window, zone)

    def result(self, question: Question) -> str:
        return f"arraySlice(arrayDistinct({texts_sql(question.property)}), 1, {MAX_KEPT})"

    def of_sql(self, operand: Question, result: Any, now: int) -> list[str] | None:
        return list(result) if result else None


class _FirstSeen(Either):
    """Of what grows, what is let go has come first after all that are kept: it can only come back with an event of its
    own. Of a moving window nothing is let go: it comes back when others leave."""

    def __init__(self, most: float) -> None:
        self._most = most

    def start(self) -> Firsts:
        return {}

    def of(self, entries: list[Entry]) -> Firsts:
        result: Firsts = {}
        for time, id_, text in entries:
            if text not in result:
                result[text] = [time, id_]
        return result

    def step(self, result: Firsts, entry: Entry) -> Firsts:
        time, id_, text = entry
        first = result.get(text)
        if first is None:
            result[text] = [time, id_]
            if len(result) > self._most:
                del result[max(result, key=lambda each: result[each])]
        elif [time, id_] < first:
            result[text] = [time, id_]
        return result

    def leave(self, result: Firsts, entries: list[Entry], left: int) -> Firsts:
        text = entries[left - 1][2]
        again = next((entry for entry in islice(entries, left, None) if entry[2] == text), None)
        if again is None:
            del result[text]
        else:
            result[text] = again[:2]
        return result

    def combine(self, one: Firsts, other: Firsts) -> Firsts:
        both = dict(one)
        for text, first in other.items():
            both[text] = min(first, both.get(text, first))
        return dict(sorted(both.items(), key=lambda item: item[1])[:MAX_KEPT])

    def test(self, result: Firsts) -> list[str] | None:
        return sorted(result, key=lambda text: result[text])[:MAX_KEPT] or None


KIND = Distinct()
