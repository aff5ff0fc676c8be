"""Random journeys, people and orders of events against the real tables: what must never happen, never does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from quen import db
from quen.delivery.models import Message, Template
from quen.ids import BatchIds, now_ms
from quen.journeys import runner, service, store
from quen.journeys.effects import Batch, Effects, Occurrence
from quen.journeys.models import Journey, Version
from quen.journeys.steps import step_kinds
from quen.segments.models import Segment
from tests.unit.journeys.graphs import TEMPLATE, graphs

HOUR = 3_600_000
DAY = 24 * HOUR
# Explaining a failure takes far longer than finding it.
PHASES = [phase for phase in Phase if phase is not Phase.explain]
PEOPLE = st.integers(1, 4)


class Journeys(RuleBasedStateMachine):
    """One journey, four people; every batch is planned twice, and written after a write that was rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        store.forget_definitions()
        Template.objects.create(id=int(TEMPLATE), name="Nhắc giỏ hàng", body="", updated_at=0)
        self.now = now_ms()
        self.members: dict[int, set[int]] = {person: set() for person in range(1, 5)}
        self.merged: dict[int, int] = {}
        self.rung: Counter[tuple[int, str]] = Counter()
        self.told: Counter[tuple[str, str]] = Counter()
        self.journey: Journey | None = None

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        store.forget_definitions()

    @initialize(draft=graphs())
    def begin(self, draft: dict[str, Any]) -> None:
        self.journey = service.create_journey("Giỏ hàng", "test", draft)
        service.publish(self.journey, "keep", "test")
        self.computed()

    @rule(
        events=st.lists(
            st.tuples(
                PEOPLE,
                st.sampled_from(["Start", "Start", "Goal", "Other"]),
                st.sampled_from([0, 0, HOUR, 2 * DAY]),
                st.sampled_from([None, "c1", "c2"]),
            ),
            max_size=5,
        )
    )
    def happen(self, events: list[tuple[int, str, int, str | None]]) -> None:
        self.batch(
            [
                Occurrence(self.survivor(person), "event", name, self.now - age, {"cart_id": key} if key else {})
                for person, name, age, key in events
            ]
        )

    @rule(minutes=st.sampled_from([5, 20, 60, 200, 5000]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * 60_000
        self.batch([])

    @rule(person=PEOPLE, pick=st.integers(0, 5))
    def flip(self, person: int, pick: int) -> None:
        """A rule of a journey becomes true or false for someone."""
        watched = sorted({id_ for version in Version.objects.all() for id_ in version.watches.values()})
        if watched:
            segment, person = watched[pick % len(watched)], self.survivor(person)
            entered = segment not in self.members[person]
            self.members[person] ^= {segment}
            self.batch([Occurrence(person, "segment_entered" if entered else "segment_exited", str(segment), self.now)])

    @rule(loser=PEOPLE, winner=PEOPLE)
    def merge(self, loser: int, winner: int) -> None:
        loser, winner = self.survivor(loser), self.survivor(winner)
        if loser != winner:
            self.members[winner] |= self.members.pop(loser)
            self.merged[loser] = winner
            self.batch([Occurrence(loser, "event", "Start", self.now)], {loser: winner})

    @rule(draft=graphs(), waiting=st.sampled_from(service.WAITING), computed=st.booleans())
    def publish(self, draft: dict[str, Any], waiting: str, computed: bool) -> None:
        assert self.journey is not None
        self.journey = service.get_journey(self.journey.id)
        service.save_draft(self.journey, draft)
        service.publish(self.journey, waiting, "test")
        if computed:
            self.computed()

    @rule()
    def computed(self) -> None:
        Segment.objects.update(status="live")
        self.batch([])

    @rule()
    def pause_or_resume(self) -> None:
        assert self.journey is not None
        self.journey = service.get_journey(self.journey.id)
        if self.journey.status == "paused":
            service.resume(self.journey)
        else:
            service.pause(self.journey)
        self.batch([])

    def survivor(self, person: int) -> int:
        while person in self.merged:
            person = self.merged[person]
        return person

    def batch(self, occurrences: list[Occurrence], merged: Mapping[int, int] | None = None) -> None:
        self.now += 1
        before = {row[0] for row in db.fetch("SELECT id FROM journeys_run WHERE status <> 'active'")}
        first = self.plan(occurrences, merged)
        with transaction.atomic():
            if first is not None:
                store.save(first)
            transaction.set_rollback(True)
        again = self.plan(occurrences, merged)
        assert again == first, "a batch that is replayed does the same"
        if again is None:
            return
        store.save(again)
        self.check(again, before)

    def plan(self, occurrences: list[Occurrence], merged: Mapping[int, int] | None) -> Effects | None:
        view = store.load(Batch(self.now, BatchIds(self.now), occurrences, self.members_of, merged or {}))
        return None if view is None else runner.advance(view)

    def members_of(self, ids: Collection[int]) -> dict[int, set[int]]:
        return {person: self.members[person] for person in ids}

    def check(self, effects: Effects, ended_before: set[int]) -> None:
        runs = {run.id: run for run in [*effects.new_runs, *effects.changed_runs]}
        for message in effects.messages:
            assert message.run_id not in ended_before
            exit_segment = message.payload["exit_segment"]
            assert exit_segment is None or int(exit_segment) not in self.members[message.profile_id]
        for done in effects.done:
            self.rung[done.run_id, done.node] += 1
        for event in effects.system_events:
            self.told[event.properties["run_id"], event.event] += 1
        for run in effects.new_runs:
            assert run.entered_at - run.event_time <= DAY, "history starts nothing"
            once = Version.objects.get(id=run.version_id).graph["reentry"] == "once"
            assert run.entry == 1 or not once, "once is once"
        assert all(run.profile_id not in self.merged for run in runs.values())

    @invariant()
    def nothing_twice(self) -> None:
        visits = Counter(db.fetch("SELECT run_id, node FROM journeys_stepexecution"))
        assert all(count <= visits[wait] for wait, count in self.rung.items()), "a wait ends once"
        assert all(count == 1 for count in self.told.values()), "entry and end are told once"
        acting = [type_ for type_, kind in step_kinds().items() if kind.acts]
        twice = db.fetch("SELECT run_id, node FROM journeys_stepexecution GROUP BY run_id, node HAVING COUNT(*) > 1")
        assert not [row for row in twice if row[1].split("-")[0] in acting], "a step that acts is done once in a run"

    @invariant()
    def messages_belong_to_visits(self) -> None:
        visits = {str(row[0]): row[1:] for row in db.fetch("SELECT id, run_id, node FROM journeys_stepexecution")}
        for key, run_id, node in Message.objects.values_list("idempotency_key", "run_id", "node"):
            assert visits[key] == (run_id, node)

    @invariant()
    def active_runs_wait_and_no_others(self) -> None:
        rows = db.fetch(
            "SELECT r.status, r.node, t.node, r.profile_id, r.entry_key FROM journeys_run r"
            " LEFT JOIN journeys_timer t ON t.run_id = r.id"
        )
        for status, node, timer, _person, _key in rows:
            assert (status == "active") == (timer is not None)
            assert timer is None or timer == node
        open_visits = db.fetch("SELECT run_id, node FROM journeys_stepexecution WHERE done_at IS NULL")
        assert sorted(open_visits) == sorted(db.fetch("SELECT run_id, node FROM journeys_timer"))
        active = [(person, key) for status, _, _, person, key in rows if status == "active"]
        assert len(active) == len(set(active)), "one run at a time for each person and key"

    @invariant()
    @precondition(lambda self: self.journey is not None)
    def nobody_oversleeps(self) -> None:
        status = service.get_journey(self.journey.id).status  # type: ignore[union-attr]
        overdue = db.fetch("SELECT COUNT(*) FROM journeys_timer WHERE due_at <= %s", [self.now])[0][0]
        assert status == "paused" or not overdue


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(
        Journeys,
        settings=settings(
            max_examples=100,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
        ),
    )
