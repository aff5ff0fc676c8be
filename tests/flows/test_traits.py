"""Traits with where they are from, through the edge, the engine and the API of a running Quen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import Quen, eventually, unique

START = datetime.now(UTC) - timedelta(days=3)


def says(user: str, minute: int, **traits: Any) -> dict[str, Any]:
    """An identify of three days ago."""
    at = (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": "identify", "userId": user, "traits": traits, "timestamp": at}


def traits_of(quen: Quen, user: str, role: str = "owner") -> dict[str, dict[str, Any]]:
    answer = quen.api(role).get(f"profiles/user_id:{user}/traits")
    assert answer.status_code == 200, answer.text
    return {trait["name"]: trait for trait in answer.json()["items"]}


def history_of(quen: Quen, user: str, name: str, role: str = "owner", **params: Any) -> dict[str, Any]:
    answer = quen.api(role).get(f"profiles/user_id:{user}/traits/{name}/history", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def source_id(quen: Quen, name: str) -> str:
    listed = quen.api().get("sources", params={"limit": 200}).json()["items"]
    return next(str(s["id"]) for s in listed if s["name"] == name)


def set_strategies(quen: Quen, **strategies: Any) -> None:
    """For names of the test's own: others keep theirs."""
    before = quen.api().get("settings/traits").json()["strategies"]
    answer = quen.api().put("settings/traits", json={"strategies": before | strategies})
    assert answer.status_code == 200, answer.text


def test_every_trait_says_where_it_is_from_and_what_else_was_seen(quen: Quen) -> None:
    user = f"u-{unique()}"
    till = quen.source("server", "Till of the trait tests")
    quen.send(says(user, 1, city="Huế", tier="silver"), says(user, 3, city="Vinh"), says(user, 4, city="Vinh"))
    quen.send(says(user, 2, city="Đà Lạt"), says(user, 5, tier="gold"), says(user, 6, gone="x"), source=till)
    quen.send(says(user, 7, gone=None), source=till)
    quen.settle()
    traits = traits_of(quen, user)
    assert traits.keys() == {"city", "tier"}
    city = traits["city"]
    assert (city["value"], city["strategy"], city["source"]["name"]) == ("Vinh", "latest", "Tests server")
    assert [(o["value"], o["source"]["name"], o["count"]) for o in city["others"]] == [
        ("Đà Lạt", "Till of the trait tests", 1),
        ("Huế", "Tests server", 1),
    ]
    assert (traits["tier"]["value"], traits["tier"]["source"]["name"]) == ("gold", "Till of the trait tests")
    history = history_of(quen, user, "city")["items"]
    assert [(c["old"], c["new"], c["event"]["name"]) for c in history] == [
        ("Đà Lạt", "Vinh", "Identified"),
        ("Huế", "Đà Lạt", "Identified"),
        (None, "Huế", "Identified"),
    ]
    assert [(c["old"], c["new"]) for c in history_of(quen, user, "gone")["items"]] == [("x", None), (None, "x")]


def test_the_history_comes_page_by_page(quen: Quen) -> None:
    user = f"u-{unique()}"
    quen.send(*(says(user, n, step=n) for n in range(7)))
    quen.settle()
    seen: list[int] = []
    before = ""
    while before is not None:
        answer = history_of(quen, user, "step", limit=3, before=before)
        seen += [change["new"] for change in answer["items"]]
        before = answer["next"]
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert quen.api().get(f"profiles/user_id:{user}/traits/step/history", params={"before": "x"}).status_code == 422


