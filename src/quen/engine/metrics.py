"""The engine's figures for Prometheus, and the totals by step that survive a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from quen.db import execute_many

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
STEP_SECONDS = Histogram("quen_step_seconds", "Time of an engine step for one batch", ["step"], buckets=_BUCKETS)
STEP_MESSAGES = Counter("quen_step_messages", "Messages that passed an engine step", ["step"])
BATCH_SECONDS = Histogram("quen_batch_seconds", "Time of one batch, all steps", buckets=_BUCKETS)
DROPS = Counter("quen_dropped_messages", "Messages not stored, by reason", ["reason"])
LAG = Gauge("quen_journal_lag_entries", "Journal entries that the engine has not taken yet")
FLIPS_DUE = Gauge("quen_flips_overdue_seconds", "How late the longest overdue segment flip is")
FAILURES = Counter("quen_batch_failures", "Batches that failed and were tried again", ["step"])
FOLDED = Counter("quen_folded_rows", "Event rows of merged people that were written under today's profile id")

WRITE_EVERY_S = 5.0


class Parts:
    """Time by part of the steps that do several things; for benchmarks. Parts may run beside each other."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        before = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - before)

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


class StepTotals:
    """Collects totals by step and writes them every few seconds; a crash loses seconds of statistics, no data."""

    def __init__(self) -> None:
        self._totals: dict[str, list[float]] = {}
        self.seconds: dict[str, float] = {}  # since the start, whatever has been written
        self._written = time.monotonic()

    def add(self, step: str, messages: int, seconds: float) -> None:
        STEP_SECONDS.labels(step).observe(seconds)
        STEP_MESSAGES.labels(step).inc(messages)
        total = self._totals.setdefault(step, [0, 0, 0.0])
        total[0] += 1
        total[1] += messages
        total[2] += seconds
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds

    def write_if_due(self) -> None:
        if not self._totals or time.monotonic() - self._written < WRITE_EVERY_S:
            return
        execute_many(
            "INSERT INTO engine_stepmetric (step, batches, messages, seconds) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (step) DO UPDATE SET batches = engine_stepmetric.batches + excluded.batches,"
            " messages = engine_stepmetric.messages + excluded.messages,"
            " seconds = engine_stepmetric.seconds + excluded.seconds",
            [(step, *total) for step, total in self._totals.items()],
        )
        self._totals = {}
        self._written = time.monotonic()
