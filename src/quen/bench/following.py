"""What following segments live costs: the evaluator alone, with one segment and many, after a short life and a long."""

from __future__ import annotations

import random
import time
from typing import Any
from zoneinfo import ZoneInfo

from quen.bench.report import Measure, Options, at_most
from quen.profiles.state import ProfileState
from quen.segments.definitions import SegmentDef, atom_specs
from quen.segments.facts import Fact
from quen.segments.live import Program
from quen.segments.rules import parse_rule

PEOPLE = 2_000
PORTION = 5_000  # events
PORTIONS = 40  # for each second asked for
LONG = 200  # events of a person with a long life, in 40 days
NOW = 1_790_000_000_000
DAY_MS = 86_400_000
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


def measure(options: Options) -> tuple[list[Measure], list[str]]:
    """What an event costs with one segment and with many, and after much has happened to everyone."""
    kinds = {"1": (1, 0), "20": (20, 0), "100": (100, 0), "100 after a long life": (100, LONG)}
    worlds = {}
    for name, (count, events) in kinds.items():
        options.say(f"segments: {name} followed live")
        worlds[name] = _World(count, events)
    # As many as asked for, not as fit into the time: whom less has happened to comes and goes more often, so a faster
    # machine would be given easier events. With four seconds they are 4.6 days: windows of three begin and end.
    for _ in range(round(PORTIONS * options.seconds)):
        for world in worlds.values():  # in turn: whatever else the machine does, all of them feel it
            world.portion()
    one, many, old = (worlds[name].best for name in ("1", "100", "100 after a long life"))
    measures = [Measure(f"{name} segments live", world.best * 1e6, "µs an event") for name, world in worlds.items()]
    measures += [
        at_most("live, 100 segments / 1", many / one, "", 2),
        at_most(f"live, after {LONG} events each / after few", old / many, "", 1.2),
        *(Measure(f"state of a profile, {name} segments", world.size(), "bytes") for name, world in worlds.items()),
    ]
    return measures, [
        (
            f"live: decode, apply and encode for each event alone, the dearest way; {PEOPLE:,} people; processor time"
            " of one thread, best of the portions, taken in turn; rules are counts and sums in windows, filters, traits"
        )
    ]


class _World:
    """People followed by some number of segments, to whom things happen."""

    def __init__(self, count: int, events: int) -> None:
        """`events`: how many have happened to each before."""
        self._dice = random.Random(7)  # noqa: S311 no secrets here
        self._program = _program(count)
        self._now = NOW - 40 * DAY_MS if events else NOW
        self._people = [
            ProfileState(i, NOW, NOW, NOW, 1, {"city": self._dice.choice(["Hà Nội", "Huế"])}) for i in range(PEOPLE)
        ]
        self.best = float("inf")
        for person in self._people:
            _follow(self._program, person, [], self._now)
        for _ in range(events):
            self._now += 40 * DAY_MS // events
            for person in self._people:
                _follow(self._program, person, [self._fact()], self._now)

    def portion(self) -> None:
        work = []
        for _ in range(PORTION):
            self._now += EVERY_MS
            work.append((self._dice.choice(self._people), self._fact()))
        started = time.process_time()
        for person, fact in work:
            _follow(self._program, person, [fact], fact.time)
        self.best = min(self.best, (time.process_time() - started) / len(work))

    def size(self) -> float:
        return sum(len(person.live or b"") for person in self._people) / len(self._people)

    def _fact(self) -> Fact:
        name = self._dice.choices(list(MIX), weights=list(MIX.values()))[0]
        properties = {"total": self._dice.randrange(10**6), "currency": "VND"}
        return Fact(name, properties, self._now, self._dice.randrange(1 << 60))


def _follow(program: Program, person: ProfileState, facts: list[Fact], now: int) -> None:
    """As the engine does for one person of a batch."""
    state = program.decode(person.live)
    program.apply(state, person, facts, (), now)
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
