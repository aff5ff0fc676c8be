"""An engine with nothing to do looks for less, and misses nothing: entries, what others commit, what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from quen.config import config
from quen.connectors.models import Source
from quen.db import Changes
from quen.engine import guards
from quen.engine.loop import HOUSEKEEPING_EVERY_S, Engine
from quen.events.store import event_store
from quen.identity import orders
from quen.identity.models import Order
from quen.ids import now_ms
from quen.journal.protocol import Journal, NewEntry
from quen.profiles.models import Profile
from quen.segments import service as segments
from quen.segments.models import Audit, Segment
from tests.support import eventually, unique

pytestmark = pytest.mark.django_db(transaction=True)
FAR_MS = 10 * 86_400_000


class Watched(Engine):
    """Counts its cycles; its clock can be set."""

    cycles = 0
    ahead_ms = 0

    def __init__(self, journal: Journal) -> None:
        super().__init__(config(), journal, event_store(), lambda: now_ms() + self.ahead_ms)

    def cycle(self) -> bool:
        self.cycles += 1
        return super().cycle()

    def cycles_of_a_turn(self) -> int:
        before = self.cycles
        self._turn()
        return self.cycles - before

    def settle(self) -> None:
        """Turn as `run` does until nothing is looked for any more."""
        eventually(lambda: self.cycles_of_a_turn() == 0, interval=0.01)


@pytest.fixture
def quiet(journal: Journal) -> Watched:
    made = Watched(journal)
    made.settle()
    assert [made.cycles_of_a_turn() for _ in range(3)] == [0, 0, 0]
    return made


def elsewhere(work: Callable[[], Any]) -> None:
    """As another thread of the app does it, which has a connection of its own."""

    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def put(journal: Journal, user: str) -> None:
    source = Source.objects.create(name=unique(), kind="server")
    body = b'{"messages":[{"type":"track","event":"Ordered","userId":"%s"}]}' % user.encode()
    journal.append([NewEntry("track", source.id, body)])


def test_an_entry_ends_the_quiet(quiet: Watched, journal: Journal) -> None:
    elsewhere(lambda: Source.objects.create(name=unique(), kind="server"))
    quiet.settle()
    put(journal, unique())
    batch = quiet.position.batch
    assert quiet.cycles_of_a_turn() == 1
    assert quiet.position.batch == batch + 1


def test_it_is_behind_while_a_batch_leaves_something_for_the_next(
    quiet: Watched, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked by another thread: a batch ends, having told something itself, between the two looks."""
    put(journal, unique())
    looks = journal.end

    def end() -> int:
        found = looks()
        put(journal, unique())
        quiet.position = quiet.position._replace(offset=found)
        return found

    monkeypatch.setattr(journal, "end", end)
    assert quiet.lag() > 0


def test_a_definition_of_another_thread_is_followed(quiet: Watched) -> None:
    version = quiet.context.program_version
    elsewhere(lambda: segments.create_segment(unique(), {"trait": "city", "op": "exists"}))
    assert quiet.cycles_of_a_turn() == 1
    quiet.settle()
    assert quiet.context.program_version != version


def test_an_order_of_another_thread_is_carried_out(quiet: Watched, journal: Journal) -> None:
    users = unique(), unique()
    for user in users:
        put(journal, user)
    quiet.settle()
    one, two = (f"user_id||{user}" for user in users)
    elsewhere(lambda: orders.join([(one, two)], by="a test", two_accounts=True))
    quiet.settle()
    assert Order.objects.latest("id").status == "done"


def test_what_is_due_comes_on_its_instant(quiet: Watched, journal: Journal) -> None:
    put(journal, unique())
    quiet.settle()
    due = now_ms() + FAR_MS
    elsewhere(lambda: Profile.objects.filter(id=Profile.objects.latest("id").id).update(due_at=due))
    quiet.settle()
    batch = quiet.position.batch
    quiet.ahead_ms = FAR_MS - 60_000
    assert quiet.cycles_of_a_turn() == 0
    quiet.ahead_ms = FAR_MS + 60_000
    assert quiet.cycles_of_a_turn() == 1
    assert quiet.position.batch == batch + 1


def test_members_are_compared_with_sql_when_there_is_nothing_else_to_do(quiet: Watched, journal: Journal) -> None:
    made: list[Segment] = []
    elsewhere(lambda: made.append(segments.create_segment(unique(), {"event": "Ordered", "within": "30d"})))
    put(journal, unique())
    quiet.settle()
    assert not Audit.objects.filter(segment_id=made[0].id).exists()
    for _ in range(Segment.objects.filter(status="live").count()):
        quiet.context.audited -= guards.AUDIT_EVERY_S
        quiet._housekept -= HOUSEKEEPING_EVERY_S
        assert quiet.cycles_of_a_turn() == 1
    found = Audit.objects.get(segment_id=made[0].id)
    assert found.people > 0
    assert found.wrong == 0


def test_an_own_commit_is_no_change() -> None:
    changes = Changes()
    assert changes.any()  # what was before is not known
    Source.objects.create(name=unique(), kind="server")
    assert not changes.any()
    elsewhere(lambda: Source.objects.create(name=unique(), kind="server"))
    assert changes.any()
    assert not changes.any()
