"""Questions about a shop's people: as rules, and as somebody who knows ClickHouse and the tables asks them by hand.

By hand is only what this data needs: totals are whole numbers, nobody was merged, no event lies in the future, and of
two events at one instant it does not matter which was stored first.
"""

from __future__ import annotations

from typing import Any

import msgspec

from quen.bench.shop import DAY_MS, NOW

_BOUGHT = "Order Completed"


class Question(msgspec.Struct, frozen=True):
    """`by_hand`: the condition on a row of `profiles`."""

    name: str
    rule: dict[str, Any]
    by_hand: str


def standard() -> list[Question]:
    """The ten that shops ask first: the first ten of the builder's templates (`segments.recipes`)."""
    return [
        Question(
            "abandoned cart",
            _all({"event": "Product Added", "within": "3d"}, _not(_BOUGHT, "3d")),
            _people(
                f"event IN ('Product Added', '{_BOUGHT}') AND {_since(3)}",
                f"countIf(event = 'Product Added') > 0 AND countIf(event = '{_BOUGHT}') = 0",
            ),
        ),
        Question(
            "browsed, did not buy",
            _all({"event": "Product Viewed", "count": _at_least(3), "within": "7d"}, _not(_BOUGHT, "7d")),
            _people(
                f"event IN ('Product Viewed', '{_BOUGHT}') AND {_since(7)}",
                f"countIf(event = 'Product Viewed') >= 3 AND countIf(event = '{_BOUGHT}') = 0",
            ),
        ),
        Question(
            "opened, did not click",
            _all({"event": "Email Opened", "within": "14d"}, _not("Email Clicked", "14d")),
            _people(
                f"event IN ('Email Opened', 'Email Clicked') AND {_since(14)}",
                "countIf(event = 'Email Opened') > 0 AND countIf(event = 'Email Clicked') = 0",
            ),
        ),
        Question(
            "good customers",
            _all({"event": _BOUGHT, "count": _at_least(2), "within": "30d", "where": [_over("total", 500_000)]}),
            _people(f"event = '{_BOUGHT}' AND {_since(30)}", "count() >= 2", "properties.total.:Int64 > 500000"),
        ),
        Question(
            "lapsed VIP",
            _all({"event": _BOUGHT, "sum": _over("total", 1_000_000)}, _not(_BOUGHT, "60d")),
            _people(f"event = '{_BOUGHT}'", f"sum(properties.total.:Int64) > 1000000 AND max(time) <= {_instant(60)}"),
        ),
        Question(
            "birthday this week",
            _all({"trait": "birthday", "op": "anniversary", "within": "7d"}),
            "substring(traits.birthday.:String, 6, 5) BETWEEN '09-21' AND '09-28'",
        ),
        Question(
            "first purchase, no second",
            _all({"event": _BOUGHT, "count": {"op": "eq", "value": 1}}, _not(_BOUGHT, "30d")),
            _people(f"event = '{_BOUGHT}'", f"count() = 1 AND max(time) <= {_instant(30)}"),
        ),
        Question(
            "left the cart for a day",
            _all(_left("1d", "7d")),
            _left_by_hand(1, 7),
        ),
        Question(
            "new customers",
            _all({"event": _BOUGHT, "count": {"op": "eq", "value": 1}}, {"event": _BOUGHT, "within": "7d"}),
            _people(f"event = '{_BOUGHT}'", f"count() = 1 AND max(time) > {_instant(7)}"),
        ),
        Question(
            "soon came back",
            _all({"sequence": [{"event": _BOUGHT}, {"event": _BOUGHT}], "within": "30d", "in_last": "90d"}),
            _people(
                f"event = '{_BOUGHT}' AND {_since(120)}",
                f"arrayExists((one, next) -> next < one + INTERVAL 30 DAY AND next > {_instant(90)},"
                " arrayPopBack(arraySort(groupArray(time)) AS times), arrayPopFront(times))",
            ),
        ),
    ]


