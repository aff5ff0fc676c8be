"""The orders that the engine takes: which, in what form, and what came of them. Only the engine calls this."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from quen.db import execute, execute_many, fetch
from quen.identity.keys import Key, match_value, split_key
from quen.identity.models import Order
from quen.identity.resolution import Join
from quen.identity.types import Rules

IN_A_BATCH = ("join", "attach")  # other orders are carried out alone, between two batches
MOST_IN_A_BATCH = 200
CLAIM = "claim:"

_encode = msgspec.json.Encoder().encode


def next_orders() -> list[tuple[int, str]]:
    """The next orders as (id, op), the oldest first: some that go together in a batch, or one that goes alone."""
    rows = fetch(
        # What was begun comes first: its plan holds until it is done.
        "SELECT id, op FROM identity_order WHERE status IN ('waiting', 'working')"
        " ORDER BY CASE status WHEN 'working' THEN 0 ELSE 1 END, id LIMIT %s",
        [MOST_IN_A_BATCH],
    )
    together: list[tuple[int, str]] = []
    for id_, op in rows:
        if op not in IN_A_BATCH:
            return together or [(id_, op)]
        together.append((id_, op))
    return together


def joins(order_ids: Collection[int], rules: Rules, phone_region: str) -> list[Join]:
    """The pairs of join and attach orders, in order."""
    if not order_ids:
        return []
    found: list[Join] = []
    for order in Order.objects.filter(id__in=list(order_ids)).order_by("id"):
        if order.op == "attach":
            left, right = order.arguments["left"], order.arguments["right"]
            new = _new_key(right, rules, phone_region)
            found.append(Join(order.id, left, right, order.by, order.note, new))
        else:
            two_accounts = bool(order.arguments.get("two_accounts"))
            found += [
                Join(order.id, left, right, order.by, order.note, two_accounts=two_accounts)
                for left, right in order.arguments["pairs"]
            ]
    return found


def _new_key(text: str, rules: Rules, phone_region: str) -> Key | None:
    """An identifier that a person adds, if it could come with a message."""
    type_, scope, value = split_key(text)
    if match_value(type_, value, rules=rules, phone_region=phone_region) != value:
        return None
    return Key(rules.type_of(type_).priority, text, type_, scope, value)


def finish(problems: Mapping[int, str], profiles: Mapping[int, list[int]], now: int) -> None:
    """Write what came of orders, in the transaction that carries them out. `problems`: order → rule, "" when done."""
    execute_many(
        "UPDATE identity_order SET status = %s, problem = %s, result = %s, done_at = %s WHERE id = %s",
        [
            ("refused" if problem else "done", problem, _result(profiles.get(id_, [])), now, id_)
            for id_, problem in problems.items()
        ],
    )
    done = [id_ for id_, problem in problems.items() if not problem]
    origins = Order.objects.filter(id__in=done, origin__startswith=CLAIM).values_list("origin", "by")
    for origin, by in origins:
        execute(
            "UPDATE identity_claim SET status = 'accepted', decided_at = %s, decided_by = %s WHERE id = %s",
            [now, by, int(origin.removeprefix(CLAIM))],
        )


def _result(profile_ids: list[int]) -> str:
    result: dict[str, Any] = {"profiles": [str(p) for p in profile_ids]}
    return _encode(result).decode()


def keep_plan(order_id: int, plan: Mapping[str, Any]) -> None:
    """Write down how far an order is, which makes it one in work."""
    execute("UPDATE identity_order SET status = 'working', plan = %s WHERE id = %s", [_encode(plan).decode(), order_id])


def close(order_id: int, problem: str, profiles: Collection[int], edges: Collection[int], now: int) -> None:
    """Write what came of an order that is carried out alone. `edges`: the entries it wrote, or that are in the way."""
    result = {"profiles": [str(p) for p in profiles], "edges": [str(e) for e in edges]}
    execute(
        "UPDATE identity_order SET status = %s, problem = %s, result = %s, done_at = %s WHERE id = %s",
        ["refused" if problem else "done", problem, _encode(result).decode(), now, order_id],
    )
