from __future__ import annotations

import csv
from pathlib import Path

from quen.connectors.sources.files.rejects import Rejects


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_what_was_not_committed_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    first = Rejects(path, 0)
    first.add(2, "why", ["a", "b;c", 'd"e'])
    committed = first.flush()
    first.add(3, "never committed", ["x"])
    first.close()
    again = Rejects(path, committed)
    again.add(4, "after", ["y"])
    again.close()
    assert rows(path) == [["line", "reason", "row"], ["2", "why", 'a,b;c,"d""e"'], ["4", "after", "y"]]


def test_a_spreadsheet_does_not_calculate_it(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "r.csv", 0)
    rejects.add(2, "why", ["=HYPERLINK(1)"])
    rejects.add(3, "why", "+84")
    rejects.add(4, "why", ["\ud83d bad"])
    rejects.close()
    assert [row[2] for row in rows(tmp_path / "r.csv")[1:]] == ["'=HYPERLINK(1)", "'+84", "\\ud83d bad"]
