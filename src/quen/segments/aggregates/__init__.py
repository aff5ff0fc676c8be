"""The aggregates over events, one file each. See base.py."""

from __future__ import annotations

from quen.segments.aggregates.base import Aggregate
from quen.segments.cases import Case
from quen.segments.discovery import discover

AGGREGATES: dict[str, Aggregate] = {
    aggregate.name: aggregate
    for aggregate in sorted(discover(__name__, "AGGREGATE", Aggregate), key=lambda a: a.order)  # type: ignore[type-abstract]
}
CASES: list[Case] = [case for cases in discover(__name__, "CASES", tuple) for case in cases]
