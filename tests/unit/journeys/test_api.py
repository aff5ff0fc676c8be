"""Journeys by the JSON API: shapes, errors, roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.test import Client

from quen.accounts.keys import create_key
from quen.delivery.models import Template
from quen.journeys import store
from tests.unit.journeys.graphs import RULES, TEMPLATE, condition, email, graph, wait
from tests.unit.journeys.world import HOUR, World

pytestmark = pytest.mark.django_db
Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def call() -> Call:
    """`call("POST", "journeys", {...})` → (status, JSON), with an owner's key or that of another role."""
    store.forget_definitions()
    Template.objects.get_or_create(id=int(TEMPLATE), defaults={"name": "Nhắc", "body": "", "updated_at": 0})

    def ask(method: str, path: str, body: Any = None, *, role: str = "owner") -> tuple[int, Any]:
        _key, secret = create_key("test", role)
        answer = Client().generic(
            method,
            f"/api/v1/{path}",
            b"" if body is None else msgspec.json.encode(body),
            "application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
        return answer.status_code, msgspec.json.decode(answer.content)

    return ask


def test_make_change_publish_pause_resume_archive(call: Call) -> None:
    status, made = call("POST", "journeys", {"name": "Giỏ hàng", "graph": {"nodes": [wait("w")]}})
    assert status == 201 and made["status"] == "draft" and made["version"] is None
    assert [problem["path"] for problem in made["problems"]] == ["$.trigger"]
    path = f"journeys/{made['id']}"
    status, refused = call("POST", f"{path}/publish")
    assert (status, refused["code"]) == (422, "invalid_graph")
    assert refused["details"]["problems"][0]["path"] == "$.trigger"
    status, changed = call("PATCH", path, {"name": "Nhắc giỏ hàng", "graph": graph(wait("w"), email("e"))})
    assert status == 200 and changed["name"] == "Nhắc giỏ hàng" and changed["problems"] == []
    assert len(changed["summary"]) == 4
    status, live = call("POST", f"{path}/publish", {"waiting": "keep"})
    assert (status, live["status"], live["version"]) == (200, "live", 1)
    assert live["published"]["graph"] == graph(wait("w"), email("e")) and live["created_at"].endswith("Z")
    assert call("POST", f"{path}/pause")[1]["status"] == "paused"
    assert call("POST", f"{path}/pause")[0] == 409
    assert call("POST", f"{path}/resume")[1]["status"] == "live"
    assert call("POST", f"{path}/archive")[1]["status"] == "archived"
    assert call("PATCH", path, {"graph": graph(wait("w"))})[0] == 409


def test_a_graph_that_is_no_tree_is_refused_and_nothing_is_made(call: Call) -> None:
    status, refused = call("POST", "journeys", {"name": "X", "graph": {"nodes": [{"id": "a", "type": "fly"}]}})
    assert status == 422 and refused["details"]["problems"][0]["path"] == "$.nodes[0]"
    assert call("GET", "journeys")[1] == {"items": [], "next": None}
    refused_graphs: list[Any] = [
        [],
        {"nodes": {}},
        {"nodes": [1]},
        {"nodes": [], "x": 1},
        {"nodes": [{"type": []}]},
    ]
    for broken in refused_graphs:
        assert call("POST", "journeys", {"name": "X", "graph": broken})[0] == 422


def test_lists_have_cursors_and_ids_are_texts(call: Call) -> None:
    for number in range(3):
        call("POST", "journeys", {"name": f"J{number}"})
    _, first = call("GET", "journeys?limit=2")
    _, second = call("GET", f"journeys?limit=2&cursor={first['next']}")
    assert [item["name"] for item in first["items"] + second["items"]] == ["J2", "J1", "J0"]
    assert second["next"] is None and isinstance(first["items"][0]["id"], str)
    assert call("GET", "journeys?cursor=rubbish")[0] == 422


def test_runs_and_counts(call: Call) -> None:
    world = World(graph(wait("w"), condition("c", [email("e")], [], RULES[1])))
    world.happen(1, "Start")
    world.happen(2, "Start")
    world.hold(1, "c")
    world.wait(HOUR)
    world.happen(3, "Start")
    path = f"journeys/{world.journey.id}"
    _, runs = call("GET", f"{path}/runs?status=active")
    assert [run["profile_id"] for run in runs["items"]] == ["3"]
    assert runs["items"][0]["node"] == "w" and runs["items"][0]["due_at"].endswith("Z")
    assert len(call("GET", f"{path}/runs")[1]["items"]) == 3
    assert call("GET", f"{path}/runs?status=lost")[0] == 422
    _, found = call("GET", path)
    assert found["counts"]["entered"] == 3 and found["counts"]["ended"] == {"finished": 2}
    assert found["counts"]["steps"]["c"]["outcomes"] == {"yes": 1, "no": 1}


def test_roles(call: Call) -> None:
    assert call("POST", "journeys", {"name": "X"}, role="analyst")[0] == 403
    assert call("GET", "journeys", role="analyst")[0] == 200
    assert call("GET", "journeys", role="developer")[0] == 403
    assert call("GET", "journeys/12345")[0] == 404


def test_a_segment_that_starts_a_journey_is_not_taken_away(call: Call) -> None:
    segment = call("POST", "segments", {"name": "Ở Huế", "rule": {"trait": "city", "op": "eq", "value": "Huế"}})[1]
    draft = {"trigger": {"type": "segment", "segment_id": segment["id"], "max_age": "24h"}, "nodes": [wait("w")]}
    journey = call("POST", "journeys", {"name": "Mời ăn chè", "graph": draft})[1]
    status, refused = call("DELETE", f"segments/{segment['id']}")
    assert (status, refused["details"]["used_by"]) == (409, ["Mời ăn chè"])
    call("POST", f"journeys/{journey['id']}/archive")
    assert call("DELETE", f"segments/{segment['id']}")[0] < 300