def test_the_same_trait_read_by_every_strategy_and_the_present_data_made_anew(quen: Quen) -> None:
    mark = unique(8)
    user, old = f"u-{mark}", f"v-{mark}"
    till = quen.source("server", f"Till {mark}")
    names = {s: f"{s}_{mark}" for s in ("first", "most_frequent", "source_priority", "keep_all", "latest")}
    story = [(1, "a", None), (2, "b", till), (3, "b", None), (4, "c", None)]
    for minute, value, source in story:
        quen.send(says(old, minute, **dict.fromkeys(names.values(), value)), source=source)
    quen.settle()
    assert quen.profile(f"user_id:{old}")["traits"][names["first"]] == "c"
    set_strategies(
        quen,
        **{name: {"strategy": s} for s, name in names.items() if s not in {"latest", "source_priority"}},
        **{names["source_priority"]: {"strategy": "source_priority", "sources": [source_id(quen, f"Till {mark}")]}},
    )
    expected = {"first": "a", "most_frequent": "b", "source_priority": "b", "keep_all": ["a", "b", "c"], "latest": "c"}
    # What comes from now on (a moment later: the engine takes new settings between two batches).
    eventually(lambda: _tells(quen, f"{user}-{unique(6)}", names["keep_all"]))
    for minute, value, source in story:
        quen.send(says(user, minute, **dict.fromkeys(names.values(), value)), source=source)

    def values(of: str) -> dict[str, Any]:
        return {s: quen.profile(f"user_id:{of}")["traits"].get(name) for s, name in names.items()}

    quen.settle()
    assert values(user) == expected
    assert values(old) == dict.fromkeys(names, "c")
    answer = quen.api().post("settings/traits/rebuild")
    assert answer.status_code == 202
    done = eventually(lambda: r if (r := quen.api().get("settings/traits").json()["rebuild"])["done_at"] else None)
    assert done["changed"] >= 1
    assert values(old) == values(user) == expected
    assert traits_of(quen, old)[names["source_priority"]]["source"]["name"] == f"Till {mark}"


def _tells(quen: Quen, user: str, name: str) -> bool:
    quen.send(says(user, 1, **{name: "x"}))
    return isinstance(quen.profile(f"user_id:{user}")["traits"].get(name), list)


def test_a_browser_changes_no_contact_data(quen: Quen) -> None:
    mark = unique()
    user, email = f"u-{mark}", f"lan.{mark}@example.com"
    browser = quen.source("browser")
    quen.send(says(user, 1, email=email, city="Huế"))
    quen.settle()
    quen.send(says(user, 2, email=f"thief.{mark}@example.com", city="Vinh"), source=browser)
    quen.send(says(user, 3, email=None, seen=True), source=browser)
    quen.settle()
    traits = traits_of(quen, user)
    assert (traits["email"]["value"], traits["city"]["value"]) == (email, "Vinh")
    assert traits["email"]["others"] == []
    assert [c["new"] for c in history_of(quen, user, "email")["items"]] == [email]


def test_who_may_not_see_contact_data_sees_it_masked_everywhere(quen: Quen) -> None:
    mark = unique()
    user = f"u-{mark}"
    quen.send(says(user, 1, email=f"old.{mark}@example.com"), says(user, 2, email=f"new.{mark}@example.com"))
    quen.settle()
    email = traits_of(quen, user, "analyst")["email"]
    assert email["value"] == "n•••@example.com"
    assert [o["value"] for o in email["others"]] == ["o•••@example.com"]
    change = history_of(quen, user, "email", "analyst")["items"][0]
    assert (change["old"], change["new"]) == ("o•••@example.com", "n•••@example.com")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"tier": {"strategy": "best"}}, "tier"),
        ({"tier": {"strategy": "source_priority"}}, "tier"),
        ({"tier": {"strategy": "first", "sources": ["1"]}}, "tier"),
        ({"tier": {"strategy": "source_priority", "sources": ["1", "1"]}}, "tier"),
        ({"tier": {"strategy": "source_priority", "sources": ["x"]}}, "tier"),
        ({"": {"strategy": "first"}}, ""),
        ({"tier": ["first"]}, "tier"),
        ({"email": {"strategy": "keep_all"}}, "email"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_the_place(quen: Quen, document: Any, place: str) -> None:
    answer = quen.api().put("settings/traits", json={"strategies": document})
    assert answer.status_code == 422
    assert place in answer.json()["details"]


def test_only_who_may_changes_the_settings(quen: Quen) -> None:
    for role in ("marketer", "care", "analyst"):
        assert quen.api(role).put("settings/traits", json={"strategies": {}}).status_code == 403
        assert quen.api(role).post("settings/traits/rebuild").status_code == 403
        assert quen.api(role).get("settings/traits").status_code == 403
    assert quen.api("developer").get("settings/traits").status_code == 200
    assert quen.api("developer").get("profiles/user_id:x/traits").status_code == 403
