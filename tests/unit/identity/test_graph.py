from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quen.identity.evidence import live_ties
from quen.identity.graph import MOST_NODES, Graph, Shown, draw
from quen.identity.models import Edge
from tests.unit.identity.test_explain import edge


def shown(key: str, *, strong: bool = True) -> Shown:
    return Shown(key, key, "id", "t", key, "Shop", 1, strong)


def drawn(items: list[Shown], log: list[Edge], marked: tuple[int, ...] = (), *, narrow: bool = False) -> Graph:
    return draw(items, log, live_ties(log), 1, marked, narrow=narrow)


keys = st.integers(0, 30).map(lambda n: f"t||{n}")
kinds = st.sampled_from(["attach", "merge", "create", "link", "remove", "shared"])


@given(
    st.lists(st.tuples(kinds, keys, keys, st.integers(1, 6)), max_size=60),
    st.integers(0, 80),
    st.sets(st.integers(0, 30)),
    st.booleans(),
)
def test_any_log_can_be_drawn(
    entries: list[tuple[str, str, str, int]], known: int, strong: set[int], narrow: bool
) -> None:
    log = []
    for number, (kind, left, right, profile) in enumerate(entries):
        log.append(edge(number, kind, left, right))
        log[-1].profile_id = profile
    graph = drawn([shown(f"t||{n}", strong=n in strong) for n in range(known)], log, narrow=narrow)
    bundled = sum(panel.left_out for panel in graph.panels)
    assert len(graph.nodes) + bundled == min(known, MOST_NODES)
    assert graph.left_out == max(0, known - MOST_NODES)
    places = [(node.x, node.y) for node in graph.nodes]
    assert len(set(places)) == len(places)
    assert all(n.x >= 0 and n.x + n.width <= graph.width for n in graph.nodes)
    assert all(n.y >= 0 and n.y + n.height <= graph.height for n in graph.nodes)
    for one in graph.panels:
        for other in graph.panels:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart = apart or one.y + one.height <= other.y or other.y + other.height <= one.y
            assert one is other or apart


def test_merged_profiles_stand_beside_the_strongest() -> None:
    log = [
        edge(1, "create", "anonymous_id||a"),
        edge(2, "create", "user_id||u"),
        edge(3, "attach", "user_id||u", "email||e"),
        edge(4, "merge", "anonymous_id||a", "user_id||u"),
    ]
    for entry in log[1:3]:
        entry.profile_id = 2
    items = [shown("user_id||u"), shown("email||e"), shown("anonymous_id||a", strong=False)]
    graph = drawn(items, log, marked=(4,))
    assert [(panel.main, [item.key for item in panel.items]) for panel in graph.panels] == [
        (True, ["user_id||u", "email||e"]),
        (False, ["anonymous_id||a"]),
    ]
    assert [(line.kind, line.marked) for line in graph.lines] == [("tie", False), ("merge", True)]
    narrow = drawn(items, log, narrow=True)
    assert narrow.width < 320 < graph.width
    assert narrow.panels[1].y > narrow.panels[0].y + narrow.panels[0].height


def test_many_visitors_share_a_panel() -> None:
    log = [edge(1, "create", "user_id||u")]
    for n in range(20):
        log.append(edge(10 + 2 * n, "create", f"anonymous_id||{n}"))
        log[-1].profile_id = 100 + n
        log.append(edge(11 + 2 * n, "merge", "user_id||u", f"anonymous_id||{n}"))
    items = [shown("user_id||u"), *(shown(f"anonymous_id||{n}", strong=False) for n in range(20))]
    graph = drawn(items, log)
    assert [panel.count for panel in graph.panels] == [1, 20]
    assert len(graph.lines) == 1
