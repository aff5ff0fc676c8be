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
            _("Added to the cart in the last 3 days and bought nothing in that time."),
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
            _("Looked at products at least 3 times in the last 7 days and bought nothing."),
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
            _("Opened an e-mail in the last 14 days, but clicked no link."),
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
            _("Bought at least twice in the last 30 days for over 500,000 each time."),
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
            _("Spent over 1,000,000 in all, but bought nothing in the last 60 days."),
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
            _("Birthday coming up"),
            _("Their birthday is today or in the next 7 days."),
            {"all": [{"trait": "birthday", "op": "anniversary", "within": "7d"}]},
        ),
        Recipe(
            "one-purchase",
            "repeat-once",
            _("Bought once, not again"),
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
            _("Cart left for a day"),
            _("Added to the cart and then bought nothing for a whole day, in the last week."),
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
            _("Bought for the first time in the last 7 days, and only once."),
            {"all": [{"event": bought, "count": {"op": "eq", "value": 1}}, {"event": bought, "within": "7d"}]},
        ),
        Recipe(
            "came-back",
            "repeat",
            _("Came back soon"),
            _("Bought again within 30 days of an order, in the last 90 days."),
            {"all": [{"sequence": [{"event": bought}, {"event": bought}], "within": "30d", "in_last": "90d"}]},
        ),
        Recipe(
            "slipping",
            "trending-down",
            _("Slipping away"),
            _("Bought at least 3 times in the last 180 days, but not in the last 45."),
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
            _("Spends over 1,000,000 an order on average, with at least 2 orders in the last year."),
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
