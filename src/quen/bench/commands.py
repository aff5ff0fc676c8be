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


def register(subparsers: Any) -> None:
    text = "Measure this machine: each benchmark prints a table with ratios and targets."
    parser: argparse.ArgumentParser = subparsers.add_parser("bench", help=text, description=text)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each measurement (default 4)")
    parser.add_argument(
        "--profiles", type=int, default=1_000_000, help="profiles of the large database (default 1000000)"
    )
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
            options = report.Options(Path(directory), arguments.seconds, arguments.profiles, _say)
            results.append(known[name].run(options))
    if arguments.json:
        print(report.document(results, about).decode())
    else:
        print(report.table(results, about))
    return 0


def benchmarks() -> dict[str, Any]:
    """Benchmark modules by name."""
    modules = {m.name: import_module(f"quen.bench.{m.name}") for m in iter_modules([str(Path(__file__).parent)])}
    return {name: module for name, module in modules.items() if hasattr(module, "run")}


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="" if text else "\n", file=sys.stderr, flush=True)
