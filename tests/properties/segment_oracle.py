"""What a rule means, told naively: every event of the whole history is looked at again for every question."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.facts import Fact
from quen.segments.grammar import Place, duration

DAY = 86_400_000


def holds(
    rule: dict[str, Any], traits: dict[str, Any], facts: list[Fact], now: int, zone: ZoneInfo, id: int = 0
) -> bool:
    def ask(inner: dict[str, Any]) -> bool:
        return holds(inner, traits, facts, now, zone, id)

    if "all" in rule:
        return all(ask(item) for item in rule["all"])
    if "any" in rule:
        return any(ask(item) for item in rule["any"])
    if "not" in rule:
        return not ask(rule["not"])
    if "sequence" in rule:
        return _sequence(rule, facts, now)
    if "consent" in rule:
        return traits.get(f"quen:consent:{rule['consent']}") is True
    if "list" in rule:
        return traits.get(f"quen:list:{rule['list']}") is True
    if "reachable" in rule:
        return _reachable(rule["reachable"], traits)
    if rule.get("op") == "anniversary":
        return _anniversary(traits.get(rule["trait"]), rule, now, zone)
    if "trait" in rule:
        value: Any = traits
        for name in rule["trait"].split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return _compare(value, rule, now)
    return _event(rule, facts, now, zone)


def _event(rule: dict[str, Any], facts: list[Fact], now: int, zone: ZoneInfo) -> bool:
    matching = [f for f in facts if f.event == rule["event"] and f.time <= now]
    if "within" in rule:
        matching = [f for f in matching if f.time > now - duration(rule["within"], Place())]
    if "between" in rule:
        start, end = (date.fromisoformat(day) for day in rule["between"])
        first, last = _midnight(start, zone), _midnight(end + timedelta(1), zone)
        matching = [f for f in matching if first <= f.time < last]
    for item in rule.get("where", []):
        matching = [f for f in matching if _filter(item, f.properties, now)]
    matching.sort(key=lambda f: (f.time, f.id))
    if "count" in rule:
        return _measure(len(matching), rule["count"])
    for name in ("sum", "avg", "min", "max", "distinct", "first", "last"):
        if name in rule:
            spec = rule[name]
            values = [
                f.properties[spec["property"]] for f in matching if f.properties.get(spec["property"]) is not None
            ]
            return _aggregate(name, values, spec, now)
    return bool(matching)


def _reachable(channel: str, traits: dict[str, Any]) -> bool:
    places = {"email": ("email", "quen:address:email"), "sms": ("phone", "quen:address:phone")}[channel]
    for place in places:
        found = traits.get(place)
        if isinstance(found, str) and ("@" in found if channel == "email" else found.startswith("+")):
            return found != traits.get(f"quen:suppressed:{channel}")
    return False


def _anniversary(value: Any, rule: dict[str, Any], now: int, zone: ZoneInfo) -> bool:
    """Every day from today on is looked at, and whether the day is kept on it."""
    if not isinstance(value, str):
        return False
    born = date.fromisoformat(value)
    today = datetime.fromtimestamp(now / 1000, zone).date()
    for ahead in range(duration(rule["within"], Place(), zero=True) // DAY + 1):
        day = today + timedelta(ahead)
        leap = (day + timedelta(1)).day == 29
        if (day.month, day.day) == (born.month, born.day):
            return True
        if (born.month, born.day, day.month, day.day) == (2, 29, 2, 28) and not leap:
            return True
    return False


def _sequence(rule: dict[str, Any], facts: list[Fact], now: int) -> bool:
    """Every choice of an event for every step is tried."""
    past = sorted((f for f in facts if f.time <= now), key=lambda f: (f.time, f.id))
    steps, span = rule["sequence"], duration(rule["within"], Place())
    gaps = [duration(step["within"], Place()) if "within" in step else span for step in steps]
    done = [number for number, step in enumerate(steps) if not step.get("not")]
    after = range(done[-1] + 1, len(steps))

    def does(number: int, fact: Fact) -> bool:
        step = steps[number]
        return fact.event == step["event"] and all(_filter(w, fact.properties, now) for w in step.get("where", []))

    def ends(position: int, before: int, began: int) -> list[int]:
        """Places (in `past`) of the last step done, of all chains that go on from place `before`."""
        if position == len(done):
            return [before]
        found = []
        for place in range(before + 1, len(past)):
            at = past[place].time
            number, between = done[position], range(done[position - 1] + 1, done[position]) if position else range(0)
            if not does(number, past[place]):
                continue
            if position and (at >= past[before].time + gaps[number] or at >= began + span):
                continue
            if any(does(n, past[p]) for n in between for p in range(before + 1, place)):
                continue
            found += ends(position + 1, place, began if position else at)
        return found

    for place in set(ends(0, -1, 0)):
        end = past[place].time
        if any(does(n, f) and f.time < end + gaps[n] for n in after for f in past[place + 1 :]):
            continue
        true_at = end + max((gaps[n] for n in after), default=0)
        if true_at <= now and ("in_last" not in rule or true_at > now - duration(rule["in_last"], Place())):
            return True
    return False


def _aggregate(name: str, values: list[Any], spec: dict[str, Any], now: int) -> bool:
    if name in ("first", "last"):
        return _compare(values[0 if name == "first" else -1] if values else None, spec, now)
    if name == "distinct":
        return _measure(len({_text(value) for value in values if _text(value) is not None}), spec)
    numbers = [n for n in map(_number, values) if n is not None]
    if name == "sum":
        return _measure(sum(numbers, Decimal(0)), spec)
    if not numbers:
        return False
    if name == "avg":
        return _measure(sum(numbers, Decimal(0)) / len(numbers), spec)
    return _measure(min(numbers) if name == "min" else max(numbers), spec)


def _measure(number: Decimal | int, spec: dict[str, Any]) -> bool:
    wanted = spec["value"]
    if spec["op"] == "between":
        return Decimal(str(wanted[0])) <= number <= Decimal(str(wanted[1]))
    wanted = Decimal(str(wanted))
    return {
        "eq": number == wanted,
        "ne": number != wanted,
        "gt": number > wanted,
        "gte": number >= wanted,
        "lt": number < wanted,
        "lte": number <= wanted,
    }[spec["op"]]


def _filter(item: dict[str, Any], properties: dict[str, Any], now: int) -> bool:
    if "any" in item:
        return any(_filter(inner, properties, now) for inner in item["any"])
    if "not" in item:
        return not _filter(item["not"], properties, now)
    return _compare(properties.get(item["property"]), item, now)


def _compare(value: Any, spec: dict[str, Any], now: int) -> bool:
    op: str = spec["op"]
    wanted: Any = spec.get("value")
    match op:
        case "exists":
            return value is not None
        case "missing":
            return value is None
        case "eq":
            return _equal(value, wanted)
        case "ne":
            return not _equal(value, wanted)
        case "in":
            return any(_equal(value, one) for one in wanted)
        case "not_in":
            return not any(_equal(value, one) for one in wanted)
        case "contains":
            if isinstance(value, list):
                return any(_equal(one, wanted) for one in value)
            text = _text(value)
            return text is not None and str(_text(wanted)) in text
        case "in_last" | "in_next":
            if not isinstance(value, str) or not value.endswith("Z"):
                return False
            at = round(datetime.fromisoformat(value).timestamp() * 1000)
            span = duration(spec["within"], Place())
            return now - span < at <= now if op == "in_last" else now < at <= now + span
    number = _number(value)
    if number is None:
        return False
    return _measure(number, spec)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(_equal(one, wanted) for one in value)
    if value is None:
        return False
    if isinstance(value, bool) or isinstance(wanted, bool):
        return _text(value) == _text(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted
    one, other = _number(value), _number(wanted)
    return one is not None and one == other


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not value.strip("+-").replace(".", "", 1).isdigit():
        return None
    return Decimal(str(value))


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, (str, int, float)) else None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
