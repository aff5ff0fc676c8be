"""What a benchmark is given and gives back, and how it is shown."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

SHOWN_VERSIONS = ("quen", "granian", "msgspec", "django", "chdb")


class Options(msgspec.Struct, frozen=True):
    """`directory` is empty and goes afterwards; `say` shows progress to a person, and nothing in a pipe."""

    directory: Path
    seconds: float  # of each measurement
    profiles: int  # of benchmarks that fill a database first
    events: int  # of its history, where it has one
    rate: int  # events/s of benchmarks that keep one
    segments: int  # that are live meanwhile
    say: Callable[[str], None]


class Measure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure. `target` says what it should be, `ok` whether it is."""

    name: str
    value: float
    unit: str
    target: str = ""
    ok: bool | None = None


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    benchmark: str
    measures: list[Measure]
    notes: list[str] = []  # how it was measured, what to keep in mind


def at_least(name: str, value: float, unit: str, bound: float) -> Measure:
    return Measure(name, value, unit, f"≥ {bound:g}", value >= bound)


def at_most(name: str, value: float, unit: str, bound: float) -> Measure:
    return Measure(name, value, unit, f"≤ {bound:g}", value <= bound)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in SHOWN_VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def document(results: Sequence[Result], about: dict[str, Any]) -> bytes:
    """The same as JSON."""
    content = {"machine": about, "versions": versions(), "results": msgspec.to_builtins(results)}
    return msgspec.json.format(msgspec.json.encode(content), indent=2)


def table(results: Sequence[Result], about: dict[str, Any]) -> str:
    lines = [" · ".join(f"{k} {v}" for k, v in about.items()), " · ".join(f"{k} {v}" for k, v in versions().items())]
    for result in results:
        rows = [("", "value", "unit", "target", "")]
        rows += [(m.name, _number(m.value), m.unit, m.target, _verdict(m.ok)) for m in result.measures]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines += ["", result.benchmark, "─" * (sum(widths) + 8)]
        for name, value, unit, target, verdict in rows:
            line = f"{name:<{widths[0]}}  {value:>{widths[1]}}  {unit:<{widths[2]}}  {target:<{widths[3]}}  {verdict}"
            lines.append(line.rstrip())
        lines += [f"  {note}" for note in result.notes]
    return "\n".join(lines)


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def _verdict(ok: bool | None) -> str:
    return "" if ok is None else "✓" if ok else "✗"


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
