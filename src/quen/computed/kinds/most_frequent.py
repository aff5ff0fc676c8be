"""`most_frequent`: the value of a property that most events have; of several, the one that came last."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.computed.kinds.events import EventKind, Question
from quen.computed.kinds.texts import text_of, texts_sql
from quen.segments.aggregates.series import Entry, Moving, Reducer, Running, Sliding
from quen.segments.kept import Fold

MAX_KEPT = 500  # different values of one person, ever; of more, those that came least often and longest ago are let go
Tally = dict[str, list[int]]  # text → how often, and the time and id of the last


class MostFrequent(EventKind):
    name = "most_frequent"
    order = 30
    label = {"en": "Most frequent", "vi": "Thường gặp nhất"}
    help = {
        "en": "The value of a property that came most often, as a text. Of values that came equally often, the one "
        "that came last.",
        "vi": "Giá trị của một thuộc tính xuất hiện nhiều lần nhất, dạng văn bản. Nếu nhiều giá trị bằng nhau thì lấy "
        "giá trị xuất hiện sau cùng.",
    }
    phrase = {
        "en": "most frequent {property} of {events}",
        "vi": "giá trị thường gặp nhất của {property} trong các lần {events}",
    }
    gives = "text"
    keeps = "tally"

    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        extract = text_of(question.property)
        if question.window.span:
            return Moving(extract, _Counted(), question.window.span)
        return Running(extract, _Tallied(), question.window.limits(zone))

    def result(self, question: Question) -> str:
        last = "length(texts) - indexOf(arrayReverse(texts), t)"
        return (
            f"arraySlice(arrayReverseSort(t -> (countEqual(texts, t), {last}),"
            f" arrayDistinct({texts_sql(question.property)} AS texts)), 1, 1)"
        )

    def of_sql(self, operand: Question, result: Any, now: int) -> str | None:
        return result[0] if result else None


class _Tallied(Reducer):
    def start(self) -> Tally:
        return {}

    def step(self, result: Tally, entry: Entry) -> Tally:
        time, id_, text = entry
        seen = result.get(text)
        if seen is None:
            result[text] = [1, time, id_]
            if len(result) > MAX_KEPT:
                del result[min(result, key=lambda each: result[each] if each != text else [MAX_KEPT, 0, 0])]
        else:
            seen[0] += 1
            seen[1:] = max(seen[1:], [time, id_])
        return result

    def combine(self, one: Tally, other: Tally) -> Tally:
        both = {text: list(seen) for text, seen in one.items()}
        for text, (count, *last) in other.items():
            seen = both.get(text)
            both[text] = [count, *last] if seen is None else [seen[0] + count, *max(seen[1:], last)]
        return dict(sorted(both.items(), key=lambda item: item[1], reverse=True)[:MAX_KEPT])

    def test(self, result: Tally) -> str | None:
        return max(result, key=lambda text: result[text]) if result else None


class _Leading(msgspec.Struct):
    tally: Tally
    text: str | None = None  # the one that leads; None: to be found


class _Counted(Sliding):
    """Of a moving window, whose entries come in the order of time. Result: the tally, and which text leads."""

    def of(self, entries: list[Entry]) -> _Leading:
        result = _Leading({})
        for entry in entries:
            self._count(result.tally, entry)
        return result

    def step(self, result: _Leading, entry: Entry) -> _Leading:
        self._count(result.tally, entry)
        if result.text is not None and result.tally[entry[2]] > result.tally[result.text]:
            result.text = entry[2]
        return result

    def leave(self, result: _Leading, entries: list[Entry], left: int) -> _Leading:
        text = entries[left - 1][2]
        result.tally[text][0] -= 1
        if not result.tally[text][0]:
            del result.tally[text]
        if text == result.text:
            result.text = None
        return result

    def test(self, result: _Leading) -> str | None:
        if result.text is None and result.tally:
            result.text = max(result.tally, key=lambda text: result.tally[text])
        return result.text

    @staticmethod
    def _count(tally: Tally, entry: Entry) -> None:
        time, id_, text = entry
        if (seen := tally.get(text)) is None:
            tally[text] = [1, time, id_]
        else:
            seen[:] = seen[0] + 1, time, id_


KIND = MostFrequent()
