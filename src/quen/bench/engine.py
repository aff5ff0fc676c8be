"""The engine: journal to state and events, with many profiles and 20 live segments against few profiles."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quen.bench.report import Measure, Options, Result, at_least, at_most
from quen.bench.running import asked

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from quen.engine.loop import Engine

SMALL = 10_000
SEGMENTS = 20
ROUNDS = 3
WARM_UP = 20_000
EVENTS_A_SECOND = 12_000  # about what a round's length is planned for


class Round(NamedTuple):
    events: int
    changes: int  # entries and exits
    seconds: float
    processor_seconds: float
    steps: dict[str, float]  # µs an event

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def run(options: Options) -> Result:
    events = int(options.seconds * EVENTS_A_SECOND)
    with _engine(options, SMALL) as small, _engine(options, options.profiles) as large:
        rounds: dict[int, list[Round]] = {SMALL: [], options.profiles: []}
        for number in range(ROUNDS):
            for profiles, pipe in ((SMALL, small), (options.profiles, large)):
                options.say(f"engine: {profiles:,} profiles, round {number + 1} of {ROUNDS}")
                rounds[profiles].append(_ask(pipe, events, seed=100 + number))
    options.say("")
    few, many = rounds[SMALL], rounds[options.profiles]
    rate_few, rate_many = (statistics.median(r.rate for r in done) for done in (few, many))
    middle = sorted(many, key=lambda r: r.rate)[ROUNDS // 2]
    return Result(
        "engine",
        [
            Measure(f"{SMALL:,} profiles", rate_few, "events/s"),
            at_least(f"{options.profiles:,} profiles", rate_many, "events/s", 10_000),
            at_most("cost of an event, many / few profiles", rate_few / rate_many, "", 1.5),
            Measure("processor time", middle.processor_seconds / middle.events * 1e6, "µs/event"),
            Measure("entries and exits for an event", middle.changes / middle.events, ""),
            *(Measure(f"step {name}", micros, "µs/event") for name, micros in middle.steps.items()),
        ],
        [
            (
                f"median of {ROUNDS} rounds of {events:,} events, few and many profiles in turn; {SEGMENTS} live"
                f" segments; steps are of the middle round with {options.profiles:,} profiles"
            ),
            "events in the journal in requests of 100; visits of 5 events on average, of random people, 1,000 at once",
            "from the journal to committed state and events in chDB, fsync included; one process, one engine thread",
        ],
    )


def _engine(options: Options, profiles: int) -> AbstractContextManager[Connection]:
    """A process with an engine over a database of its own."""
    options.say(f"engine: making {profiles:,} profiles")
    return asked(_serve, options.directory / f"data-{profiles}", profiles)


def _ask(pipe: Connection, events: int, seed: int) -> Round:
    pipe.send((events, seed))
    answer: Round = pipe.recv()
    return answer


def _serve(pipe: Connection, data_dir: Path, profiles: int) -> None:
    os.environ["QUEN_DATA_DIR"] = str(data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    data_dir.mkdir(parents=True)
    engine, source_id = prepare(profiles)
    _round(engine, source_id, WARM_UP, profiles, seed=1)
    pipe.send(True)
    while True:
        try:
            events, seed = pipe.recv()
        except EOFError:
            return
        pipe.send(_round(engine, source_id, events, profiles, seed))


def prepare(profiles: int) -> tuple[Engine, int]:
    """An engine over the data directory of the settings, with segments that are live and people; and a source's id."""
    from quen.logs import configure
    from quen.server import migrate

    configure()
    migrate()
    from quen.bench.workload import insert_profiles, segment_rules
    from quen.config import config
    from quen.connectors.models import Source
    from quen.engine.loop import Engine
    from quen.events.store import event_store
    from quen.ids import now_ms
    from quen.journal import open_journal
    from quen.segments.service import create_segment

    source = Source.objects.create(name="bench", kind="server")
    for name, rule in segment_rules(SEGMENTS):
        create_segment(name, rule)
    engine = Engine(config(), open_journal(config()), event_store())
    engine.drain()  # with nobody there yet, the segments are live at once
    insert_profiles(profiles, event_store(), engine.context.program, now_ms())
    return engine, source.id


def _round(engine: Any, source_id: int, events: int, profiles: int, seed: int) -> Round:
    from quen.bench.workload import fill_journal
    from quen.engine.metrics import StepTotals
    from quen.ids import now_ms

    fill_journal(engine.context.journal, source_id, events, profiles, now_ms(), seed)
    engine.totals = StepTotals()
    told = _changes()
    start, used = time.perf_counter(), time.process_time()
    engine.drain()
    seconds, used = time.perf_counter() - start, time.process_time() - used
    # Quen's own events (who entered which segment) are work of these events: they count in their cost only.
    steps = {name: total / events * 1e6 for name, total in engine.totals.seconds.items()}
    return Round(events, _changes() - told, seconds, used, steps)


def _changes() -> int:
    from quen.db import fetch

    count: int = fetch(
        "SELECT COALESCE(SUM(count), 0) FROM events_eventname WHERE name IN ('Segment Entered', 'Segment Exited')"
    )[0][0]
    return count
