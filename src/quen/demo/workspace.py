"""The sample shop's workspace in Quen: its owner, sources, segments, e-mails and journeys. Made once."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import override

from quen.accounts.models import User
from quen.computed.models import Definition
from quen.computed.recipes import recipes
from quen.computed.service import create as create_computed
from quen.connectors.service import find_or_create_source
from quen.delivery.models import Template
from quen.demo.behaviour import SOURCES
from quen.demo.letters import letters
from quen.ids import now_ms
from quen.journeys.models import Journey
from quen.journeys.service import create_journey, publish
from quen.segments.models import Segment
from quen.segments.service import create_segment

OWNER = "demo@quen.local"
BY = "demo"


def _events(name: str, within: str, op: str = "gte", value: int = 1) -> dict[str, Any]:
    return {"event": name, "count": {"op": op, "value": value}, "within": within}


SEGMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    # A minute without touching the basket counts as leaving it: a newcomer should not have to wait for an hour.
    "cart": (
        "Bỏ quên giỏ hàng",
        {
            "all": [
                {"trait": "email", "op": "exists"},
                _events("Product Added", "3d"),
                _events("Product Added", "1m", "eq", 0),
                _events("Order Completed", "3d", "eq", 0),
            ]
        },
    ),
    "lapsed": (
        "Khách VIP lâu chưa quay lại",
        {
            "all": [
                {
                    "event": "Order Completed",
                    "sum": {"property": "total", "op": "gte", "value": 3_000_000},
                    "within": "365d",
                },
                _events("Order Completed", "90d", "eq", 0),
            ]
        },
    ),
    "new": ("Thành viên mới trong tuần", _events("Signed Up", "7d")),
}


def prepare(password: str) -> dict[str, str]:
    """Make the owner and the sources; the write key of each source by its key in SOURCES."""
    if not User.objects.filter(email=OWNER).exists():
        User.objects.create_user(OWNER, password, role="owner", name="Chủ Tiệm Mây")
    return {key: find_or_create_source(name, kind).write_key for key, (name, kind) in SOURCES.items()}


def define(shop_url: str) -> None:
    """Make computed traits, segments, e-mails and journeys, unless they are there.

    When the history is read: people would seem to stream through the segments while a year passes in a minute.
    """
    if not Segment.objects.filter(kind="segment").exists():
        with transaction.atomic():
            _define(shop_url)


def _define(shop_url: str) -> None:
    there = set(Definition.objects.values_list("name", flat=True))
    with override("vi"):
        for recipe in recipes():
            if recipe.name not in there:
                create_computed(recipe.name, recipe.label, recipe.spec, by=BY)
    segments = {key: create_segment(name, rule, by=BY) for key, (name, rule) in SEGMENTS.items()}
    templates = {
        key: Template.objects.create(name=name, subject=subject, body=body, updated_at=now_ms(), created_by=BY)
        for key, (name, subject, body) in letters(shop_url).items()
    }
    for name, draft in _journeys(segments, {key: str(template.id) for key, template in templates.items()}):
        if not Journey.objects.filter(name=name).exists():
            publish(create_journey(name, BY, draft), "keep", BY)


def _journeys(segments: dict[str, Segment], templates: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    def email(node: str, template: str) -> dict[str, Any]:
        return {"id": node, "type": "email", "template_id": templates[template]}

    def wait(node: str, duration: str) -> dict[str, Any]:
        return {"id": node, "type": "wait", "duration": duration}

    abandoned = {
        "trigger": {"type": "segment", "segment_id": str(segments["cart"].id), "max_age": "1d"},
        "reentry": "always",
        "exit_on": [{"event": "Order Completed", "where": []}],
        "nodes": [
            wait("wait-1", "10s"),
            email("email-1", "reminder"),
            wait("wait-2", "5m"),
            {
                "id": "condition-1",
                "type": "condition",
                "rule": _events("Email Clicked", "1d"),
                "yes": [{"id": "traits-1", "type": "traits", "traits": {"cart_reminder": "clicked"}}],
                "no": [email("email-2", "offer")],
            },
        ],
    }
    welcome = {
        "trigger": {"type": "event", "event": "Signed Up", "where": [], "max_age": "1d"},
        "nodes": [
            email("email-1", "welcome"),
            wait("wait-1", "3m"),
            {
                "id": "condition-1",
                "type": "condition",
                "rule": _events("Order Completed", "7d"),
                "yes": [{"id": "traits-1", "type": "traits", "traits": {"stage": "customer"}}],
                "no": [email("email-2", "tour")],
            },
        ],
    }
    return [("Nhắc giỏ hàng bị bỏ quên", abandoned), ("Chào thành viên mới", welcome)]
