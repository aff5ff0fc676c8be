"""`quen duplicates FILE`: matching tried on a file. `--run ID` is how the app does a run over the profiles."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quen.errors import ConfigError, InvalidInput

MOST_ROWS = 1_000_000
STEPS = {
    "read": "reading",
    "table": "cleaning",
    "candidates": "looking for candidates",
    "learn": "learning how careless the data is",
    "compare": "comparing",
    "group": "grouping",
}


def register(subparsers: Any) -> None:
    text = "Try on a file (CSV or JSON lines, gzip too) who is there twice. Nothing is stored."
    parser = subparsers.add_parser("duplicates", help=text, description=text)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument(
        "--truth", metavar="COLUMN", default="", help="column that says who each row is: print precision, recall, F1"
    )
    parser.add_argument(
        "--names", choices=["auto", "vi", "western"], default="auto", help="what names are like (default: as they look)"
    )
    parser.add_argument(
        "--threshold", type=float, default=0.5, metavar="P", help="probability from which two are one (default 0.5)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="OUT",
        help="write the rows as CSV with a column `cluster` (`cluster_found` if there is one)",
    )
    parser.add_argument("--run", dest="run_id", type=int, metavar="ID", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", metavar="DIR", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    need_engine()
    if arguments.run_id:
        from quen.server_commands import _open_state

        _open_state()
        from quen.duplicates import job

        return 0 if job.run(arguments.run_id) else 1
    if arguments.file is None:
        raise InvalidInput("name the file: quen duplicates FILE")
    if not 0 < arguments.threshold < 1:
        raise InvalidInput("--threshold: a probability between 0 and 1")
    from quen.duplicates import trial

    started = time.monotonic()
    header, rows = read(arguments.file)
    progress = _Progress(show=sys.stderr.isatty() and not arguments.json)
    result = trial.run(
        header,
        rows,
        truth=arguments.truth,
        names=arguments.names,
        threshold=arguments.threshold,
        today=datetime.now(UTC).date(),
        progress=progress,
    )
    progress.end()
    if arguments.output:
        write(arguments.output, header, rows, result.groups)
    document = summary(arguments.file, len(rows), result, time.monotonic() - started)
    print(json.dumps(document, ensure_ascii=False) if arguments.json else told(document))
    return 0


def need_engine() -> None:
    """Raises ConfigError where what matching is made of is not installed."""
    try:
        import duckdb  # noqa: F401
        import splink  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"finding duplicates needs more packages ({error.name} is missing): pip install 'quen[duplicates]'"
        ) from None


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    """(header, rows) of a file; rows that cannot be read are left out. Raises InvalidInput."""
    from quen.connectors.sources.files.reading import Rows, sniff

    if not path.is_file():
        raise InvalidInput(f"{path}: there is no such file")
    file_format = sniff(path)
    header, found = list(file_format.columns), []
    with Rows(path, file_format) as rows:
        for row in rows:
            if row.problem:
                continue
            if isinstance(row.values, list):
                found.append(row.values)
            else:
                values = row.values
                found.append(["" if (value := values[name]) is None else str(value) for name in header])
            if len(found) > MOST_ROWS:
                raise InvalidInput(f"{path.name} has more than {MOST_ROWS:,} rows; try a part of it")
    return header, found


def write(path: Path, header: list[str], rows: list[list[str]], groups: list[int]) -> None:
    """The rows with the number of their group (of the first row of it, from 1) behind them."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow([*header, "cluster" if "cluster" not in header else "cluster_found"])
            out.writerows([*row, group + 1] for row, group in zip(rows, groups, strict=True))
    except OSError as error:
        raise InvalidInput(f"--output: {path} cannot be written: {error.strerror}") from None


def summary(path: Path, records: int, result: Any, seconds: float) -> dict[str, Any]:
    document = {
        "file": path.name,
        "records": records,
        "names": result.names,
        "columns": result.columns,
        "pairs_compared": result.compared,
        "groups": len(result.clusters),
        "records_in_groups": sum(map(len, result.clusters)),
        "largest_group": max(map(len, result.clusters), default=1),
        "seconds": round(seconds, 1),
    }
    if result.figures is not None:
        for name in ("pairs", "clusters", "exact", "b_cubed"):
            score = getattr(result.figures, name)
            document[name] = {
                "precision": round(score.precision, 4),
                "recall": round(score.recall, 4),
                "f1": round(score.f1, 4),
            }
    return document


def told(document: dict[str, Any]) -> str:
    columns = "; ".join(f"{role}: {', '.join(names)}" for role, names in document["columns"].items())
    lines = [
        f"{document['file']}: {document['records']:,} records, {document['names']} names ({columns})",
        f"  {document['pairs_compared']:,} pairs compared in {document['seconds']} s",
        "  {records_in_groups:,} records in {groups:,} groups, the largest of {largest_group:,}".format(**document),
    ]
    if "pairs" in document:
        lines.append(f"  {'':22}{'precision':>10}{'recall':>10}{'F1':>10}")
        words = {
            "pairs": "likely pairs",
            "clusters": "pairs in one cluster",
            "exact": "clusters, exactly",
            "b_cubed": "clusters, B-cubed",
        }
        for name, word in words.items():
            score = document[name]
            lines.append(f"  {word:22}{score['precision']:10.3f}{score['recall']:10.3f}{score['f1']:10.3f}")
    return "\n".join(lines)


class _Progress:
    """One line that moves, on a terminal only."""

    def __init__(self, *, show: bool) -> None:
        self._show = show

    def __call__(self, step: str, done: float) -> None:
        if self._show:
            print(f"\r\x1b[K{done:4.0%}  {STEPS.get(step, step)}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._show:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
