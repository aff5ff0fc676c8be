"""Reading a graph: everything that is wrong is said, each at its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.journeys.fields import Known
from quen.journeys.graph import entry_key, walk
from quen.journeys.reading import GraphError, parse_graph, read_graph
from quen.journeys.recipes import RECIPES, Recipe
from tests.unit.journeys.graphs import RULES, TEMPLATE, condition, email, graph, graphs, leave, traits, wait, webhook

KNOWN = Known(templates={TEMPLATE: "Nhắc giỏ hàng"}, segments={"5": "Khách quen"})


def problems(obj: Any) -> dict[str, str]:
    return {problem.path: problem.message for problem in read_graph(obj, KNOWN)[1] if not problem.warning}


def test_a_whole_journey_reads() -> None:
    read = parse_graph(
        graph(
            wait("a", "2d"),
            condition("b", [email("c")], [webhook("d"), leave("e")]),
            traits("f", stage="reminded", old=None),
            trigger={"type": "segment", "segment_id": "5"},
            reentry="30d",
            exit_when=RULES[0],
            exit_on=[{"event": "Order Completed", "where": [{"property": "total", "op": "gte", "value": 5}]}],
        ),
        KNOWN,
    )
    assert [step.id for step in walk(read.nodes)] == ["a", "b", "c", "d", "e", "f"]
    assert read.places["b"].branches == {"yes": "c", "no": "d"}
    assert read.places["c"].next == "f", "branches meet again"
    assert read.places["f"].next is None
    assert read.reentry == 30 * 86_400_000
    assert read.trigger.max_age == 86_400_000
    assert read.exit_on[0].match.holds({"total": 6}) and not read.exit_on[0].match.holds({"total": 4})


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        (graph(), "$.nodes"),
        (graph(email("a"), trigger=None), "$.trigger"),
        (graph(email("a"), trigger={"type": "event", "event": " "}), "$.trigger.event"),
        (graph(email("a"), trigger={"type": "segment", "segment_id": "6"}), "$.trigger.segment_id"),
        (graph(email("a"), trigger={"type": "time"}), "$.trigger.type"),
        (graph(email("a"), trigger={"type": "event", "event": "X", "max_age": "1s"}), "$.trigger.max_age"),
        (
            graph(email("a"), trigger={"type": "event", "event": "X", "where": [{"property": "t", "op": "?"}]}),
            "$.trigger.where[0].op",
        ),
        (graph(email("a", "78")), "$.nodes[0].template_id"),
        (graph(email("")), "$.nodes[0].id"),
        (graph(email("a"), email("a")), "$.nodes[1].id"),
        (graph({"id": "a", "type": "fly"}), "$.nodes[0]"),
        (graph(wait("a", "2 moons")), "$.nodes[0].duration"),
        (graph(wait("a", "366d")), "$.nodes[0].duration"),
        (graph(wait("a") | {"speed": 1}), "$.nodes[0].speed"),
        (graph(leave("a"), email("b")), "$.nodes[1]"),
        (graph(condition("a", [leave("b")], [leave("c")]), email("d")), "$.nodes[1]"),
        (graph(condition("a", [wait("b", "x")], [])), "$.nodes[0].yes[0].duration"),
        (graph(condition("a", [], [], {"trait": "city", "op": "?"})), "$.nodes[0].rule.op"),
        (graph(condition("a", [], [], {"segment": "6"})), "$.nodes[0].rule"),
        (graph(traits("a")), "$.nodes[0].traits"),
        (graph(traits("a", x=[1])), "$.nodes[0].traits.x"),
        (graph({"id": "a", "type": "webhook", "url": "ftp://x"}), "$.nodes[0].url"),
        (graph(email("a"), exit_when={"trait": "x"}), "$.exit_when"),
        (graph(email("a"), exit_on=[{"event": "Y", "same_key": True}]), "$.exit_on[0].same_key"),
        (graph(email("a"), entry_key="cart_id"), "$.entry_key"),
        (graph(email("a"), reentry="often"), "$.reentry"),
        (graph(email("a"), reentry="always", trigger={"type": "event", "event": "Email Sent"}), "$.reentry"),
        (graph(email("a"), colour="red"), "$.colour"),
        ([], "$"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(obj: Any, path: str) -> None:
    assert path in problems(obj)
    with pytest.raises(GraphError) as caught:
        parse_graph(obj, KNOWN)
    assert path in [problem["path"] for problem in caught.value.details["problems"]]


def test_all_problems_are_said_at_once() -> None:
    found = problems(graph(wait("a", "x"), email("b", "99"), trigger=None))
    assert set(found) == {"$.trigger", "$.nodes[0].duration", "$.nodes[1].template_id"}


def test_too_many_steps_and_many_steps() -> None:
    assert "$.nodes" in problems(graph(*(wait(f"w{i}") for i in range(201))))
    read, found = read_graph(graph(*(wait(f"w{i}") for i in range(31))), KNOWN)
    assert read is not None and [problem.warning for problem in found] == [True]


def test_nesting_has_a_bound() -> None:
    steps: list[dict[str, Any]] = [email("leaf")]
    for level in range(30):
        steps = [condition(f"c{level}", steps, [])]
    assert any(path.count(".yes") > 20 for path in problems(graph(*steps)))


@given(graphs())
def test_random_graphs_read_and_lead_on(obj: dict[str, Any]) -> None:
    read = parse_graph(obj, KNOWN)
    steps = list(walk(read.nodes))
    assert set(read.places) == {step.id for step in steps}
    order = {step.id: index for index, step in enumerate(steps)}
    for place in read.places.values():
        for following in (place.next, *place.branches.values()):
            # Ways lead only forwards: nothing can go round in a circle.
            assert following is None or order[following] > order[place.step.id]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "nodes", "yes", "rule", "trigger", "event", "where", "reentry", "exit_on", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_answered_with_problems(obj: Any) -> None:
    read, found = read_graph(obj, KNOWN)
    assert read is None and found


def test_entry_keys_come_from_the_event() -> None:
    assert entry_key(None, {"cart_id": "c"}) == ""
    assert entry_key("properties.cart_id", {"cart_id": 7}) == "7"
    assert entry_key("properties.cart.id", {"cart": {"id": "x"}}) == "x"
    assert entry_key("properties.cart_id", {}) == ""
    assert entry_key("properties.cart_id", {"cart_id": {"a": 1}}) == ""
    assert len(entry_key("properties.cart_id", {"cart_id": "x" * 500})) == 200


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.key)
def test_a_recipe_wants_nothing_but_its_templates(recipe: Recipe) -> None:
    assert {path.rsplit(".", 1)[-1] for path in problems(recipe.draft)} == {"template_id"}
