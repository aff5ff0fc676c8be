"""Rows into CSV and Parquet: what goes in comes out, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quen.exports import writing

_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_rows = st.lists(
    st.fixed_dictionaries({"id": st.text("0123456789", min_size=1), "traits": st.dictionaries(st.text(), _scalars)})
)


def as_csv(rows: list[dict[str, Any]]) -> list[list[str]]:
    aside = writing.Aside()
    aside.take(rows)
    text = b"".join(writing.csv_lines(aside)).decode()
    aside.close()
    assert text.startswith(writing.BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(writing.BOM), newline="")))


@given(_rows)
def test_no_cell_is_a_formula_and_each_row_is_one(rows: list[dict[str, Any]]) -> None:
    found = as_csv(rows)
    assert len(found) == max(1, len(rows) + 1)
    for line in found:
        for cell in line:
            assert not cell.startswith(("=", "@", "\t", "\r"))
            if cell.startswith(("+", "-")):
                assert float(cell[1:].replace("+", "").replace("-", "").replace("e", "")) >= 0


def test_people_have_a_column_for_each_type_of_identifier_and_trait() -> None:
    rows = [
        {
            "id": "1",
            "identifiers": [{"type": "email", "value": "lan@example.com"}, {"type": "phone", "value": "+84912345678"}],
            "traits": {"city": "Huế", "tags": ["a", "b"]},
            "computed": {"orders": 3},
        },
        {
            "id": "2",
            "identifiers": [{"type": "email", "value": "a@example.com"}, {"type": "email", "value": "b@example.com"}],
            "traits": {"city": '=HYPERLINK("http://evil")', "vip": True},
            "computed": {},
        },
    ]
    head, first, second = as_csv(rows)
    assert head == ["id", "email", "phone", "traits.city", "traits.tags", "computed.orders", "traits.vip"]
    assert first == ["1", "lan@example.com", "+84912345678", "Huế", '["a","b"]', "3", ""]
    assert second == ["2", "a@example.com b@example.com", "", '\'=HYPERLINK("http://evil")', "", "", "true"]


def test_parquet_has_the_types_that_fit_all_values(tmp_path: Path) -> None:
    """In a process of its own: in this one an event store may be open."""
    rows = [
        {"id": "1", "traits": {"age": 31, "spent": 10, "vip": True, "mixed": "x", "odd`'\\ name": "Đà Nẵng"}},
        {"id": "2", "traits": {"age": 20, "spent": 10.5, "vip": False, "mixed": 7, "none": None}},
    ]
    program = (
        "import json, sys\nfrom pathlib import Path\nfrom quen.exports import writing\n"
        "aside = writing.Aside()\naside.take(json.loads(sys.argv[1]))\ntarget = Path(sys.argv[2])\n"
        "writing.parquet(aside, target)\nimport chdb\n"
        "file = f\"file('{target}', 'Parquet')\"\n"
        "print(chdb.query(f'SELECT * FROM {file} ORDER BY id', 'JSONEachRow'))\n"
        "print(chdb.query(f'DESCRIBE {file}', 'JSONEachRow'))\n"
    )
    target = tmp_path / "here.parquet"
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(rows), str(target)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert lines[0]["traits.odd`'\\ name"] == "Đà Nẵng"
    assert [(line["traits.age"], line["traits.spent"], line["traits.mixed"]) for line in lines[:2]] == [
        (31, 10.0, "x"),
        (20, 10.5, "7"),
    ]
    types = {line["name"]: line["type"] for line in lines[2:]}
    assert types["traits.age"] == "Nullable(Int64)" and types["traits.spent"] == "Nullable(Float64)"
    assert types["traits.vip"] == "Nullable(Bool)"
