"""Computed traits that most shops want: there from the beginning, switched on with one click.

Names of events and properties are those of e-commerce SDKs.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils import translation
from django.utils.translation import gettext as _

from quen.computed.service import create
from quen.config import config

BOUGHT = "Order Completed"
FROM_THE_START = ("order_count", "total_spent")  # what programs that look somebody up ask for first


class Recipe(msgspec.Struct, frozen=True):
    name: str  # of the trait
    icon: str
    label: str
    text: str
    spec: dict[str, Any]


def begin() -> None:
    """Switch on what a new workspace has from the start, named in its language."""
    with translation.override(config().language):
        for recipe in recipes():
            if recipe.name in FROM_THE_START:
                create(recipe.name, recipe.label, recipe.spec, "Quen")


def recipes() -> list[Recipe]:
    """In the active language."""
    return [
        Recipe(
            "rfm",
            "chart-grid-dots",
            _("RFM scores and group"),
            _("Scores from 1 to 5 for how recently, how often and for how much everyone bought, with a named group."),
            {"kind": "rfm", "event": BOUGHT, "property": "total", "within": "365d"},
        ),
        Recipe(
            "lifecycle",
            "heart-handshake",
            _("Lifecycle stage"),
            _("Prospect, new, active, returning, at risk or lapsed, at every moment."),
            {"kind": "lifecycle", "event": BOUGHT},
        ),
        Recipe(
            "order_count",
            "shopping-bag",
            _("Number of orders"),
            _("How many orders somebody has placed, ever."),
            {"kind": "count", "event": BOUGHT},
        ),
        Recipe(
            "total_spent",
            "cash",
            _("Total spent"),
            _("What all their orders ever come to."),
            {"kind": "sum", "event": BOUGHT, "property": "total"},
        ),
        Recipe(
            "average_order",
            "scale",
            _("Average order value"),
            _("What one of their orders is worth on average, over all orders ever."),
            {"kind": "avg", "event": BOUGHT, "property": "total"},
        ),
        Recipe(
            "days_since_order",
            "calendar-time",
            _("Days since the last order"),
            _("Whole days; one more every day, at the very hour of the order."),
            {"kind": "days_since", "event": BOUGHT},
        ),
        Recipe(
            "last_order",
            "receipt",
            _("Last order"),
            _("The code of the latest order."),
            {"kind": "last", "event": BOUGHT, "property": "order_id"},
        ),
        Recipe(
            "favourite_category",
            "star",
            _("Favourite category"),
            _("The category looked at most in the last 180 days."),
            {"kind": "most_frequent", "event": "Product Viewed", "property": "category", "within": "180d"},
        ),
    ]
