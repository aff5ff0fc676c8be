"""One import at a time of the same file, with the state database of the unit tests."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from quen.config import config
from quen.connectors.models import Import, ImportMapping
from quen.connectors.service import create_source, find_or_create_source
from quen.connectors.sources.files import run as runs
from quen.connectors.sources.files import worker
from quen.connectors.sources.files.service import look, remember_mapping, start
from quen.errors import Conflict, InvalidInput
from quen.journal import open_journal

pytestmark = pytest.mark.django_db


def customers(folder: Path, count: int) -> Path:
    path = folder / "customers.csv"
    path.write_text("id,name\n" + "".join(f"k{n},Khách {n}\n" for n in range(count)))
    return path


def begin(path: Path, **options: object) -> Import:
    proposal = look(path, "customers", config())
    return start(path, proposal.mapping, proposal.format, **options)  # type: ignore[arg-type]


def go(row: Import, stop: threading.Event | None = None) -> Import:
    return runs.run(row, config(), lambda _: None, stop or threading.Event())


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    before = open_journal(config()).end()
    row = go(begin(customers(tmp_path, 10), dry_run=True))
    assert (row.status, row.accepted, row.messages, row.percent) == ("done", 10, 10, 100)
    assert open_journal(config()).end() == before
    assert go(begin(tmp_path / "customers.csv")).counts == {"customers": 10}


def test_stopped_and_gone_on_with(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    path = customers(tmp_path, 3_000)
    row = go(begin(path), stop)
    assert row.status == "interrupted"
    assert 0 < row.position < 3_000
    again = begin(path)
    assert again.pk == row.pk  # the same file and mapping: no new import
    done = go(again)
    assert (done.status, done.rows_read, done.accepted) == ("done", 3_000, 3_000)
    assert begin(path).pk != row.pk  # it is done: once more is a new one


def test_two_processes_do_not_run_one_import(tmp_path: Path) -> None:
    row = begin(customers(tmp_path, 10))
    with runs._only_one(worker.folder() / f"{row.pk}.lock"):
        assert worker.is_running(row.pk)
        with pytest.raises(Conflict, match="another process"):
            go(row)
    assert not worker.is_running(row.pk)


def test_a_file_that_is_gone_fails_with_its_path(tmp_path: Path) -> None:
    row = begin(customers(tmp_path, 10))
    (tmp_path / "customers.csv").unlink()
    failed = go(row)
    assert failed.status == "failed"
    assert "customers.csv" in failed.error


def test_a_mapping_is_remembered_by_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Cột X;Cột Y\n1;2\n")
    proposal = look(path, "customers", config())
    assert proposal.problem
    remember_mapping(proposal.format, type(proposal.mapping)("customers", {"Cột X": "customer_id"}))
    other = tmp_path / "b.csv"
    other.write_text("cot x,COT Y\n5,6\n")
    again = look(other, "customers", config())
    assert again.remembered
    assert ImportMapping.objects.count() == 1


def test_sources() -> None:
    first = find_or_create_source("Quầy", "file")
    assert find_or_create_source("Quầy", "file").pk == first.pk
    assert find_or_create_source("Quầy", "server").pk != first.pk
    for name, kind in (("", "server"), ("x" * 121, "server"), ("x", "cow")):
        with pytest.raises(InvalidInput):
            create_source(name, kind)
