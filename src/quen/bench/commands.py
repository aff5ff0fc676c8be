"""`quen bench [NAME…] [--json]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from quen.bench import report
from quen.errors import InvalidInput

SECONDS = 4.0
SIZES = {
    "profiles": (1_000_000, "profiles of the large database"),
    "events": (30_000_000, "events of its history"),
    "rate": (2_000, "events a second that are kept up"),
    "segments": (100, "segments that are live meanwhile"),
}
QUICK: dict[str, Any] = {"seconds": 0.3, "profiles": 10_000, "events": 100_000, "rate": 100, "segments": 10}


def register(subparsers: Any) -> None:
    text = "Measure this machine: each benchmark prints a table with ratios and targets."
    parser: argparse.ArgumentParser = subparsers.add_parser("bench", help=text, description=text)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    parser.add_argument("--seconds", type=float, help=f"length of each measurement (default {SECONDS:g})")
    for name, (usual, text) in SIZES.items():
        parser.add_argument(f"--{name}", type=int, help=f"{text} (default {usual})")
    parser.add_argument("--quick", action="store_true", help="small data and short measurements: to see that it works")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and what each measures")
    parser.set_defaults(run=run_bench)


def run_bench(arguments: argparse.Namespace) -> int:
    """Benchmarks work in a temporary directory; no data directory of anybody is touched."""
    known = benchmarks()
    if arguments.list:
        for name, module in known.items():
            print(f"{name:<10} {(module.__doc__ or '').strip().splitlines()[0]}")
        return 0
    if unknown := [name for name in arguments.names if name not in known]:
        raise InvalidInput(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(known)}")
    about = report.machine()
    results = []
    for name in arguments.names or known:
        with tempfile.TemporaryDirectory(prefix=f"quen-bench-{name}-") as directory:
            results.append(known[name].run(_options(Path(directory), arguments)))
    if arguments.json:
        print(report.document(results, about).decode())
    else:
        print(report.table(results, about))
    return 0


def _options(directory: Path, arguments: argparse.Namespace) -> report.Options:
    """As given; else as usual, or small."""
    usual: dict[str, Any] = (
        QUICK if arguments.quick else {"seconds": SECONDS, **{name: value for name, (value, _) in SIZES.items()}}
    )
    given = {name: value for name in usual if (value := getattr(arguments, name)) is not None}
    return report.Options(directory=directory, say=_say, **{**usual, **given})


def benchmarks() -> dict[str, Any]:
    """Benchmark modules by name."""
    modules = {m.name: import_module(f"quen.bench.{m.name}") for m in iter_modules([str(Path(__file__).parent)])}
    return {name: module for name, module in modules.items() if hasattr(module, "run")}


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="" if text else "\n", file=sys.stderr, flush=True)
