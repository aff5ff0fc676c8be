"""What a journey does, scene by scene."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.delivery.models import Message
from quen.journeys import results, service, store
from quen.journeys.effects import Occurrence
from quen.journeys.fields import Known
from quen.journeys.models import Journey, Run, StepExecution, Timer, Version
from quen.journeys.reading import parse_graph
from quen.journeys.simulate import simulate
from quen.journeys.steps.base import Names
from quen.segments.models import Segment
from tests.unit.journeys.graphs import RULES, condition, email, graph, leave, traits, trees, wait, webhook
from tests.unit.journeys.world import DAY, HOUR, MINUTE, World

pytestmark = pytest.mark.django_db

CART = graph(
    wait("hour"),
    email("first"),
    wait("day", "1d"),
    condition("opened", [email("offer")], [leave("out")]),
    traits("mark", stage="reminded"),
    entry_key="properties.cart_id",
    exit_on=[{"event": "Goal"}],
)


def test_an_abandoned_cart() -> None:
    world = World(CART)
    entered = world.happen(1, "Start", cart_id="c1", total=5)
    assert [event.event for event in entered.system_events] == ["Journey Entered"]
    assert world.runs(1) == [("active", "", "hour")] and world.sent(1) == []
    world.wait(59 * MINUTE)
    assert world.sent(1) == []
    world.wait(MINUTE)
    assert world.sent(1) == ["first"]
    message = Message.objects.get()
    assert message.idempotency_key == str(StepExecution.objects.get(node="first").id)
    assert message.status == "queued" and message.payload["event"]["properties"] == {"cart_id": "c1", "total": 5}
    world.hold(1, "opened")
    ended = world.wait(DAY)
    assert world.sent(1) == ["first", "offer"]
    assert [(write.profile_id, write.traits) for write in ended.trait_writes] == [(1, {"stage": "reminded"})]
    assert world.runs(1)[0][:2] == ("done", "finished") and not Timer.objects.exists()


def test_the_other_branch_ends_at_its_exit() -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.wait(HOUR)
    world.wait(DAY)
    assert world.sent(1) == ["first"] and world.runs(1) == [("exited", "exit_step", "out")]


def test_an_event_ends_the_run_before_its_next_message() -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.happen(2, "Start")
    world.happen(1, "Goal")
    assert set(StepExecution.objects.values_list("outcome", flat=True)) == {"waiting", "left"}
    world.wait(HOUR)
    assert world.sent(1) == [] and world.runs(1)[0][:2] == ("exited", "exit_event")
    assert world.sent(2) == ["first"]


def test_a_run_that_starts_and_ends_in_one_batch_leaves_nothing_behind() -> None:
    world = World(CART)
    world.batch(Occurrence(1, "event", "Start", world.now), Occurrence(1, "event", "Goal", world.now))
    assert world.runs(1) == [("exited", "exit_event", "hour")] and not Timer.objects.exists()
    assert StepExecution.objects.get().outcome == "left"


def test_an_earlier_event_that_comes_late_ends_nothing() -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.happen(1, "Goal", age=HOUR)
    assert world.runs(1)[0][0] == "active"


def test_an_exit_may_want_the_same_key() -> None:
    world = World(CART | {"exit_on": [{"event": "Goal", "same_key": True}]})
    world.happen(1, "Start", cart_id="a")
    world.happen(1, "Start", cart_id="b")
    world.happen(1, "Goal", cart_id="b")
    assert [run[0] for run in world.runs(1)] == ["active", "exited"]


def test_two_carts_are_two_runs_and_one_cart_is_one() -> None:
    world = World(CART)
    for cart in ("a", "b", "a"):
        world.happen(1, "Start", cart_id=cart)
    assert len(world.runs(1)) == 2


def test_exit_when_is_asked_at_entry_and_before_each_step() -> None:
    world = World(graph(wait("w"), email("e"), exit_when=RULES[0]))
    world.hold(1, "exit_when")
    world.happen(1, "Start")
    assert world.runs(1) == []
    world.happen(2, "Start")
    world.hold(2, "exit_when")
    world.wait(HOUR)
    assert world.runs(2)[0][:2] == ("exited", "exit_rule") and world.sent(2) == []


def test_exit_when_is_asked_on_anything_that_happens() -> None:
    world = World(graph(wait("w", "30d"), email("e"), exit_when=RULES[0]))
    world.happen(1, "Start")
    world.hold(1, "exit_when")
    world.happen(1, "Anything")
    assert world.runs(1)[0][:2] == ("exited", "exit_rule")


def test_a_message_names_the_segment_that_must_be_asked_again() -> None:
    world = World(graph(email("e"), exit_when=RULES[0]))
    world.happen(1, "Start")
    version = Version.objects.get()
    assert Message.objects.get().payload["exit_segment"] == str(version.watches["exit_when"])


def test_segments_start_journeys_but_not_by_backfill_nor_long_after() -> None:
    segment = Segment.objects.create(id=5, name="Khách quen", rule=RULES[1], updated_at=0)
    world = World(graph(wait("w"), trigger={"type": "segment", "segment_id": "5"}))
    world.batch(Occurrence(1, "segment_entered", str(segment.id), world.now, backfill=True))
    world.batch(Occurrence(1, "segment_entered", str(segment.id), world.now - 2 * DAY))
    world.batch(Occurrence(1, "segment_exited", str(segment.id), world.now))
    assert world.runs(1) == []
    world.batch(Occurrence(1, "segment_entered", str(segment.id), world.now))
    assert len(world.runs(1)) == 1


def test_history_starts_nothing() -> None:
    world = World(CART)
    world.happen(1, "Start", age=25 * HOUR)
    assert world.runs(1) == []
    world.publish(CART | {"trigger": {"type": "event", "event": "Start", "max_age": "2d"}})
    world.happen(1, "Start", age=25 * HOUR)
    assert len(world.runs(1)) == 1


def test_filters_of_the_trigger() -> None:
    where = [{"property": "total", "op": "gte", "value": 100}]
    world = World(graph(wait("w"), trigger={"type": "event", "event": "Start", "where": where}))
    world.happen(1, "Start", total=99)
    world.happen(2, "Start", total="100")
    assert world.runs(1) == [] and len(world.runs(2)) == 1


@pytest.mark.parametrize(("reentry", "times"), [("once", 1), ("2h", 2), ("always", 3)])
def test_reentry(reentry: str, times: int) -> None:
    world = World(graph(wait("w"), reentry=reentry))
    for _ in range(3):
        world.happen(1, "Start")
        world.wait(HOUR + MINUTE)
    assert len(world.runs(1)) == times
    assert sorted(Run.objects.values_list("entry", flat=True)) == list(range(1, times + 1))


def test_every_event_of_one_batch_starts_a_journey_that_has_no_waits() -> None:
    world = World(graph(webhook("hook"), reentry="always"))
    world.batch(*(Occurrence(1, "event", "Start", world.now, {"n": n}) for n in range(3)))
    assert world.sent(1) == ["hook"] * 3


def test_waits_in_a_row_after_a_stop_are_still_waited_for() -> None:
    world = World(graph(wait("a"), email("x"), wait("b"), email("y")))
    world.happen(1, "Start")
    world.wait(5 * DAY)
    assert world.sent(1) == ["x"]
    world.wait(HOUR)
    assert world.sent(1) == ["x", "y"]


def test_due_runs_go_on_in_the_order_of_their_time() -> None:
    world = World(graph(wait("a"), email("x")))
    for person in (3, 1, 2):
        world.happen(person, "Start")
    world.wait(DAY)
    assert list(Message.objects.order_by("id").values_list("profile_id", flat=True)) == [3, 1, 2]


def test_a_crowd_of_due_runs_is_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "DUE_LIMIT", 3)
    world = World(graph(wait("a"), email("x")))
    world.batch(*(Occurrence(person, "event", "Start", world.now) for person in range(1, 9)))
    world.wait(HOUR)
    assert Message.objects.count() == 3
    assert store.next_due_at() is not None and store.next_due_at() <= world.now  # type: ignore[operator]
    world.wait(0)
    world.wait(0)
    assert Message.objects.count() == 8 and store.next_due_at() is None


def test_a_paused_journey_holds_everyone_and_lets_none_in() -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.happen(3, "Start")
    service.pause(service.get_journey(world.journey.id))
    world.happen(2, "Start")
    world.wait(DAY)
    world.happen(3, "Goal")
    assert world.sent(1) == [] and world.runs(2) == []
    assert world.runs(3)[0][:2] == ("exited", "exit_event"), "whoever should leave does"
    service.resume(service.get_journey(world.journey.id))
    world.wait(0)
    assert world.sent(1) == ["first"]


def test_archiving_ends_all_runs() -> None:
    world = World(CART)
    world.happen(1, "Start")
    service.archive(service.get_journey(world.journey.id))
    world.wait(0)
    assert world.runs(1) == [("exited", "archived", "hour")] and not Timer.objects.exists()


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [("keep", ("active", "", "hour")), ("move", ("active", "", "hour")), ("exit", ("exited", "replaced", "hour"))],
)
def test_people_waiting_when_a_new_version_is_published(waiting: str, expected: tuple[str, str, str]) -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.publish(CART | {"nodes": [wait("hour"), email("other")]}, waiting)
    assert world.runs(1) == [expected]
    world.wait(HOUR)
    assert world.sent(1) == {"keep": ["first"], "move": ["other"], "exit": []}[waiting]


def test_moving_people_whose_step_is_gone_ends_their_runs() -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.publish(CART | {"nodes": [email("other")]}, "move")
    assert world.runs(1) == [("exited", "step_removed", "hour")]


def test_a_step_done_before_the_move_is_not_done_again() -> None:
    world = World(graph(email("x"), wait("a"), email("y")))
    world.happen(1, "Start")
    world.publish(graph(wait("a"), email("x"), email("y")), "move")
    world.wait(HOUR)
    assert world.sent(1) == ["x", "y"]


def test_the_old_version_serves_until_the_rules_of_the_new_one_are_computed() -> None:
    world = World(graph(wait("a"), email("x")))
    journey = service.get_journey(world.journey.id)
    service.save_draft(journey, graph(email("z"), exit_when=RULES[0]))
    service.publish(journey, "keep", "test")
    world.happen(1, "Start")
    assert world.runs(1) == [("active", "", "a")]
    Segment.objects.update(status="live")
    world.batch()
    world.happen(2, "Start")
    assert world.sent(2) == ["z"]


def test_a_first_version_starts_when_its_rules_are_computed() -> None:
    journey = service.create_journey("Mới", "test", graph(wait("a"), exit_when=RULES[0]))
    service.publish(journey, "keep", "test")
    assert Journey.objects.get().status == "starting"
    world = World(graph(wait("b")))
    world.batch()
    assert set(Journey.objects.values_list("status", flat=True)) == {"live"}


def test_rules_that_nobody_is_asked_any_more_are_not_followed() -> None:
    world = World(graph(wait("a"), email("x"), exit_when=RULES[0]))
    world.happen(1, "Start")
    world.publish(graph(wait("b"), email("x"), exit_when=RULES[1]))

    def followed() -> set[Any]:
        rules = Segment.objects.filter(kind="internal").exclude(status="archived").values_list("rule", flat=True)
        return {rule.get("event") or rule["trait"] for rule in rules}

    assert followed() == {"Order Completed", "city"}, "someone is still in the first version"
    world.wait(HOUR)
    world.publish(graph(wait("c"), email("x"), exit_when=RULES[2]))
    service.archive(service.get_journey(world.journey.id))
    assert followed() == {"vip"}


def test_runs_follow_a_merge_and_the_younger_of_two_ends() -> None:
    world = World(CART)
    world.happen(1, "Start", cart_id="a")
    world.happen(2, "Start", cart_id="a")
    world.happen(2, "Start", cart_id="b")
    effects = world.batch(merged={2: 1})
    assert sorted(world.runs(1)) == [("active", "", "hour"), ("active", "", "hour"), ("exited", "merged", "hour")]
    assert world.runs(2) == []
    assert [event.properties["reason"] for event in effects.system_events] == ["merged"]
    world.wait(HOUR)
    assert world.sent(1) == ["first", "first"]


def test_once_stays_once_after_a_merge() -> None:
    world = World(graph(email("x")))
    world.happen(1, "Start")
    world.happen(2, "Start")
    world.batch(Occurrence(2, "event", "Start", world.now), merged={2: 1})
    assert len(world.runs(1)) == 2 and world.sent(1) + world.sent(2) == ["x", "x"]


def test_merges_in_a_chain() -> None:
    world = World(CART)
    for person in (1, 2, 3):
        world.happen(person, "Start")
    world.batch(merged={3: 2, 2: 1})
    assert [run[0] for run in world.runs(1)] == ["active", "exited", "exited"]


def test_counts_and_who_is_behind_them() -> None:
    world = World(CART)
    world.happen(1, "Start")
    world.happen(2, "Start")
    world.wait(HOUR)
    world.happen(3, "Start")
    world.happen(2, "Goal")
    counts = results.counts(world.journey.id)
    assert (counts.entered, counts.active, counts.ended) == (3, 2, {"exit_event": 1})
    hour, first = counts.steps["hour"], counts.steps["first"]
    assert (hour.entered, hour.waiting, hour.passed) == (3, 1, 2)
    assert first.entered == 2 and first.messages == {"queued": 2}

    def behind(node: str, state: str) -> list[int]:
        return [present.profile_id for present in results.people(world.journey.id, node, state, None, 10)]

    assert behind("hour", "waiting") == [3] and behind("day", "waiting") == [1]
    assert behind("", "active") == [3, 1] and behind("", "ended-exit_event") == [2]
    assert behind("first", "queued") == [2, 1] and behind("first", "opened") == []
    assert results.people(world.journey.id, "hour", "waiting", None, 10)[0].until is not None
    assert [run["profile_id"] for run in results.runs(world.journey.id, None, 10, "active")] == [3, 1]
    assert results.history([2])[0]["reason"] == "exit_event"


def test_a_batch_asks_as_many_questions_for_many_as_for_one(django_assert_max_num_queries: Any) -> None:
    world = World(CART)
    world.batch(*(Occurrence(person, "event", "Start", world.now) for person in range(1, 400)))
    with django_assert_max_num_queries(25):
        world.wait(HOUR)
    assert Message.objects.count() == 399


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=trees(), yes=st.booleans())
def test_the_dry_walk_is_the_way_people_go(steps: list[dict[str, Any]], yes: bool) -> None:
    read = parse_graph(graph(*steps), Known())
    world = World(graph(*steps, reentry="always"))
    for version in Version.objects.all():
        if yes:
            world.holds[1] = set(version.watches.values())
    world.happen(1, "Start")
    for _ in range(40):  # a wait for each of the 32 steps at most
        world.wait(3 * HOUR)
    walked = [dry.step.id for dry in simulate(read, 0, lambda step: yes, Names())]
    run = Run.objects.filter(journey_id=world.journey.id).get()
    done = StepExecution.objects.filter(run_id=run.id).order_by("id").values_list("node", flat=True)
    assert list(done) == walked and run.status != "active"
    Journey.objects.filter(id=world.journey.id).update(status="archived")
