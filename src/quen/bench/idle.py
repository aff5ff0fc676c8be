"""A running Quen with nothing to do: how long it takes to start, what it uses."""

from __future__ import annotations

import os
import time
from pathlib import Path

from quen.bench.report import Measure, Options, Result, at_most
from quen.bench.running import running, usage

SETTLE_S = 10.0
MEASURE_S = 30.0


def run(options: Options) -> Result:
    options.say("idle: starting")
    started = time.perf_counter()
    with running(options.directory / "data", _prepare) as quen:
        healthy = time.perf_counter() - started
        options.say("idle: settling")
        time.sleep(SETTLE_S)
        before, clock = usage(quen.process.pid), time.perf_counter()
        options.say(f"idle: measuring for {MEASURE_S:g} s")
        time.sleep(MEASURE_S)
        after, seconds = usage(quen.process.pid), time.perf_counter() - clock
    options.say("")
    return Result(
        "idle",
        [
            Measure("from nothing to healthy, schema included", healthy, "s"),
            at_most("processor", (after.cpu_seconds - before.cpu_seconds) / seconds * 100, "% of a core", 2),
            at_most("resident memory, all processes", after.resident_mb, "MB", 900),
            Measure("processes", after.processes, ""),
        ],
        [
            (
                f"supervisor, edge and app (console, engine, outbox, chDB); measured for {MEASURE_S:g} s, {SETTLE_S:g}"
                " s after it was healthy; memory is the sum of the processes' resident sets, shared pages counted in"
                " each"
            )
        ],
    )


def _prepare(data_dir: str) -> None:
    os.environ["QUEN_DATA_DIR"] = data_dir
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    Path(data_dir).mkdir(parents=True)
    from quen.server import migrate

    migrate()
