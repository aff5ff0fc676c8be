from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.connectors.sources.files.grouping import Spool


def test_scattered_rows_come_together_in_the_order_of_their_first(tmp_path: Path) -> None:
    spool = Spool.fresh(tmp_path / "rows")
    spool.add([("b", 2, b"1"), ("a", 3, b"2"), ("b", 4, b"3")])
    spool.add([("c", 5, b"4"), ("a", 6, b"5")])
    assert not spool.complete
    spool.group()
    assert spool.complete
    assert list(spool.groups(0, 10)) == [
        (1, "b", [2, 4], [b"1", b"3"]),
        (2, "a", [3, 6], [b"2", b"5"]),
        (3, "c", [5], [b"4"]),
    ]
    assert [group[1] for group in spool.groups(1, 10)] == ["a", "c"]
    assert next(iter(spool.groups(0, 1)))[3] is None  # too many rows for one order: not even loaded
    spool.close()
    again = Spool(tmp_path / "rows")
    assert again.complete
    again.remove()
    assert not (tmp_path / "rows").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.sampled_from("abcdef"), max_size=60))
def test_every_row_is_in_exactly_one_group(tmp_path: Path, keys: list[str]) -> None:
    spool = Spool.fresh(tmp_path / "rows")
    spool.add([(key, line, b"") for line, key in enumerate(keys)])
    spool.group()
    groups = {key: lines for _, key, lines, _ in spool.groups(0, 100)}
    assert groups == {key: [line for line, other in enumerate(keys) if other == key] for key in keys}
    spool.remove()
