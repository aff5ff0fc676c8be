"""Duplicates on a running Quen: searched for in the background, decided by people and programs, remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest

from tests.support import Quen, eventually

_SYLLABLES = [first + vowel for first in "bdgklmnrst" for vowel in "aeo"]
_numbers = count(7_654_321)  # the same people each time: their names and birthdays decide what is found


@pytest.fixture(scope="module")
def pairs(quen: Quen) -> list[tuple[str, str]]:
    """People who are there twice, after one search; each test takes its own."""
    made = [twice(quen) for _ in range(5)]
    search(quen)
    return made


def test_two_records_of_one_person_are_found_and_merged(quen: Quen, pairs: list[tuple[str, str]]) -> None:
    web, till = pairs[0]
    pair = open_pair(quen, web, till)
    assert pair["probability"] > 0.9
    compared = {e["comparison"] for e in pair["evidence"]}
    assert compared >= {"prior", "birth"}
    assert compared & {"name", "family"}  # how names are compared follows from all that there are in this Quen
    assert sum(e["bits"] for e in pair["evidence"]) == pytest.approx(pair["bits"], abs=0.1)

    answer = quen.api("care").post(f"duplicates/{pair['id']}/merge", json={"note": "seen in the shop"})
    assert quen.order(answer)["status"] == "done"

    assert quen.profile(f"email:{web}")["id"] == quen.profile(f"customer_code:{till}")["id"]
    merged = quen.api().get(f"duplicates/{pair['id']}").json()
    assert merged["status"] == "merged" and merged["decided_by"], merged
    assert merged["left"]["profile"] == merged["right"]["profile"]
    assert quen.api().post(f"duplicates/{pair['id']}/not-same").status_code == 409


def test_decisions_outlast_searches_and_can_be_taken_back(quen: Quen, pairs: list[tuple[str, str]]) -> None:
    (said, put_off, parted) = (open_pair(quen, *pair) for pair in pairs[1:4])
    web, till = pairs[1]
    answer = quen.api().post(f"duplicates/{said['id']}/not-same")
    assert answer.status_code == 200 and answer.json()["status"] == "not_same"
    later = quen.api().post(f"duplicates/{put_off['id']}/later").json()
    assert later["status"] == "later" and later["later_until"] > later["decided_at"]
    # Merged, and taken apart again on the customer's page.
    assert quen.order(quen.api().post(f"duplicates/{parted['id']}/merge", json={}))["status"] == "done"
    person = quen.profile(f"email:{pairs[3][0]}")["id"]
    entry = next(m for m in quen.api().get(f"profiles/{person}/identity").json()["merges"] if m["live"])
    unmerged = quen.api().post(f"profiles/{person}/unmerge", json={"edge": entry["edge"]})
    assert quen.order(unmerged)["status"] == "done"
    assert quen.profile(f"email:{pairs[3][0]}")["id"] != quen.profile(f"customer_code:{pairs[3][1]}")["id"]
    # One of the two gets a stronger identifier: they are the same two people all the same.
    customer = f"tt-{next(_numbers)}"
    quen.send({"type": "identify", "userId": customer, "traits": {"email": web}})
    quen.settle()
    assert quen.profile(f"email:{web}")["id"] == quen.profile(f"user_id:{customer}")["id"]

    search(quen)
    assert quen.api().get(f"duplicates/{put_off['id']}").json()["status"] == "later"
    assert pair_of(quen, web, till, "open") is None
    assert pair_of(quen, *pairs[3], "open") is None

    assert quen.api().post(f"duplicates/{said['id']}/reopen").json()["status"] == "open"
    search(quen)
    assert pair_of(quen, web, till, "open") is not None


def test_masked_viewers_see_masked_identifiers(quen: Quen, pairs: list[tuple[str, str]]) -> None:
    web, till = pairs[4]
    pair = open_pair(quen, web, till)
    shown = quen.api("analyst").get(f"duplicates/{pair['id']}").text
    assert web not in shown and "•••" in shown


def test_the_report_counts_by_day(quen: Quen, pairs: list[tuple[str, str]]) -> None:
    report = quen.api().get("duplicates/report?days=7").json()
    assert len(report["items"]) == 7
    assert sum(day["found"] for day in report["items"]) >= len(pairs)
    assert sum(report["totals"].values()) >= len(pairs)


def test_what_may_not_be_is_said(quen: Quen) -> None:
    api = quen.api()
    assert api.get("duplicates?status=lost").status_code == 422
    assert api.get("duplicates/1").status_code == 404
    assert api.get("duplicates/runs/1").status_code == 404
    assert api.patch("duplicates/settings", json={"schedule": "hourly"}).json()["details"].keys() == {"schedule"}
    assert api.patch("duplicates/settings", json={"auto_threshold": 0.5}).status_code == 422
    assert api.get("duplicates/report?days=0").status_code == 422
    for role in ("analyst", "developer"):
        assert quen.api(role).post("duplicates/runs").status_code == 403
    assert quen.api("developer").get("duplicates").status_code == 403


def test_merging_by_itself_is_off_and_a_run_that_was_cut_off_says_so(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen()
    quen.start()
    web, till = twice(quen, at_home=True)
    search(quen)
    pair = open_pair(quen, web, till)
    assert pair["probability"] > 0.9999

    changed = quen.api().patch("duplicates/settings", json={"auto_merge": True, "auto_threshold": 0.9999})
    assert changed.status_code == 200 and changed.json()["auto_merge"] is True
    assert search(quen)["merged"] == 1
    eventually(lambda: quen.api().get(f"duplicates/{pair['id']}").json()["status"] == "merged")
    assert quen.api().get(f"duplicates/{pair['id']}").json()["decided_by"] == "Quen"

    def cut_off() -> bool:  # unless it is over before the app is
        run = quen.api().post("duplicates/runs").json()
        quen.restart_app()
        return bool(quen.api().get(f"duplicates/runs/{run['id']}").json()["status"] == "interrupted")

    eventually(cut_off, 300)
    assert search(quen)["status"] == "done"


def twice(quen: Quen, *, at_home: bool = False) -> tuple[str, str]:
    """One person at the website and at the till, whom no identifier ties: (e-mail address, customer code)."""
    number = next(_numbers)
    family, given = _words(number)
    email, code = f"pair.{number}@example.com", f"KH-{number}"
    born = f"19{60 + number % 40}-{1 + number % 12:02}-{1 + number % 28:02}"
    traits: dict[str, Any] = {"name": f"{family} Thị {given}", "birthday": born, "city": "Đà Nẵng"}
    if at_home:
        traits |= {"address": f"{1 + number % 300} đường Cây Me", "gender": "female"}
    quen.send(
        {"type": "identify", "anonymousId": f"w-{number}", "traits": {**traits, "email": email}},
        {
            "type": "identify",
            "anonymousId": f"t-{number}",
            "traits": {**traits, "name": f"{family} Thi {given}".upper()},
            "context": {"externalIds": [_external(code)]},
        },
    )
    quen.settle()
    return email, code


def _external(code: str) -> Mapping[str, str]:
    return {"type": "customer_code", "id": code, "collection": "users", "encoding": "none"}


def _words(number: int) -> tuple[str, str]:
    """A family and a given name; the latter is nobody else's."""
    given = "".join(_SYLLABLES[number // 30**place % 30] for place in range(3))
    return ("Tôn", "Cao", "Lâm", "Mai")[number % 4], given.capitalize()


def search(quen: Quen) -> dict[str, Any]:
    """Search to its end; the run."""

    def started() -> dict[str, Any] | None:
        answer = quen.api().post("duplicates/runs")
        assert answer.status_code in (200, 409), answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    run = eventually(started, 300, interval=0.3)
    assert run is not None

    def ended() -> dict[str, Any] | None:
        state = quen.api().get(f"duplicates/runs/{run['id']}").json()
        assert state["status"] in ("waiting", "running", "done"), state
        return dict(state) if state["status"] == "done" else None

    done = eventually(ended, 300, interval=0.3)
    assert done is not None and done["percent"] == 100
    return done


def open_pair(quen: Quen, web: str, till: str) -> dict[str, Any]:
    pair = pair_of(quen, web, till, "open")
    assert pair is not None, "the pair was not found"
    return pair


def pair_of(quen: Quen, web: str, till: str, status: str) -> dict[str, Any] | None:
    people = {quen.profile(f"email:{web}")["id"], quen.profile(f"customer_code:{till}")["id"]}
    cursor = ""
    while True:
        listed = quen.api().get(f"duplicates?status={status}&limit=200{cursor}").json()
        for pair in listed["items"]:
            if {pair["left"]["profile"], pair["right"]["profile"]} == people:
                return dict(pair)
        if not listed["next"]:
            return None
        cursor = f"&cursor={listed['next']}"
