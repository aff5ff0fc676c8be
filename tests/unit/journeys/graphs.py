"""Graphs for tests: small builders, and a strategy for random trees."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEMPLATE = "77"
RULES = [
    {"event": "Order Completed", "count": {"op": "gte", "value": 1}},
    {"trait": "city", "op": "eq", "value": "Huế"},
    {"trait": "vip", "op": "exists"},
]


def wait(node: str, duration: str = "1h") -> dict[str, Any]:
    return {"id": node, "type": "wait", "duration": duration}


def email(node: str, template: str = TEMPLATE) -> dict[str, Any]:
    return {"id": node, "type": "email", "template_id": template}


def condition(node: str, yes: list[Any], no: list[Any], rule: Any = RULES[0]) -> dict[str, Any]:
    return {"id": node, "type": "condition", "rule": rule, "yes": yes, "no": no}


def traits(node: str, **values: Any) -> dict[str, Any]:
    return {"id": node, "type": "traits", "traits": values}


def leave(node: str) -> dict[str, Any]:
    return {"id": node, "type": "exit"}


def webhook(node: str) -> dict[str, Any]:
    return {"id": node, "type": "webhook", "url": "https://example.com/hook"}


def graph(*nodes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A journey that "Start" starts."""
    return {
        "trigger": {"type": "event", "event": "Start"},
        "entry_key": None,
        "reentry": "once",
        "exit_when": None,
        "exit_on": [],
        "nodes": list(nodes),
    } | changes


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> list[dict[str, Any]]:
    """Steps with unique ids, of which none is out of reach. The ids of one tree come again in others."""
    return _named(draw(_steps(depth)))


def _steps(depth: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    plain = st.sampled_from([wait("", "20m"), wait("", "3h"), email(""), webhook(""), traits("", stage="in")])
    if depth == 0:
        return st.lists(plain, max_size=3)
    branch = st.lists(plain, max_size=2) if depth == 1 else _steps(depth - 1)
    # Where both ways ended, nothing below could be reached: only one of them may.
    closed = branch.map(lambda steps: [*steps, leave("")])
    split = st.builds(condition, st.just(""), branch, st.one_of(branch, closed), st.sampled_from(RULES))
    return st.lists(st.one_of(plain, plain, split), min_size=1, max_size=4)


def _named(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    count: dict[str, int] = {}

    def name(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        named = []
        for item in items:
            count[item["type"]] = count.get(item["type"], 0) + 1
            step = item | {"id": f"{item['type']}-{count[item['type']]}"}
            named.append(step | {branch: name(step[branch]) for branch in ("yes", "no") if branch in step})
        return named

    return name(steps)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    return graph(
        *draw(trees()),
        entry_key=draw(st.sampled_from([None, "properties.cart_id"])),
        reentry=draw(st.sampled_from(["once", "always", "2h"])),
        exit_when=draw(st.sampled_from([None, *RULES])),
        exit_on=draw(st.sampled_from([[], [{"event": "Goal"}]])),
    )
