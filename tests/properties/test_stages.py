"""RFM and lifecycle: what is kept live and what SQL says of the history are one and the same."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.computed import rfm_boundaries
from quen.computed.kinds import lifecycle, rfm
from quen.computed.kinds.base import Kind
from quen.events.store import event_store
from quen.segments.conditions.base import SqlContext
from quen.segments.grammar import DAY, Place
from quen.segments.measure import SCALE
from quen.segments.sql import no_rule
from tests.conformance.segment_world import NOON, ZONE, Person, person, store_people

HOUR = DAY // 24
hours = st.integers(1, 40)
offsets = st.one_of(
    st.integers(-2, 90).map(lambda hour: hour * HOUR),
    st.sampled_from([0, 1, -1, DAY, DAY - 1, DAY + 1, 2 * DAY, 2 * DAY + 1]),
)
amounts = st.sampled_from([0, 5, 7.5, "12", "x", None, -3, True])
people = st.lists(st.lists(st.tuples(offsets, amounts, st.booleans()), max_size=8), min_size=1, max_size=4)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lifecycles(draw: st.DrawFn) -> dict[str, Any]:
    active = draw(hours)
    spans = {"new": draw(hours), "active": active, "lapsed": active + draw(hours), "returning": draw(hours)}
    return {key: f"{value}h" for key, value in spans.items()}


@quick
@given(st.data(), people, st.integers(0, 100))
def test_lifecycle(data: st.DataObject, histories: list[Any], later: int) -> None:
    event = f"Bought {uuid4().hex}"
    operand = lifecycle.KIND.parse({"event": event, **data.draw(st.composite(lifecycles)())}, Place())
    agree(lifecycle.KIND, operand, written(event, histories), NOON + later * HOUR)


@quick
@given(st.data(), people, st.integers(0, 100))
def test_rfm_by_thresholds(data: st.DataObject, histories: list[Any], later: int) -> None:
    event = f"Bought {uuid4().hex}"
    four = st.lists(st.integers(1, 60), min_size=4, max_size=4, unique=True).map(sorted)
    thresholds = {
        "recency": [f"{hour}h" for hour in data.draw(four)],
        "frequency": data.draw(four),
        "monetary": data.draw(four),
    }
    spec = {"event": event, "within": f"{data.draw(hours)}h", "scoring": "thresholds", "thresholds": thresholds}
    where = data.draw(st.sampled_from([{}, {"where": [{"property": "total", "op": "gte", "value": 5}]}]))
    agree(rfm.KIND, rfm.KIND.parse({**spec, **where}, Place()), written(event, histories), NOON + later * HOUR)


@quick
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 6), st.sampled_from([0, 5, 5, 80])), max_size=30))
def test_quintiles(customers: list[tuple[int, int, int]]) -> None:
    """At most a fifth is above the last boundary, and whoever is equal has equal scores; live agrees with SQL."""
    event = f"Bought {uuid4().hex}"
    histories = [[(ago * HOUR + place, total, False) for place in range(orders)] for ago, orders, total in customers]
    stored = written(event, histories)
    unscored = rfm.KIND.parse({"event": event}, Place())
    found, people = rfm_boundaries.find(unscored, event_store(), NOON, ZONE)
    assert people == len(customers)
    assert (found is None) == (people < rfm_boundaries.FEWEST)
    if found is None:
        return
    operand = rfm.KIND.parse(rfm_boundaries.with_boundaries(rfm.KIND.to_json(unscored), found, people, NOON), Place())
    assert operand.boundaries == found
    values = agree(rfm.KIND, operand, stored, NOON)
    for part, worth in (
        ("r", [-min(ago for ago, _, _ in history) for history in histories]),
        ("f", [orders for _, orders, _ in customers]),
        ("m", [orders * total * SCALE for _, orders, total in customers]),
    ):
        for value, mine in zip(values, worth, strict=True):
            # Of n customers, those with no more than this are so many: the score is the fifth that they fill.
            assert value[part] == 1 + sum(5 * sum(w < mine for w in worth) >= fifth * people for fifth in (1, 2, 3, 4))


def written(event: str, histories: list[Any]) -> list[Person]:
    everyone = [
        person({}, [(event if not other else "Else", NOON - ago, {"total": total}) for ago, total, other in history])
        for history in histories
    ]
    store_people(everyone)
    return everyone


def agree(kind: Kind, operand: Any, everyone: list[Person], now: int) -> list[Any]:
    """The value of each, live as by SQL."""
    followed = kind.follows(operand, ZONE)[0]
    passes = [item.live(ZONE) for item in followed.where]
    context = SqlContext(now, ZONE, no_rule, tuple(who.id for who in everyone))
    rows = {int(id_): result for id_, result in event_store().rows(kind.sql(operand, context))}
    values = []
    for who in everyone:
        state = None
        for fact in who.facts:
            if fact.event in followed.events and all(each(fact.properties) for each in passes):
                state = followed.fold.add(state, fact, NOON)
        values.append(followed.fold.truth(state, now)[0])
        assert values[-1] == kind.of_sql(operand, rows.get(who.id), now)
    return values
