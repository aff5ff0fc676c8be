"""Reads a data directory that nobody uses, and compares: `python -m tests.faults.examine LEDGER` prints JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import django

Row = tuple[Any, ...]
PERSON = "dictGetOrDefault('links_dict', 'to_id', profile_id, profile_id)"


def main(path: str) -> None:
    django.setup()
    from quen.db import fetch
    from quen.events.store import event_store

    told = json.loads(Path(path).read_text())
    books = Books(fetch, event_store().rows)
    books.messages(told["messages"])
    books.events_and_state()
    books.segments()
    books.journeys()
    books.sends(told["mails"], told["calls"])
    print(json.dumps({"wrong": books.wrong[:50], "figures": books.figures}))


class Books:
    """`state` and `events` run SQL and give rows."""

    def __init__(self, state: Callable[..., list[Row]], events: Callable[..., list[Row]]) -> None:
        self.state, self.events = state, events
        self.wrong: list[str] = []
        self.figures: dict[str, Any] = {}

    def messages(self, told: list[tuple[str, str, bool]]) -> None:
        """Answered 200: stored exactly once, or in quarantine with a reason. Begun: not twice."""
        stored = Counter(
            (int(s), m) for s, m in self.events("SELECT source_id, message_id FROM events WHERE source_id > 0")
        )
        kept: Counter[tuple[int, str]] = Counter()
        for source, body, reason in self.state("SELECT source_id, body, reason FROM engine_quarantined"):
            if not reason:
                self.wrong.append(f"quarantined without a reason: {body[:100]}")
            kept[source, _message_id(body)] += 1
        answered = 0
        for source, message_id, ok in told:
            key = int(source), message_id
            answered += ok
            if stored[key] > 1:
                self.wrong.append(f"stored {stored[key]} times: {key}")
            if ok and not stored[key] and not kept[key]:
                self.wrong.append(f"answered 200 and lost: {key}")
            if stored[key] and kept[key]:
                self.wrong.append(f"stored and in quarantine: {key}")
        known = {(int(source), message_id) for source, message_id, _ in told}
        made_up = [key for key in stored if key not in known]
        self._none("stored, and nobody sent it", made_up)
        self.figures |= {
            "begun": len(told),
            "answered": answered,
            "stored": sum(stored.values()),
            "kept": sum(kept.values()),
        }

    def events_and_state(self) -> None:
        counted = dict(self.events("SELECT event, count() FROM events GROUP BY event"))
        listed = dict(self.state("SELECT name, count FROM events_eventname"))
        self._same(
            "events by name, in the catalogue and in the history", listed, {k: int(v) for k, v in counted.items()}
        )
        profiles = dict(self.state("SELECT id, traits FROM profiles_profile"))
        mirror = {int(i): t for i, t in self.events("SELECT id, traits FROM profiles FINAL WHERE deleted = 0")}
        self._same("profiles, in the state and in the mirror", sorted(profiles), sorted(mirror))
        traits = {i: json.loads(t) for i, t in profiles.items()}
        self._same("their traits", traits, mirror)
        latest = self.events(
            f"SELECT {PERSON} AS person, argMax(JSONExtractString(traits, 'city'), (time, id)) FROM events"
            " WHERE JSONHas(traits, 'city') GROUP BY person"
        )
        cities = {i: t["city"] for i, t in traits.items() if "city" in t}
        self._same("where they live, and where they said last", cities, {int(i): city for i, city in latest})
        people = {int(p) for (p,) in self.events(f"SELECT DISTINCT {PERSON} FROM events")}
        self._none("events of people who are not there", sorted(people - profiles.keys()))
        offset, batch = self.state('SELECT "offset", batch FROM engine_position')[0]
        planned = self.state("SELECT to_offset, batch FROM engine_plan")[0]
        self._same("the last plan and the position", list(planned), [offset, batch])
        self.figures |= {"profiles": len(profiles), "batches": batch}

    def segments(self) -> None:
        """Members as SQL says, as shown, and as told on the timelines."""
        from quen.config import config
        from quen.engine.loop import Engine
        from quen.events.store import event_store
        from quen.ids import now_ms
        from quen.journal import open_journal
        from quen.segments import audit, service
        from quen.segments.models import Segment
        from quen.segments.rules import parse_rule

        program = Engine(config(), open_journal(config()), event_store()).context.program
        people = [id_ for (id_,) in self.state("SELECT id FROM profiles_profile")]
        for segment in Segment.objects.filter(status="live").exclude(kind="list"):
            rule = parse_rule(segment.rule)
            found = audit.compare(program, segment.id, rule, people, event_store(), now_ms(), service.roots())
            self._none(f"members of {segment.name!r} against SQL", found.wrong)
            rows = self.state("SELECT COUNT(*) FROM segments_member WHERE segment_id = %s", [segment.id])
            self._same(f"members of {segment.name!r} and their count", rows[0][0], segment.count)
            if segment.kind == "segment":
                latest = self.events(
                    f"SELECT {PERSON} AS person, argMax(event, (time, id)) FROM events WHERE source_id = 0 AND event IN"
                    " ('Segment Entered', 'Segment Exited') AND toString(properties.segment_id) = {id:String}"
                    " GROUP BY person",
                    {"id": str(segment.id)},
                )
                told = sorted(int(p) for p, event in latest if event == "Segment Entered")
                ids = self.state("SELECT profile_id FROM segments_member WHERE segment_id = %s", [segment.id])
                self._same(f"members of {segment.name!r} and timelines", sorted(i for (i,) in ids), told)
                self.figures[f"segment {segment.name}"] = rows[0][0]

    def journeys(self) -> None:
        """Each order started one run; each run took each step once and did what it says; runs and timelines agree."""
        runs = self.state("SELECT id, journey_id, entry_key, status FROM journeys_run")
        started = Counter((journey, key) for _, journey, key, _ in runs)
        self._none("runs that started twice", [k for k, n in started.items() if n > 1])
        orders = {
            o
            for (o,) in self.events(
                "SELECT DISTINCT toString(properties.order_id) FROM events WHERE event = 'Ordered' AND source_id > 0"
            )
        }
        for journey in {journey for journey, _ in started}:
            self._same("orders and runs", sorted(orders), sorted(key for of, key in started if of == journey))
        twice = self.state("SELECT run_id, node FROM journeys_stepexecution GROUP BY run_id, node HAVING COUNT(*) > 1")
        self._none("steps that ran twice", twice)
        lone = (
            "SELECT e.id FROM journeys_stepexecution e LEFT JOIN journeys_run r ON r.id = e.run_id WHERE r.id IS NULL"
        )
        self._none("steps of no run", self.state(lone))
        # The journeys of these tests lead by every step, whoever comes.
        short = self.state(
            "SELECT r.id, r.node, COUNT(e.id) AS went FROM journeys_run r"
            " JOIN journeys_version v ON v.id = r.version_id LEFT JOIN journeys_stepexecution e ON e.run_id = r.id"
            " WHERE r.status <> 'active' GROUP BY r.id"
            " HAVING went <> json_array_length(v.graph, '$.nodes')"
        )
        self._none("runs that ended without a step", short)
        marked = "p.traits IS NULL OR NOT COALESCE(json_extract(p.traits, '$.ordered'), 0)"
        self._none(
            "people who went through and are not marked",
            self.state(
                "SELECT r.id FROM journeys_run r LEFT JOIN profiles_profile p ON p.id = r.profile_id"
                f" WHERE r.status <> 'active' AND ({marked})"
            ),
        )
        self._none(
            "active runs that nothing will wake",
            self.state(
                "SELECT r.id FROM journeys_run r LEFT JOIN journeys_timer t ON t.run_id = r.id"
                " WHERE r.status = 'active' AND t.run_id IS NULL"
            ),
        )
        for event, wanted in (("Journey Entered", len(runs)), ("Journey Ended", sum(s != "active" for *_, s in runs))):
            found = self.events("SELECT count() FROM events WHERE event = {e:String}", {"e": event})[0][0]
            self._same(f"runs and {event}", int(found), wanted)
        stray = self.state(
            "SELECT t.run_id FROM journeys_timer t LEFT JOIN journeys_run r ON r.id = t.run_id"
            " WHERE r.status IS NULL OR r.status <> 'active'"
        )
        self._none("timers without an active run", stray)
        self.figures |= {"runs": len(runs), "steps": self.state("SELECT COUNT(*) FROM journeys_stepexecution")[0][0]}

    def sends(self, mails: dict[str, int], calls: dict[str, int]) -> None:
        """A message a sending step; an e-mail arrives once, or never and says so."""
        rows = self.state(
            "SELECT m.idempotency_key, m.channel, m.status, m.payload, e.id FROM delivery_message m"
            " LEFT JOIN journeys_stepexecution e ON CAST(e.id AS TEXT) = m.idempotency_key"
        )
        self._none("messages without a step", [r[0] for r in rows if r[4] is None])
        unsent = self.state(
            "SELECT e.id FROM journeys_stepexecution e LEFT JOIN delivery_message m"
            " ON m.idempotency_key = CAST(e.id AS TEXT) WHERE e.outcome = 'queued' AND m.id IS NULL"
        )
        self._none("steps that send, without a message", unsent)
        outcomes: Counter[str] = Counter()
        for key, channel, status, payload, _ in rows:
            outcomes[f"{channel} {status}"] += 1
            if channel == "email":
                subject = "Order " + str(json.loads(payload)["event"]["properties"].get("order_id"))
                arrived = mails.get(subject, 0)
                least = 1 if status == "accepted" else 0
                most = 1 if status in {"accepted", "unknown"} else 0
            else:
                arrived, least, most = calls.get(key, 0), 1 if status == "accepted" else 0, 10**9
            if not least <= arrived <= most:
                self.wrong.append(f"{channel} {key} is {status} and arrived {arrived} times")
        told = {
            e: int(n)
            for e, n in self.events("SELECT event, count() FROM events WHERE event IN ('Email Sent') GROUP BY event")
        }
        self._same("e-mails accepted and Email Sent", told.get("Email Sent", 0), outcomes["email accepted"])
        self.figures |= {"mails": sum(mails.values()), **dict(sorted(outcomes.items()))}

    def _same(self, what: str, left: Any, right: Any) -> None:
        if left != right:
            if isinstance(left, dict) and isinstance(right, dict):
                keys = [k for k in {*left, *right} if left.get(k) != right.get(k)][:5]
                left, right = {k: left.get(k) for k in keys}, {k: right.get(k) for k in keys}
            self.wrong.append(f"{what}: {str(left)[:300]} and {str(right)[:300]}")

    def _none(self, what: str, found: Iterable[Any]) -> None:
        found = list(found)
        if found:
            self.wrong.append(f"{what}: {len(found)}, e.g. {found[:3]}")


def _message_id(body: str) -> str:
    try:
        return str(json.loads(body).get("messageId", ""))
    except (ValueError, AttributeError):
        return ""


if __name__ == "__main__":
    main(sys.argv[1])
