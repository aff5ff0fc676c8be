"""The operators on values, one file each. See base.py."""

from __future__ import annotations

from quen.segments.discovery import discover
from quen.segments.operators.base import Operator

OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in sorted(discover(__name__, "OPERATOR", Operator), key=lambda o: o.order)  # type: ignore[type-abstract]
}
