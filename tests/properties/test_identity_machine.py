"""Any sequence of messages, repetitions, joins, cuts and splits: the people there are must be those that the log tells
of when it is read anew, their traits those of their own events, and nobody joined against what a person or a rule said.

Through a real engine and its stores; each example has identifiers of its own in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from quen.config import config
from quen.connectors.models import Source
from quen.db import fetch
from quen.engine.loop import Engine
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Edge, Identifier, Link, Order, Separation
from quen.identity.types import DEFAULTS
from quen.ids import now_ms
from quen.journal.protocol import NewEntry
from quen.journal.sqlite import SqliteJournal
from quen.profiles.models import Profile
from quen.protocol.messages import Envelope

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES, STEPS = 15, 14
_examples = count()
_which = st.sampled_from(["1", "2", "3"])
_message = st.fixed_dictionaries(
    {
        "user": st.none() | _which,
        "anonymous": st.none() | _which,
        "email": st.none() | _which,
        "phone": st.none() | _which,
        "city": st.sampled_from(["Huế", "Hà Nội", "Đà Lạt"]),
        "server": st.booleans(),
    }
).filter(lambda m: any(m[name] for name in ("user", "anonymous", "email", "phone")))


class Door:
    """One engine for all examples."""

    def __init__(self, path: Path) -> None:
        self.journal = SqliteJournal(path / "journal.db", max_bytes=100_000_000)
        self.engine = Engine(config(), self.journal, event_store())
        self.sources = {
            True: Source.objects.create(name="machine server", kind="server").id,
            False: Source.objects.create(name="machine browser", kind="browser").id,
        }

    def put(self, server: bool, messages: list[dict[str, Any]]) -> None:
        raw = [msgspec.Raw(msgspec.json.encode(m)) for m in messages]
        self.journal.append([NewEntry("track", self.sources[server], msgspec.json.encode(Envelope(raw)))])


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path)
    yield opened
    opened.journal.close()


def test_people_are_what_the_log_says(door: Door) -> None:
    def machine() -> People:
        return People(door)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


class People(RuleBasedStateMachine):
    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door = door
        self.name = f"x{next(_examples)}"
        self.at = now_ms() - 3_600_000
        self.number = 0
        self.sent: list[tuple[bool, dict[str, Any]]] = []
        self.joined: set[frozenset[str]] = set()  # user ids that a person called one

    # What happens

    @rule(batch=st.lists(_message, min_size=1, max_size=4))
    def messages(self, batch: list[dict[str, Any]]) -> None:
        for one in batch:
            self._send(one["server"], self._message(one))
        self.door.engine.drain()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def a_message_comes_again(self, data: st.DataObject) -> None:
        """The same content under a new id: nothing that was cut may come together by it."""
        server, message = data.draw(st.sampled_from(self.sent))
        self._send(server, message | {"messageId": self._next(), "timestamp": self.at})
        self.door.engine.drain()

    @precondition(lambda self: len(self._people()) > 1)
    @rule(data=st.data(), two_accounts=st.booleans())
    def a_person_joins_two(self, data: st.DataObject, two_accounts: bool) -> None:
        people = sorted(self._people().values())
        left, right = data.draw(st.lists(st.sampled_from(people), min_size=2, max_size=2, unique_by=tuple))
        order = orders.join([(left[0], right[0])], by="test", two_accounts=two_accounts)
        done = self._carried_out(order)
        users = [{k for k in keys if k.startswith("user_id|")} for keys in (left, right)]
        assert done == (two_accounts or not all(users))
        if done:
            self.joined.add(frozenset(users[0] | users[1]))

    @precondition(lambda self: self._edges("attach", "link", "merge"))
    @rule(data=st.data())
    def a_person_takes_back_an_entry(self, data: st.DataObject) -> None:
        edge = data.draw(st.sampled_from(self._edges("attach", "link", "merge")))
        done = self._carried_out(orders.cut(edge.id, by="test"))
        if done:
            owner = self._owner()
            assert owner[edge.left] != owner[edge.right]

    @precondition(lambda self: any(len(keys) > 1 for keys in self._people().values()))
    @rule(data=st.data())
    def a_person_splits_somebody(self, data: st.DataObject) -> None:
        wide = sorted(keys for keys in self._people().values() if len(keys) > 1)
        keys = data.draw(st.sampled_from(wide))
        leaving = data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=len(keys) - 1, unique=True))
        assert self._carried_out(orders.split(leaving, by="test"))
        assert sorted(leaving) in self._people().values()

    # What always holds

    @invariant()
    def the_log_tells_who_is_who(self) -> None:
        assert sorted(self._people().values()) == sorted(map(sorted, _read_anew(self._edges())))

    @invariant()
    def every_person_has_a_profile_and_nobody_else_has_one(self) -> None:
        owners = set(self._people())
        ids = {e.profile_id for e in self._edges()} | {e.other_profile_id for e in self._edges()} - {None}
        links = dict(Link.objects.filter(from_id__in=ids).values_list("from_id", "to_id"))
        there = set(Profile.objects.filter(id__in=ids | owners).values_list("id", flat=True))
        assert owners <= there
        assert not links.keys() & there
        assert set(links.values()) <= there

    @invariant()
    def events_and_traits_are_those_of_ones_own(self) -> None:
        owner = self._owner()
        shared = set(Identifier.objects.filter(key__in=owner, shared=True).values_list("key", flat=True))
        traits: dict[int, dict[str, Any]] = defaultdict(dict)
        rows = event_store().rows(
            "SELECT dictGetOrDefault('links_dict', 'to_id', profile_id, profile_id), identifiers, traits, message_id"
            " FROM events WHERE startsWith(message_id, {name:String}) ORDER BY time, id",
            {"name": f"{self.name}-"},
        )
        assert len(rows) == len(self.sent)
        assert len({row[3] for row in rows}) == len(rows)
        for profile, identifiers, text, _message_id in rows:
            if identifiers[0] not in shared:
                assert int(profile) == owner[identifiers[0]]
            traits[int(profile)] |= msgspec.json.decode(text) if text else {}
        for profile in Profile.objects.filter(id__in=set(owner.values())):
            assert profile.traits.get("city") == traits[profile.id].get("city")
            for type_ in ("email", "phone"):
                told, kept = traits[profile.id].get(type_), profile.traits.get(type_)
                # An address that went to another person when the two were taken apart is not this one's any more.
                assert told == kept or owner.get(f"{type_}||{told}") != profile.id

    @invariant()
    def nobody_has_two_of_what_is_unique_but_by_a_persons_word(self) -> None:
        for keys in self._people().values():
            users = frozenset(k for k in keys if k.startswith("user_id|"))
            assert len(users) <= 1 or any(users <= joined for joined in self._said_to_be_one())

    @invariant()
    def what_was_cut_apart_is_apart(self) -> None:
        owner = self._owner()
        for left, right in Separation.objects.values_list("left", "right"):
            if left in owner and right in owner:
                assert owner[left] != owner[right]

    # How

    def _message(self, one: dict[str, Any]) -> dict[str, Any]:
        traits = {"city": one["city"]}
        if one["email"]:
            traits["email"] = f"{self.name}.{one['email']}@example.com"
        if one["phone"]:
            traits["phone"] = f"+8491{int(self.name[1:]) % 10_000:04}{one['phone'] * 3}"
        message: dict[str, Any] = {"type": "identify", "messageId": self._next(), "traits": traits}
        if one["user"]:
            message["userId"] = f"{self.name}-u{one['user']}"
        if one["anonymous"]:
            message["anonymousId"] = f"{self.name}-a{one['anonymous']}"
        return message | {"timestamp": self.at}

    def _next(self) -> str:
        self.number += 1
        self.at += 1_000
        return f"{self.name}-{self.number}"

    def _send(self, server: bool, message: dict[str, Any]) -> None:
        self.sent.append((server, message))
        self.door.put(server, [message])

    def _carried_out(self, order: Order) -> bool:
        try:
            self.door.engine.drain()
        except Exception:
            Order.objects.filter(id=order.id).delete()  # the next example is another's
            raise
        order.refresh_from_db()
        assert order.status in ("done", "refused"), order.status
        return order.status == "done"

    def _owner(self) -> dict[str, int]:
        phone = f"phone||+8491{int(self.name[1:]) % 10_000:04}%"
        return dict(
            fetch(
                "SELECT key, profile_id FROM identity_identifier WHERE key LIKE %s OR key LIKE %s OR key LIKE %s",
                [f"%||{self.name}-%", f"%||{self.name}.%", phone],
            )
        )

    def _people(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for key, profile in sorted(self._owner().items()):
            found[profile].append(key)
        return dict(found)

    def _edges(self, *kinds: str) -> list[Edge]:
        edges = Edge.objects.filter(left__in=list(self._owner())).order_by("id")
        return list(edges.filter(kind__in=kinds) if kinds else edges)

    def _said_to_be_one(self) -> list[frozenset[str]]:
        """What people said, with what follows when they said it of overlapping ones."""
        found: list[set[str]] = []
        for users in self.joined:
            touching = [group for group in found if group & users]
            found = [group for group in found if not group & users] + [set(users).union(*touching)]
        return [frozenset(group) for group in found]


def _read_anew(log: list[Edge]) -> list[set[str]]:
    """Who is who by the log alone; written apart from what the engine uses."""
    last: dict[frozenset[str], str] = {}
    keys: set[str] = set()
    for entry in log:
        if entry.kind in ("create", "attach", "link", "merge", "remove"):
            keys |= {entry.left, entry.right} - {""}
        if entry.kind in ("attach", "link", "merge", "remove"):
            last[frozenset((entry.left, entry.right))] = entry.kind
        elif entry.kind == "shared":
            last = {pair: kind for pair, kind in last.items() if entry.left not in pair}
    people = {key: {key} for key in keys}
    for pair, kind in last.items():
        if kind != "remove" and len(pair) == 2:
            left, right = pair
            together = people[left] | people[right]
            for key in together:
                people[key] = together
    return list({id(group): group for group in people.values()}.values())


assert all(DEFAULTS.by_name[name].unique == (name == "user_id") for name in ("user_id", "email", "phone"))
