"""What people do to a draft, on its JSON: add, change, move and take away steps. Pure; a draft may have problems.

A place for a step is text: `start`, `after:n3` (behind a step) or `in:n3:yes` (first in its branch).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from quen.errors import InvalidInput, NotFound
from quen.journeys.graph import MAX_STEPS
from quen.journeys.steps import step_kinds

Draft = dict[str, Any]
Steps = list[dict[str, Any]]


def empty_draft() -> Draft:
    return {"trigger": None, "entry_key": None, "reentry": "once", "exit_when": None, "exit_on": [], "nodes": []}


def add_step(draft: Draft, place: str, type_: str, node: str) -> Draft:
    """The draft with a new step of this type, its fields at their defaults. Raises InvalidInput, NotFound."""
    kind = step_kinds().get(type_)
    if kind is None:
        raise InvalidInput(f"type: {type_[:40]!r} is no kind of step; known: {', '.join(step_kinds())}")
    result = copy.deepcopy(draft)
    if count_steps(result["nodes"]) >= MAX_STEPS:
        raise InvalidInput(f"a journey has at most {MAX_STEPS} steps")
    steps, index = _find_place(result, place)
    step = {"id": node, "type": type_} | {f.name: copy.deepcopy(f.default) for f in kind.fields}
    steps.insert(index, step | {name: [] for name in kind.branches})
    return result


def change_step(draft: Draft, node: str, values: Mapping[str, Any]) -> Draft:
    """The draft with these fields of a step, whatever they hold: reading says what is wrong with them."""
    result = copy.deepcopy(draft)
    steps, index = find_step(result, node)
    known = {field.name for field in step_kinds()[steps[index]["type"]].fields}
    steps[index].update({name: value for name, value in values.items() if name in known})
    return result


def move_step(draft: Draft, node: str, by: int) -> Draft:
    """The draft with a step, and what is in it, one place up (-1) or down (1) among its neighbours."""
    result = copy.deepcopy(draft)
    steps, index = find_step(result, node)
    to = min(max(index + by, 0), len(steps) - 1)
    steps.insert(to, steps.pop(index))
    return result


def delete_step(draft: Draft, node: str) -> Draft:
    """The draft without a step and all that is in its branches."""
    result = copy.deepcopy(draft)
    steps, index = find_step(result, node)
    del steps[index]
    return result


def find_step(draft: Draft, node: str) -> tuple[Steps, int]:
    """The list that holds a step, and where in it. Raises NotFound."""
    found = _search(draft["nodes"], node)
    if found is None:
        raise NotFound(f"there is no step {node[:60]!r} in this draft; reload the page")
    return found


def _search(steps: Steps, node: str) -> tuple[Steps, int] | None:
    for index, step in enumerate(steps):
        if step["id"] == node:
            return steps, index
        for name in step_kinds()[step["type"]].branches:
            if (found := _search(step.get(name, []), node)) is not None:
                return found
    return None


def _find_place(draft: Draft, place: str) -> tuple[Steps, int]:
    match place.split(":"):
        case ["start"]:
            return draft["nodes"], 0
        case ["after", node]:
            steps, index = find_step(draft, node)
            return steps, index + 1
        case ["in", node, branch]:
            steps, index = find_step(draft, node)
            if branch in step_kinds()[steps[index]["type"]].branches:
                return steps[index].setdefault(branch, []), 0
    raise InvalidInput(f"place: {place[:60]!r} is not a place in this draft; reload the page")


def count_steps(steps: Steps) -> int:
    return sum(
        1 + sum(count_steps(step.get(name, [])) for name in step_kinds()[step["type"]].branches) for step in steps
    )
