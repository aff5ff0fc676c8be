"""One journey over the real tables, told event by event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quen.delivery.models import Message, Template
from quen.ids import BatchIds, now_ms
from quen.journeys import runner, service, store
from quen.journeys.effects import Batch, Effects, Occurrence
from quen.journeys.models import Journey, Run
from quen.segments.models import Segment
from tests.unit.journeys.graphs import TEMPLATE

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class World:
    """Publishes a graph; `happen` and `wait` are batches. Rules hold for whom `holds` says."""

    def __init__(self, graph: dict[str, Any]) -> None:
        store.forget_definitions()
        Template.objects.get_or_create(id=int(TEMPLATE), defaults={"name": "Nhắc", "body": "", "updated_at": 0})
        self.now = now_ms()
        self.holds: dict[int, set[int]] = {}
        self.journey: Journey = service.create_journey("Giỏ hàng", "test", graph)
        self.publish()

    def publish(self, graph: dict[str, Any] | None = None, waiting: str = "keep") -> None:
        self.journey = service.get_journey(self.journey.id)
        if graph is not None:
            service.save_draft(self.journey, graph)
        service.publish(self.journey, waiting, "test")
        Segment.objects.update(status="live")
        self.batch()
        self.batch()

    def happen(self, person: int, event: str, *, age: int = 0, **properties: Any) -> Effects:
        return self.batch(Occurrence(person, "event", event, self.now - age, properties, f"m-{self.now}"))

    def wait(self, ms: int) -> Effects:
        self.now += ms
        return self.batch()

    def batch(self, *occurrences: Occurrence, merged: Mapping[int, int] | None = None) -> Effects:
        self.now += 1
        view = store.load(Batch(self.now, BatchIds(self.now), occurrences, self._members, merged or {}))
        if view is None:
            return Effects()
        effects = runner.advance(view)
        store.save(effects)
        return effects

    def hold(self, person: int, place: str) -> None:
        """From now on the rule at this place of the live version holds for a person."""
        version = service.get_journey(self.journey.id).live_version
        assert version is not None
        self.holds.setdefault(person, set()).add(version.watches[place])

    def _members(self, ids: Any) -> dict[int, set[int]]:
        return {person: self.holds.get(person, set()) for person in ids}

    def runs(self, person: int) -> list[tuple[str, str, str]]:
        """(status, reason, node) of each run, oldest first."""
        found = Run.objects.filter(profile_id=person, journey_id=self.journey.id).order_by("id")
        return list(found.values_list("status", "reason", "node"))

    def sent(self, person: int) -> list[str]:
        """Steps that queued a message, in order."""
        return list(Message.objects.filter(profile_id=person).order_by("id").values_list("node", flat=True))
