"""What a computed trait is, told naively: every event of the whole history is looked at again for every question."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.facts import Fact
from quen.segments.grammar import Place, duration
from tests.properties.segment_oracle import DAY, _filter, _midnight, _number, _text

MILLIONTH = Decimal("0.000001")


def value(spec: dict[str, Any], facts: list[Fact], now: int, zone: ZoneInfo) -> Any:
    names = [spec["event"]] if isinstance(spec["event"], str) else spec["event"]
    matching = [f for f in facts if f.event in names and f.time <= now]
    if "within" in spec:
        matching = [f for f in matching if f.time > now - duration(spec["within"], Place())]
    if "between" in spec:
        start, end = (date.fromisoformat(day) for day in spec["between"])
        first, last = _midnight(start, zone), _midnight(end + timedelta(1), zone)
        matching = [f for f in matching if first <= f.time < last]
    matching = [f for f in matching if all(_filter(item, f.properties, now) for item in spec.get("where", []))]
    matching.sort(key=lambda f: (f.time, f.id))
    kind = spec["kind"]
    if kind == "count":
        return len(matching)
    if kind == "days_since":
        return (now - matching[-1].time) // DAY if matching else None
    given = [f.properties.get(spec["property"]) for f in matching]
    if kind in ("sum", "avg", "min", "max"):
        return _of_numbers(kind, [n for n in map(_number, given) if n is not None])
    if kind in ("first", "last"):
        scalars = [v for v in given if isinstance(v, (str, int, float))]
        return scalars[0 if kind == "first" else -1] if scalars else None
    texts = [t for t in map(_text, given) if t is not None]
    if kind == "distinct":
        return list(dict.fromkeys(texts))[:100] or None
    counts = Counter(texts)
    most = max(counts.values(), default=0)
    return next((t for t in reversed(texts) if counts[t] == most), None)


def _of_numbers(kind: str, numbers: list[Decimal]) -> float | None:
    if kind == "sum":
        return float(sum(numbers))
    if not numbers:
        return None
    if kind == "avg":
        return float((sum(numbers, Decimal(0)) / len(numbers)).quantize(MILLIONTH, ROUND_HALF_UP))
    return float(min(numbers) if kind == "min" else max(numbers))
