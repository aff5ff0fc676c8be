"""`quen duplicates FILE` as people and scripts call it."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quen.demo.people import make_people
from tests.unit.duplicates import making

SHARED = Path(os.environ.get("QUEN_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
FAKE = SHARED / "fake_1000" / "fake_1000.csv"


def quen(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("quen")
    done = subprocess.run([str(program), "duplicates", *arguments], capture_output=True, text=True, timeout=300)
    assert not check or done.returncode == 0, done.stderr
    return done


def figures(path: Path, truth: str) -> dict[str, Any]:
    return dict(json.loads(quen(str(path), "--truth", truth, "--json").stdout))


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    return path


@pytest.mark.skipif(not FAKE.exists(), reason="fake_1000.csv is not here: name its folder's folder in QUEN_SHARED_DATA")
def test_fake_1000() -> None:
    told = figures(FAKE, "cluster")
    assert told["records"] == 1000 and told["names"] == "western"
    assert told["clusters"]["f1"] >= 0.93 and told["b_cubed"]["f1"] >= 0.93
    assert told["largest_group"] <= 12


def test_the_sample_shops_records_agree_with_its_truth(tmp_path: Path) -> None:
    told = figures(written(tmp_path / "shop.csv", shop_records(2_000)), "person")
    assert told["names"] == "vi"
    assert told["clusters"]["f1"] >= 0.97 and told["exact"]["f1"] >= 0.97


def shop_records(people: int) -> list[dict[str, str]]:
    """What each system of the sample shop holds of a person: accounts, the till's row, what Zalo was told."""
    rows = []
    for person in make_people(20260101, people):
        for account in person.accounts:
            rows.append(
                {
                    "person": str(person.number), "name": account.name, "email": account.email, "phone": account.phone,
                    "city": person.town, "birthday": person.birthday, "address": person.address,
                }
            )  # fmt: skip
        if person.pos_phone:
            rows.append({"person": str(person.number), "name": person.pos_name, "phone": person.pos_phone})
        if person.zalo_id and person.zalo_gives_phone:
            zalo = {"name": person.name.split()[-1], "phone": f"84{person.phone[1:]}"}
            rows.append({"person": str(person.number), **zalo})
    random.Random(1).shuffle(rows)
    columns = ("person", "name", "email", "phone", "city", "birthday", "address")
    return [{column: row.get(column, "") for column in columns} for row in rows]


def test_what_it_prints_and_writes(tmp_path: Path) -> None:
    rows = making.vietnamese(41, 40)
    path, out = written(tmp_path / "khách.csv", rows), tmp_path / "out.csv"
    done = quen(str(path), "--output", str(out))
    assert "vi names" in done.stdout and "groups" in done.stdout and "precision" not in done.stdout
    assert done.stderr == ""  # progress is for terminals
    with out.open(encoding="utf-8", newline="") as file:
        clustered = list(csv.DictReader(file))
    assert [row["person"] for row in clustered] == [row["person"] for row in rows]
    assert all(1 <= int(row["cluster"]) <= at for at, row in enumerate(clustered, 1))
    assert "precision" in quen(str(path), "--truth", "person").stdout


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    rows = making.western(42, 30)
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    told = figures(path, "person")
    assert told["records"] == len(rows) and set(told) >= {"pairs", "clusters", "exact", "b_cubed", "columns"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "name the file"),
        (("nowhere.csv",), "no such file"),
        (("{path}", "--truth", "who"), "there is no column 'who'; the file has person"),
        (("{path}", "--threshold", "2"), "between 0 and 1"),
        (("{path}", "--output", "{path}/x.csv"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    path = written(tmp_path / "few.csv", making.western(43, 3))
    done = quen(*(each.format(path=path) for each in arguments), check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert problem in done.stderr and "Traceback" not in done.stderr


def test_a_truth_with_gaps_and_a_file_about_nobody(tmp_path: Path) -> None:
    gaps = written(tmp_path / "gaps.csv", [{"who": "1", "name": "An"}, {"who": "", "name": "Ba"}])
    assert "1 rows have nothing in 'who'" in quen(str(gaps), "--truth", "who", check=False).stderr
    prices = written(tmp_path / "prices.csv", [{"sku": "a", "price": "1"}])
    assert "no column says anything about people" in quen(str(prices), check=False).stderr
