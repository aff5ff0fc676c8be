"""Questions that shops ask first: starting points for the builder. Names of events are those of e-commerce SDKs."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext as _


class Recipe(msgspec.Struct, frozen=True):
    key: str
    icon: str
    name: str
    text: str
    rule: dict[str, Any]


def recipes() -> list[Recipe]:
    """In the active language."""
    bought = "Order Completed"
    return [
        Recipe(
            "abandoned-cart",
            "shopping-cart-off",
            _("Abandoned cart"),
            _("Added to the cart within 3 days and did not buy since."),
            {
                "all": [
                    {"event": "Product Added", "within": "3d"},
                    {"event": bought, "count": {"op": "eq", "value": 0}, "within": "3d"},
                ]
            },
        ),
        Recipe(
            "browsed",
            "eye",
            _("Browsed, did not buy"),
            _("Looked at products at least 3 times within 7 days and bought nothing."),
            {
                "all": [
                    {"event": "Product Viewed", "count": {"op": "gte", "value": 3}, "within": "7d"},
                    {"event": bought, "count": {"op": "eq", "value": 0}, "within": "7d"},
                ]
            },
        ),
        Recipe(
            "opened",
            "mail-opened",
            _("Opened, did not click"),
            _("Opened an e-mail within 14 days and clicked in none."),
            {
                "all": [
                    {"event": "Email Opened", "within": "14d"},
                    {"event": "Email Clicked", "count": {"op": "eq", "value": 0}, "within": "14d"},
                ]
            },
        ),
        Recipe(
            "good-customers",
            "heart",
            _("Good customers"),
            _("Bought at least twice in 30 days, each time for over 500,000."),
            {
                "all": [
                    {
                        "event": bought,
                        "count": {"op": "gte", "value": 2},
                        "within": "30d",
                        "where": [{"property": "total", "op": "gt", "value": 500_000}],
                    }
                ]
            },
        ),
        Recipe(
            "lapsed",
            "zzz",
            _("Lapsed VIP"),
            _("Spent over 1,000,000 in all, but bought nothing for 60 days."),
            {
                "all": [
                    {"event": bought, "sum": {"property": "total", "op": "gt", "value": 1_000_000}},
                    {"event": bought, "count": {"op": "eq", "value": 0}, "within": "60d"},
                ]
            },
        ),
        Recipe(
            "birthday",
            "cake",
            _("Birthday this week"),
            _("Their birthday is today or within 7 days."),
            {"all": [{"trait": "birthday", "op": "anniversary", "within": "7d"}]},
        ),
        Recipe(
            "one-purchase",
            "repeat-once",
            _("First purchase, no second"),
            _("Bought exactly once, more than 30 days ago."),
            {
                "all": [
                    {"event": bought, "count": {"op": "eq", "value": 1}},
                    {"event": bought, "count": {"op": "eq", "value": 0}, "within": "30d"},
                ]
            },
        ),
        Recipe(
            "cart-left",
            "hourglass",
            _("Left the cart for a day"),
            _("In the last week added to the cart and then did not buy for a whole day."),
            {
                "all": [
                    {
                        "sequence": [{"event": "Product Added"}, {"event": bought, "not": True}],
                        "within": "1d",
                        "in_last": "7d",
                    }
                ]
            },
        ),
        Recipe(
            "new-customers",
            "sparkles",
            _("New customers"),
            _("Bought for the first time within 7 days, and only once."),
            {"all": [{"event": bought, "count": {"op": "eq", "value": 1}}, {"event": bought, "within": "7d"}]},
        ),
        Recipe(
            "came-back",
            "repeat",
            _("Soon came back"),
            _("Bought twice within 30 days of each other, the second time in the last 90 days."),
            {"all": [{"sequence": [{"event": bought}, {"event": bought}], "within": "30d", "in_last": "90d"}]},
        ),
        Recipe(
            "slipping",
            "trending-down",
            _("Slipping away"),
            _("Bought at least 3 times within 180 days, but not in the last 45."),
            {
                "all": [
                    {"event": bought, "count": {"op": "gte", "value": 3}, "within": "180d"},
                    {"event": bought, "count": {"op": "eq", "value": 0}, "within": "45d"},
                ]
            },
        ),
        Recipe(
            "large-orders",
            "basket-dollar",
            _("Large orders"),
            _("Spends over 1,000,000 an order on average, at least 2 orders within a year."),
            {
                "all": [
                    {"event": bought, "count": {"op": "gte", "value": 2}, "within": "365d"},
                    {"event": bought, "avg": {"property": "total", "op": "gt", "value": 1_000_000}, "within": "365d"},
                ]
            },
        ),
        Recipe(
            "to-win",
            "user-heart",
            _("Agreed, never bought"),
            _("Agreed to marketing and can be reached by e-mail, but never bought."),
            {
                "all": [
                    {"consent": "marketing"},
                    {"reachable": "email"},
                    {"event": bought, "count": {"op": "eq", "value": 0}},
                ]
            },
        ),
    ]
