"""Segments: previews over a shop's whole history against SQL by hand, and what following them live costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from quen.bench import following
from quen.bench.questions import Question, others, standard
from quen.bench.report import Measure, Options, Result, at_most
from quen.bench.shop import NOW, fill
from quen.events.store import EventStore
from quen.segments.rules import Rule, parse_rule
from quen.segments.sql import Preview, preview

ROUNDS = 3
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

# By hand the same is asked as the preview answers: of how many, how many, how many with an address, the ten newest.
BY_HAND = (
    "SELECT (SELECT count() FROM profiles FINAL), count(), countIf(isNotNull(traits.email.:String)),"
    " countIf(isNotNull(traits.phone.:String)), groupArraySorted(10)(-toInt64(id)) FROM profiles FINAL WHERE {}"
)


class Timed(NamedTuple):
    """Of one question, by Quen and by hand: people found, and whether all that was answered is the same each time;
    seconds, and processor time of all threads, best of some."""

    people: int
    same: bool
    seconds: float
    seconds_by_hand: float
    cpu: float
    cpu_by_hand: float


def run(options: Options) -> Result:
    asked, notes = _previews(options)
    followed, more = following.measure(options)
    options.say("")
    return Result("segments", [*asked, *followed], [*notes, *more])


def _previews(options: Options) -> tuple[list[Measure], list[str]]:
    store = EventStore(options.directory / "events")
    started = time.monotonic()
    fill(store, options.profiles, options.events, options.say)
    made = time.monotonic() - started
    size = store.rows("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()")
    usual, rest = standard(), others()
    questions = [*usual, *rest]
    timed = _timed(questions, store, options)
    store.close()
    measures = [
        at_most(f"{question.name}: Quen / by hand", found.cpu / found.cpu_by_hand, "", 1.2)
        for question, found in zip(questions, timed, strict=True)
    ]
    median = statistics.median(found.seconds for found in timed[: len(usual)])
    by_hand = statistics.median(found.seconds_by_hand for found in timed[: len(usual)])
    differ = [question.name for question, found in zip(questions, timed, strict=True) if not found.same]
    measures += [
        at_most(f"preview, median of {len(usual)} standard questions", median, "s", 2),
        Measure("the same by hand", by_hand, "s"),
        at_most("questions answered differently by hand", len(differ), "", 0),
    ]
    notes = [
        (
            f"previews over {options.profiles:,} profiles and {options.events:,} events"
            f" ({int(size[0][0]) / 2**20:,.0f} MB, made in {made:,.0f} s); Quen and by hand in turn, best of {ROUNDS};"
            " ratios are of processor time; the first ten are the standard questions"
        ),
        "by hand: " + BY_HAND.format("…") + ", where … is",
        *(
            f"{question.name} ({found.people:,} people, {found.seconds:.2f} s, by hand {found.seconds_by_hand:.2f} s):"
            f" {question.by_hand}"
            for question, found in zip(questions, timed, strict=True)
        ),
    ]
    return measures, notes + [f"answered differently: {name}" for name in differ]


def _timed(questions: list[Question], store: EventStore, options: Options) -> list[Timed]:
    found = []
    for number, question in enumerate(questions, 1):
        options.say(f"segments: question {number} of {len(questions)}, {question.name}")
        rule, by_hand = parse_rule(question.rule), BY_HAND.format(question.by_hand)
        rounds: list[Timed] = []
        for _ in range(ROUNDS):
            ours, seconds, cpu = _clocked(partial(_by_quen, rule, store))
            theirs, seconds_by_hand, cpu_by_hand = _clocked(partial(_by_hand, by_hand, store))
            rounds.append(Timed(ours.count, ours == theirs, seconds, seconds_by_hand, cpu, cpu_by_hand))
        found.append(Timed(*(min(values) for values in zip(*rounds, strict=True))))
    return found


def _by_quen(rule: Rule, store: EventStore) -> Preview:
    return preview(rule, store, NOW, ZONE)


def _by_hand(sql: str, store: EventStore) -> Preview:
    total, count, email, phone, newest = store.rows(sql)[0]
    return Preview(int(count), int(total), int(email), int(phone), [-int(id) for id in newest])


def _clocked(ask: Callable[[], Preview]) -> tuple[Preview, float, float]:
    """What was answered, seconds, and seconds of processor time of all threads."""
    started, cpu = time.perf_counter(), time.process_time()
    answer = ask()
    return answer, time.perf_counter() - started, time.process_time() - cpu
