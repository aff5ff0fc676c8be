"""Public data that stands beside the repository, not in it: tests that read it are skipped where it is not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
from functools import lru_cache
from pathlib import Path

import pytest

from quen.cleaning import fold
from quen.cleaning.wards import Wards, read_wards

FOLDER = Path(os.environ.get("QUEN_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data") / "vn"


def shared_file(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not here: name the folder above its folder vn in QUEN_SHARED_DATA")
    return path


@lru_cache(maxsize=1)
def all_wards() -> Wards:
    """The whole table, put together from the wards of today, those of before, and who went where."""
    return read_wards(wards_csv())


def wards_csv() -> str:
    today = json.loads(gzip.decompress(shared_file("provinces34_wards3321_2026-07-25.json.gz").read_bytes()))
    before = _rows(gzip.decompress(shared_file("legacy63_units.csv.gz").read_bytes()).decode())
    moved = json.loads(gzip.decompress(shared_file("converter_2025.json.gz").read_bytes()))
    old = {"_".join(_key(row[unit]) for unit in ("province", "district", "ward")): row for row in before}
    out = io.StringIO()
    out.write("# version: 2026-07-25\n")
    table = csv.writer(out)
    names = "code name province_code old_code old_name old_district_code old_district old_province_code"
    table.writerow(names.split())
    provinces = {re.sub("^(tinh|thanhpho)", "", _key(province["FullName"])): province for province in today}
    for key in moved["DICT_PROVINCE"]:
        province = provinces[re.sub("^(tinh|thanhpho)", "", key)]
        parts = {ward: list(olds) for ward, olds in moved["DICT_PROVINCE_WARD_NO_DIVIDED"][key].items()}
        for old_key, wards in moved["DICT_PROVINCE_WARD_DIVIDED"].get(key, {}).items():
            for ward in wards:
                parts.setdefault(ward["newWardKey"], []).append(old_key)
        for ward in province["Wards"]:
            rows = [old[part] for part in parts.get(_key(ward["FullName"]), ()) if part in old]
            for row in [row for row in rows if row["wardCode"]] or [dict.fromkeys(before[0], "")]:
                columns = ("wardCode", "ward", "districtCode", "district", "provinceCode")
                of_before = (row[column] for column in columns)
                table.writerow([ward["Code"], ward["FullName"], province["Code"], *of_before])
    return out.getvalue()


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _key(name: str) -> str:
    return re.sub("[^a-z0-9]", "", re.sub(r"\b0+(?=\d)", "", fold(name)))
