"""Carrying out the orders that take people apart: cut, split, move. Between two batches, each alone."""

from __future__ import annotations

from quen.engine.context import Context


def carry_out(order_id: int, context: Context, now: int) -> None:
    raise NotImplementedError
