from __future__ import annotations

from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from quen.identity.explain import MOST_NODES, draw, explain, split_key
from quen.identity.models import Edge


def edge(number: int, kind: str, left: str, right: str = "", rule: str = "same_message") -> Edge:
    return Edge(
        id=number,
        at=number,
        kind=kind,
        left=left,
        right=right,
        profile_id=1,
        source_id=1,
        message_id=f"m{number}",
        rule=rule,
    )


def test_the_log_says_why() -> None:
    log = [
        edge(1, "create", "user_id||u1", rule="first_seen"),
        edge(2, "attach", "user_id||u1", "email||lan@x.vn"),
        edge(3, "merge", "user_id||u1", "anonymous_id||a|b"),
        edge(4, "conflict", "phone||+84912345678", "user_id||u2", "unique:user_id"),
    ]
    with override("en"):
        words = [(entry.title, entry.why) for entry in explain(log, lambda _type, value: value.upper())]
    assert words[-1] == ("The profile began with Customer code U1", "First message with it.")
    assert words[-2][0] == "E-mail LAN@X.VN was added to Customer code U1"
    assert "Anonymous visitor id A|B" in words[-3][0]
    assert "different Customer code" in words[0][1]


def test_keys_split_at_the_first_two_bars() -> None:
    assert split_key("external_id|pos|a|b") == ("external_id", "pos", "a|b")


keys = st.integers(0, 30).map(lambda n: f"t||{n}")


@given(st.lists(st.tuples(st.sampled_from(["attach", "merge", "create"]), keys, keys), max_size=60), st.integers(0, 31))
def test_any_log_can_be_drawn(entries: list[tuple[str, str, str]], known: int) -> None:
    identifiers = [(f"t||{n}", "t", "t", str(n)) for n in range(known)]
    graph = draw(identifiers, [edge(i, *entry) for i, entry in enumerate(entries)], lambda _type: True)
    assert len(graph.nodes) == min(known, MOST_NODES)
    assert graph.left_out == known - len(graph.nodes)
    places = [(node.x, node.y) for node in graph.nodes]
    assert len(set(places)) == len(places)
    assert all(0 <= x < graph.width and 0 <= y < graph.height for x, y in places)
