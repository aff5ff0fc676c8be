"""The engine: journal to state and events with 50 live segments; many profiles against few, and against the bare
stores: the same messages decoded, one row a person and batch updated in SQLite, the same rows inserted into chDB."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quen.bench.report import Measure, Options, Result, at_least, at_most
from quen.bench.running import asked

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from quen.engine.loop import Engine

SMALL = 10_000
SEGMENTS = 50
FOLLOWED = {"1 segment": 1, "100 segments": 100}  # what following them costs, of all that an event costs
ROUNDS = 3
WARM_UP = 20_000
EVENTS_A_SECOND = 20_000  # about what a round's length is planned for
SEEN = 1_000_000  # message ids stored before


class Round(NamedTuple):
    events: int
    changes: int  # entries and exits
    seconds: float
    processor_seconds: float
    steps: dict[str, float]  # µs an event
    parts: dict[str, float]  # of steps, µs an event; "beside …" goes on while the next ones run

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def run(options: Options) -> Result:
    events = int(options.seconds * EVENTS_A_SECOND)
    many = options.profiles
    with ExitStack() as worlds:
        pipes = {
            "few": _asked(worlds, options, "few", _serve, SMALL),
            "many": _asked(worlds, options, "many", _serve, many),
            "bare": _asked(worlds, options, "bare", _serve_bare, many),
            **{
                name: _asked(worlds, options, f"following-{count}", partial(_serve, segments=count), SMALL)
                for name, count in FOLLOWED.items()
            },
        }
        rounds: dict[str, list[Round]] = {name: [] for name in pipes}
        for number in range(ROUNDS):
            for name, pipe in pipes.items():
                options.say(f"engine: {name}, round {number + 1} of {ROUNDS}")
                rounds[name].append(_ask(pipe, events, seed=100 + number))
    options.say("")
    rate_few, rate_many, rate_bare = (
        statistics.median(r.rate for r in rounds[name]) for name in ("few", "many", "bare")
    )
    middle = sorted(rounds["many"], key=lambda r: r.rate)[ROUNDS // 2]
    used = {
        name: statistics.median(r.processor_seconds / r.events * 1e6 for r in done) for name, done in rounds.items()
    }
    one, hundred = FOLLOWED
    return Result(
        "engine",
        [
            Measure(f"{SMALL:,} profiles", rate_few, "events/s"),
            at_least(f"{many:,} profiles", rate_many, "events/s", 20_000),
            Measure("bare stores", rate_bare, "events/s"),
            Measure("cost of an event, Quen / bare stores", rate_bare / rate_many, ""),
            at_most("cost of an event, many / few profiles", rate_few / rate_many, "", 1.5),
            Measure("processor time", used["many"], "µs/event"),
            Measure("processor time, Quen / bare stores", used["many"] / used["bare"], ""),
            at_most(f"processor time, {hundred} / {one}, {SMALL:,} profiles", used[hundred] / used[one], "", 2),
            Measure("entries and exits for an event", middle.changes / middle.events, ""),
            *(Measure(f"step {name}", micros, "µs/event") for name, micros in middle.steps.items()),
            *(Measure(f"  {name}", micros, "µs/event") for name, micros in sorted(middle.parts.items())),
        ],
        [
            (
                f"median of {ROUNDS} rounds of {events:,} events, in turn; {SEGMENTS} live segments; steps and parts"
                f" are of the middle round with {many:,} profiles"
            ),
            "events in the journal in requests of 100; visits of 5 events on average, of random people, 1,000 at once",
            "an entry or exit is an event too: it counts in the cost of what caused it",
            "from the journal to committed state and events in chDB, fsync included; one process, one engine thread",
            (
                "bare stores: messages decoded, one SQLite transaction a batch that updates each person once, the rows"
                " inserted into chDB meanwhile; no identity, no traits, no segments, no entries and exits"
            ),
        ],
    )


def _asked(
    worlds: ExitStack, options: Options, name: str, serve: Callable[[Connection, Path, int], None], profiles: int
) -> Connection:
    """A process over a database of its own, which ends with the `worlds`."""
    options.say(f"engine: making {profiles:,} profiles")
    return worlds.enter_context(asked(serve, options.directory / name, profiles))


def _ask(pipe: Connection, events: int, seed: int) -> Round:
    pipe.send((events, seed))
    answer: Round = pipe.recv()
    return answer


def _serve(pipe: Connection, data_dir: Path, profiles: int, segments: int = SEGMENTS) -> None:
    _begin(data_dir)
    engine, source_id = prepare(profiles, segments)
    _remember(SEEN)
    engine.context.seen.load()
    _time_writes(engine)
    _answer(pipe, lambda events, seed: _round(engine, source_id, events, profiles, seed))


def _serve_bare(pipe: Connection, data_dir: Path, profiles: int) -> None:
    _begin(data_dir)
    from quen.bench.bare import Bare

    bare = Bare(data_dir, profiles)
    _answer(pipe, lambda events, seed: Round(events, 0, *bare.round(events, seed), {}, {}))


def _begin(data_dir: Path) -> None:
    os.environ["QUEN_DATA_DIR"] = str(data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    data_dir.mkdir(parents=True)


def _answer(pipe: Connection, work: Callable[[int, int], Round]) -> None:
    work(WARM_UP, 1)
    pipe.send(True)
    while True:
        try:
            events, seed = pipe.recv()
        except EOFError:
            return
        pipe.send(work(events, seed))


def prepare(profiles: int, segments: int = SEGMENTS) -> tuple[Engine, int]:
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
    for name, rule in segment_rules(segments):
        create_segment(name, rule)
    engine = Engine(config(), open_journal(config()), event_store())
    engine.drain()  # with nobody there yet, the segments are live at once
    insert_profiles(profiles, event_store(), engine.context.program, now_ms())
    return engine, source.id


def _time_writes(engine: Any) -> None:
    """Time what the step `record` has written, by whom it is written."""
    context = engine.context
    for of, method, part in (
        (context.store, "insert_events", "beside: events inserted"),
        (context.store, "insert_profiles", "beside: profiles inserted"),
        (context.journal, "append", "record: own events to the journal"),
    ):
        setattr(of, method, _timed(getattr(of, method), context.parts, part))


def _timed(function: Callable[..., Any], parts: Any, part: str) -> Callable[..., Any]:
    def timed(*args: Any) -> Any:
        with parts(part):
            return function(*args)

    return timed


def _remember(count: int) -> None:
    """Message ids of a day gone by, as they are stored."""
    from quen.db import execute

    execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
        " INSERT INTO engine_seenmessage (key, verify, expires_at)"
        " SELECT random(), i, %s FROM n WHERE true ON CONFLICT (key) DO NOTHING",
        [count, 1 << 60],
    )


def _round(engine: Any, source_id: int, events: int, profiles: int, seed: int) -> Round:
    from quen.bench.workload import fill_journal
    from quen.engine.metrics import StepTotals
    from quen.ids import now_ms

    fill_journal(engine.context.journal, source_id, events, profiles, now_ms(), seed)
    engine.totals = StepTotals()
    engine.context.parts.seconds.clear()
    told = _changes()
    start, used = time.perf_counter(), time.process_time()
    engine.drain()
    seconds, used = time.perf_counter() - start, time.process_time() - used
    # Quen's own events (who entered which segment) are work of these events: they count in their cost only.
    steps = {name: total / events * 1e6 for name, total in engine.totals.seconds.items()}
    parts = {name: total / events * 1e6 for name, total in engine.context.parts.seconds.items()}
    return Round(events, _changes() - told, seconds, used, steps, parts)


def _changes() -> int:
    from quen.db import fetch

    count: int = fetch(
        "SELECT COALESCE(SUM(count), 0) FROM events_eventname WHERE name IN ('Segment Entered', 'Segment Exited')"
    )[0][0]
    return count
