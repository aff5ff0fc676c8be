"""The live evaluator of segments alone: processor time per event with 1, 20 and 100 segments."""

from __future__ import annotations

import random
import time
from typing import Any
from zoneinfo import ZoneInfo

from quen.bench.report import Measure, Options, Result, at_most
from quen.profiles.state import ProfileState
from quen.segments.facts import Fact
from quen.segments.live import Program, SegmentDef, atom_specs
from quen.segments.rules import parse_rule

PEOPLE = 2_000
NOW = 1_790_000_000_000
EVERY_MS = 500
MIX = {  # event → share of what a shop sends
    "Page Viewed": 60,
    "Product Viewed": 15,
    "Email Opened": 5,
    "Signed In": 5,
    "Product Added": 4,
    "Cart Viewed": 4,
    "Order Completed": 2,
    "Checkout Started": 2,
    "Email Clicked": 2,
    "Coupon Entered": 1,
}


def run(options: Options) -> Result:
    measures = []
    costs: dict[int, float] = {}
    for count in (1, 20, 100):
        options.say(f"segments: {count} followed live")
        costs[count], size = _measure(count, options.seconds)
        name = f"{count} segment{'s' if count > 1 else ''}, decode, apply and encode for each event"
        cost = costs[count]
        measures.append(at_most(name, cost, "µs an event", 25) if count == 20 else Measure(name, cost, "µs an event"))
        measures.append(Measure(f"state of a profile with {count}", size, "bytes"))
    options.say("")
    measures.append(Measure("100 segments ÷ 1", costs[100] / costs[1], "×"))
    return Result(
        "segments",
        measures,
        [
            (
                "processor time of one thread, best of the portions measured; every event alone in its batch, which is"
                " the dearest way; rules are counts and sums in windows, with filters and traits"
            )
        ],
    )


def _measure(count: int, seconds: float) -> tuple[float, float]:
    """(µs an event, bytes a profile)."""
    dice = random.Random(7)  # noqa: S311 no secrets here
    program = _program(count)
    people = [ProfileState(i, NOW, NOW, NOW, 1, {"city": dice.choice(["Hà Nội", "Huế"])}) for i in range(PEOPLE)]
    for person in people:
        _follow(program, person, [])
    best, now, deadline = float("inf"), NOW, time.monotonic() + seconds
    while time.monotonic() < deadline:
        names = dice.choices(list(MIX), weights=list(MIX.values()), k=5_000)
        work = [
            (
                dice.choice(people),
                Fact(name, {"total": dice.randrange(10**6), "currency": "VND"}, now + n * EVERY_MS, n),
            )
            for n, name in enumerate(names)
        ]
        now += len(work) * EVERY_MS
        started = time.process_time()
        for person, fact in work:
            _follow(program, person, [fact])
        best = min(best, (time.process_time() - started) / len(work))
    return best * 1e6, sum(len(person.live or b"") for person in people) / len(people)


def _follow(program: Program, person: ProfileState, facts: list[Fact]) -> None:
    """As the engine does for one person of a batch."""
    state = program.decode(person.live)
    program.apply(state, person, facts, (), facts[0].time if facts else NOW)
    person.live, person.due_at = program.encode(state), state.due_at


def _program(count: int) -> Program:
    rules = [parse_rule(_rule(n)) for n in range(count)]
    keys = dict.fromkeys(key for rule in rules for key in atom_specs(rule))
    numbers = {key: number for number, key in enumerate(keys, 1)}
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    return Program.compile([SegmentDef(n, rule, numbers) for n, rule in enumerate(rules, 1)], zone)


def _rule(n: int) -> dict[str, Any]:
    event = list(MIX)[n % len(MIX)]
    not_bought = {"event": "Order Completed", "count": {"op": "eq", "value": 0}, "within": "3d"}
    often = {"event": event, "count": {"op": "gte", "value": 5}, "within": f"{n + 1}d"}
    dear = [{"property": "total", "op": "gt", "value": 500_000 + n}]
    kinds: list[dict[str, Any]] = [
        {"event": event, "count": {"op": "gte", "value": 1 + n % 3}, "within": "30d"},
        {"all": [{"event": event, "within": "3d"}, not_bought]},
        {"all": [{"trait": "city", "op": "eq", "value": "Hà Nội"}, often]},
        {"event": event, "count": {"op": "gte", "value": 2}, "within": "30d", "where": dear},
        {"event": event, "sum": {"property": "total", "op": "gt", "value": 1_000_000 + n}},
    ]
    return kinds[n // 2 % len(kinds)]
