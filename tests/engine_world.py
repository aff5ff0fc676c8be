"""An engine over real stores for tests, and what came of the people it was told of."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from quen.config import config
from quen.connectors.models import Source
from quen.engine.loop import Engine
from quen.events.store import event_store
from quen.events.timeline import timeline
from quen.identity import orders
from quen.identity.models import Identifier, Order
from quen.identity.store import merged_ids
from quen.ids import now_ms
from quen.journal.protocol import NewEntry
from quen.journal.sqlite import SqliteJournal
from quen.protocol.messages import Envelope

_numbers = count()
DAY = 86_400_000


class Shop:
    """An engine on a journal of its own; people named by what they carry, no two tests' alike."""

    def __init__(self, folder: Path) -> None:
        self.journal = SqliteJournal(folder / "journal.db", max_bytes=100_000_000)
        self.began = now_ms() - DAY
        self.name_anew()
        self.engine = self.restart()

    def name_anew(self) -> None:
        """What comes from now on is about other people: as another shop, without another engine."""
        self.name = f"t{next(_numbers)}x"
        self.source = Source.objects.create(name=self.name, kind="server")
        self.browser = Source.objects.create(name=f"{self.name} browser", kind="browser")
        self.now = self.began

    def restart(self) -> Engine:
        self.engine = Engine(config(), self.journal, event_store())
        return self.engine

    def says(self, *messages: dict[str, Any], source: Source | None = None) -> None:
        for message in messages:
            self.now += 1000
            message.setdefault("timestamp", self.now)
        raw = [msgspec.Raw(msgspec.json.encode(m)) for m in messages]
        self.journal.append([NewEntry("track", (source or self.source).id, msgspec.json.encode(Envelope(raw)))])
        self.engine.drain()

    def does(self, event: str, who: dict[str, Any], **properties: Any) -> None:
        self.says({"type": "track", "event": event, "properties": properties, **who})

    def carried(self, order: Order) -> Order:
        self.engine.drain()
        return orders.outcome(order.id)

    def user(self, name: str) -> dict[str, Any]:
        return {"userId": f"{name}-{self.name}"}

    def mail(self, who: str, /, **traits: Any) -> dict[str, Any]:
        return {"type": "identify", "traits": {"email": f"{who}@{self.name}.example", **traits}}

    def card(self, name: str) -> dict[str, Any]:
        return {"context": {"externalIds": [{"type": "loyalty_card", "id": f"{name}-{self.name}"}]}}

    def user_key(self, name: str) -> str:
        return f"user_id||{name}-{self.name}"

    def card_key(self, name: str) -> str:
        return f"loyalty_card||{name}-{self.name}"

    def mail_key(self, name: str) -> str:
        return f"email||{name}@{self.name}.example"


def owner(key: str) -> int:
    return int(Identifier.objects.get(key=key).profile_id)


def events_of(profile_id: int) -> list[str]:
    """Names of the events of one person as the timeline has them, Quen's own left out, oldest first."""
    return [item.event for item in reversed(timeline(merged_ids(profile_id))) if item.source_id]


def counted(profile_id: int, event: str) -> int:
    """How often a person did something, as segments and reports count it."""
    person = "dictGetOrDefault('links_dict', 'to_id', profile_id, profile_id)"
    rows = event_store().rows(
        f"SELECT count() FROM events WHERE {person} = {{id:UInt64}} AND event = {{event:String}}",
        {"id": profile_id, "event": event},
    )
    return int(rows[0][0])
