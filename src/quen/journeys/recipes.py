"""Ready starts for a new journey: data, drafts that still want a template. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from quen.journeys.editing import Draft, empty_draft
from quen.journeys.fields import Text


class Recipe(msgspec.Struct, frozen=True):
    key: str
    icon: str
    name: Text
    text: Text
    draft: Draft


def _email(node: str) -> dict[str, Any]:
    return {"id": node, "type": "email", "template_id": None}


def _wait(node: str, duration: str) -> dict[str, Any]:
    return {"id": node, "type": "wait", "duration": duration}


def _event(name: str) -> dict[str, Any]:
    return {"type": "event", "event": name, "where": [], "max_age": "24h"}


RECIPES = (
    Recipe(
        "abandoned-cart",
        "shopping-cart",
        _("Abandoned cart"),
        _("Someone adds a product and does not buy: remind them after an hour, and once more the next day."),
        empty_draft()
        | {
            "trigger": _event("Product Added"),
            "entry_key": "properties.cart_id",
            "reentry": "1d",
            "exit_on": [{"event": "Order Completed", "where": [], "same_key": False}],
            "nodes": [
                _wait("wait-hour", "1h"),
                _email("email-reminder"),
                _wait("wait-day", "1d"),
                _email("email-last-call"),
            ],
        },
    ),
    Recipe(
        "welcome",
        "confetti",
        _("Welcome"),
        _("Someone signs up: greet them at once, and show them around three days later."),
        empty_draft()
        | {
            "trigger": _event("Signed Up"),
            "nodes": [_email("email-welcome"), _wait("wait-days", "3d"), _email("email-tour")],
        },
    ),
    Recipe(
        "after-purchase",
        "package",
        _("After a purchase"),
        _("Someone buys: ask how it went a week later, and mark them as a customer."),
        empty_draft()
        | {
            "trigger": _event("Order Completed"),
            "reentry": "30d",
            "nodes": [
                {"id": "traits-stage", "type": "traits", "traits": {"stage": "customer"}},
                _wait("wait-week", "7d"),
                _email("email-review"),
            ],
        },
    ),
)