def others() -> list[Question]:
    """What the rest of the grammar costs."""
    return [
        Question(
            "in one of two cities, with points",
            _all(
                {"trait": "city", "op": "in", "value": ["Huế", "Cần Thơ"]},
                {"trait": "points", "op": "gte", "value": 400},
            ),
            "traits.city.:String IN ('Huế', 'Cần Thơ') AND traits.points.:Int64 >= 400",
        ),
        Question(
            "looked at three categories",
            {"event": "Product Viewed", "distinct": {"property": "category", **_at_least(3)}, "within": "90d"},
            _people(f"event = 'Product Viewed' AND {_since(90)}", "uniqExact(properties.category.:String) >= 3"),
        ),
        Question(
            "average order",
            {"event": _BOUGHT, "avg": _over("total", 2_000_000)},
            _people(f"event = '{_BOUGHT}'", "avg(properties.total.:Int64) > 2000000"),
        ),
        Question(
            "bought last with a coupon",
            {"event": _BOUGHT, "last": {"property": "coupon", "op": "eq", "value": True}},
            _people(f"event = '{_BOUGHT}'", "argMax(properties.coupon.:Bool, (time, id))"),
        ),
        Question(
            "never did a thing",
            {"not": {"any": [{"event": "Order Completed"}, {"event": "Signed In"}, {"event": "Email Opened"}]}},
            "NOT " + _people("event IN ('Order Completed', 'Signed In', 'Email Opened')"),
        ),
        Question(
            "left the checkout, can be told",
            _all(
                {"event": "Checkout Started", "within": "7d"},
                _not(_BOUGHT, "7d"),
                {"reachable": "email"},
                {"consent": "marketing"},
            ),
            "match(traits.email.:String, '^[^\\\\s@]+@[^\\\\s@]+\\\\.[^\\\\s@.]+$')"
            " AND traits.`quen:consent:marketing`.:Bool AND "
            + _people(
                f"event IN ('Checkout Started', '{_BOUGHT}') AND {_since(7)}",
                f"countIf(event = 'Checkout Started') > 0 AND countIf(event = '{_BOUGHT}') = 0",
            ),
        ),
        Question(
            "big baskets of one category in a quarter",
            _all(
                {
                    "event": _BOUGHT,
                    "sum": _over("total", 3_000_000),
                    "between": ["2026-04-01", "2026-06-30"],
                    "where": [{"property": "category", "op": "eq", "value": "trà"}],
                }
            ),
            _people(
                f"event = '{_BOUGHT}' AND time >= '2026-03-31 17:00:00' AND time < '2026-06-30 17:00:00'",
                "sum(properties.total.:Int64) > 3000000",
                "properties.category.:String = 'trà'",
            ),
        ),
        Question(
            "quiet people of one city",
            _all({"trait": "city", "op": "eq", "value": "Huế"}, _not("Page Viewed", "30d")),
            "traits.city.:String = 'Huế' AND NOT " + _people(f"event = 'Page Viewed' AND {_since(30)}"),
        ),
    ]


def _people(rows: str, having: str = "", where: str = "") -> str:
    chosen = f"SELECT profile_id FROM events PREWHERE {rows}" + (f" WHERE {where}" if where else "")
    return f"id IN ({chosen}{f' GROUP BY profile_id HAVING {having}' if having else ''})"


def _since(days: int) -> str:
    return f"time > {_instant(days)}"


def _instant(days: int) -> str:
    return f"fromUnixTimestamp64Milli({NOW - days * DAY_MS})"


def _left(wait: str, recent: str) -> dict[str, Any]:
    steps = [{"event": "Product Added"}, {"event": _BOUGHT, "not": True}]
    return {"sequence": steps, "within": wait, "in_last": recent}


def _left_by_hand(wait: int, recent: int) -> str:
    return _people(
        f"event IN ('Product Added', '{_BOUGHT}') AND {_since(wait + recent)}",
        f"arrayExists(added -> NOT arrayExists(bought -> bought >= added AND bought < added + INTERVAL {wait} DAY,"
        f" groupArrayIf(time, event = '{_BOUGHT}')),"
        f" groupArrayIf(time, event = 'Product Added' AND time <= {_instant(wait)}))",
    )


def _all(*items: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(items)}


def _not(event: str, within: str) -> dict[str, Any]:
    return {"event": event, "count": {"op": "eq", "value": 0}, "within": within}


def _at_least(count: int) -> dict[str, Any]:
    return {"op": "gte", "value": count}


def _over(property_: str, value: int) -> dict[str, Any]:
    return {"property": property_, "op": "gt", "value": value}
