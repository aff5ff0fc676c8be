"""The life of a segment: who moved and when, why, overlap, drafts and pauses, files that are never half a result."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support import Quen, eventually, unique


class Shop:
    """Three people who did an event of its own name 1, 2 and 3 times, with an amount."""

    def __init__(self, quen: Quen) -> None:
        self.quen, self.api, self.mark = quen, quen.api(), unique()
        self.event = f"Bought {self.mark}"
        self.users = [f"u{n}-{self.mark}" for n in (1, 2, 3)]
        for times, user in enumerate(self.users, 1):
            traits = {"email": f"{user}@example.com", "name": f"=Lan {user}", "tier": "gold"}
            quen.send({"type": "identify", "userId": user, "traits": traits})
            quen.send(*(self.bought(user, 100 * n) for n in range(1, times + 1)))
        quen.settle()

    def bought(self, user: str, total: int) -> dict[str, Any]:
        return {"type": "track", "userId": user, "event": self.event, "properties": {"total": total}}

    def rule(self, times: int) -> dict[str, Any]:
        return {"event": self.event, "count": {"op": "gte", "value": times}, "within": "30d"}

    def make(self, rule: dict[str, Any], **more: Any) -> str:
        answer = self.api.post("segments", json={"name": f"S {unique(6)}", "rule": rule, **more})
        assert answer.status_code == 201, answer.text
        made = str(answer.json()["id"])
        if not more.get("draft"):
            self.live(made)
        return made

    def live(self, made: str) -> None:
        eventually(lambda: self.get(made)["status"] == "live")

    def get(self, made: str) -> dict[str, Any]:
        return dict(self.api.get(f"segments/{made}").json())

    def members(self, made: str) -> set[str]:
        answer = self.api.get(f"segments/{made}/members")
        assert answer.status_code == 200, answer.text  # 409 while it is computed
        return {m["profile_id"] for m in answer.json()["items"]}

    def id_of(self, user: str) -> str:
        return str(self.quen.profile(f"user_id:{user}")["id"])


@pytest.fixture(scope="module")
def shop(quen: Quen) -> Shop:
    """Of all tests of this file: who lets its people do something more makes a shop of its own."""
    return Shop(quen)


@pytest.fixture(scope="module")
def console(quen: Quen) -> Iterator[httpx.Client]:
    """The console of the owner, signed in through the form."""
    with httpx.Client(base_url=quen.base_url, follow_redirects=True, timeout=60) as client:
        client.get("/sign-in")
        form = {
            "login": quen.owner_email,
            "password": quen.owner_password,
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        answer = client.post("/sign-in", data=form, headers={"Referer": quen.base_url})
        assert "/sign-in" not in str(answer.url), answer.text[:500]
        yield client


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_why_sentence_by_sentence_with_the_facts(shop: Shop) -> None:
    rule = {
        "all": [
            {"trait": "tier", "op": "eq", "value": "gold"},
            {"not": {"any": [{"event": "Never Seen"}]}},
            {"event": shop.event, "sum": {"property": "total", "op": "gte", "value": 300}},
        ]
    }
    made = shop.make(rule)
    inside, outside = shop.id_of(shop.users[1]), shop.id_of(shop.users[0])
    told = shop.api.get(f"segments/{made}/members/{inside}/why").json()
    assert (told["member"], told["holds"]) == (True, True)
    assert told["since"].endswith("Z")
    tier, never, spent = told["why"]["parts"]
    assert tier["facts"] == {"trait": "tier", "value": "gold"}
    assert (never["holds"], never["condition"], never["parts"][0]["holds"]) == (True, "None of these", False)
    assert spent["facts"]["count"] == 2
    assert {each["properties"]["total"] for each in spent["facts"]["latest"]} == {"100", "200"}
    told = shop.api.get(f"segments/{made}/members/{outside}/why").json()
    assert (told["member"], told["since"], told["holds"]) == (False, None, False)
    assert [part["holds"] for part in told["why"]["parts"]] == [True, True, False]
    assert shop.api.get(f"segments/{made}/members/17/why").status_code == 404


def test_why_tells_the_properties_that_any_filter_names(shop: Shop) -> None:
    """Also those within groups of filters, and of the steps of a sequence."""
    dear = {"property": "total", "op": "gt", "value": 50}
    grouped = {"event": shop.event, "where": [{"any": [{"not": dear}, {"all": [dear]}]}]}
    twice = {"sequence": [{"event": shop.event, "where": [dear]}, {"event": shop.event}], "within": "1d"}
    made = shop.make({"all": [grouped, twice]})
    told = shop.api.get(f"segments/{made}/members/{shop.id_of(shop.users[1])}/why").json()
    for part in told["why"]["parts"]:
        assert {each["properties"]["total"] for each in part["facts"]["latest"]} == {"100", "200"}


def test_why_with_the_word_the_address_and_the_list(quen: Quen) -> None:
    """As the care agent asks: may she be written to, and why not?"""
    shop = Shop(quen)
    purpose, yes, no = f"offers {shop.mark}", shop.users[0], shop.users[1]
    for user, word in ((yes, True), (no, False)):
        consent = {"consent": {"categoryPreferences": {purpose: word}}}
        quen.send({"type": "identify", "userId": user, "context": consent, "timestamp": "2026-11-01T02:03:04Z"})
    quen.settle()
    assert shop.api.post("suppressions", json={"channel": "email", "address": f"{no}@example.com"}).status_code == 201
    people = shop.api.post("lists", json={"name": f"VIP {shop.mark}"}).json()["id"]
    shop.api.post(f"lists/{people}/members", json={"members": [{"type": "user_id", "value": yes}]})
    asked = [{"consent": purpose}, {"reachable": "email"}, {"reachable": "sms"}, {"list": people}]
    made = shop.make({"any": asked})

    def facts(user: str, api: httpx.Client = shop.api) -> list[dict[str, Any]]:
        told = api.get(f"segments/{made}/members/{shop.id_of(user)}/why").json()["why"]["parts"]
        return [part["facts"] for part in told]

    eventually(lambda: facts(yes)[3]["since"] and facts(no)[1]["suppressed"])
    said = {"purpose": purpose, "since": "2026-11-01T02:03:04.000Z"}
    address, no_phone = {"trait": "email", "suppressed": False}, {"trait": "phone", "value": None, "suppressed": False}
    on_it = facts(yes)[3]
    assert facts(yes) == [said | {"granted": True}, address | {"value": f"{yes}@example.com"}, no_phone, on_it]
    suppressed = {"trait": "email", "value": f"{no}@example.com", "suppressed": True}
    assert facts(no) == [said | {"granted": False}, suppressed, no_phone, {"since": None}]
    assert facts(no, quen.api("analyst"))[1]["value"] == "u•••@example.com"
    assert facts(shop.users[2])[0] == {"purpose": purpose, "granted": None, "since": None}
    preview = shop.api.post("segments/preview", json={"rule": {"consent": purpose}}).json()["sample"]
    assert [each["why"][0]["facts"] for each in preview] == [said | {"granted": True}]


def test_why_masks_contact_data(shop: Shop) -> None:
    made = shop.make({"trait": "email", "op": "exists"})
    person = shop.id_of(shop.users[0])
    seen = shop.api.get(f"segments/{made}/members/{person}/why").json()
    assert seen["why"]["facts"]["value"] == f"{shop.users[0]}@example.com"
    masked = shop.quen.api("analyst").get(f"segments/{made}/members/{person}/why").json()
    assert masked["why"]["facts"]["value"] == "u•••@example.com"


def test_paused_nobody_enters_and_resuming_catches_up(quen: Quen) -> None:
    shop = Shop(quen)
    made = shop.make(shop.rule(3))
    assert shop.members(made) == {shop.id_of(shop.users[2])}
    assert shop.api.patch(f"segments/{made}", json={"paused": True}).json()["status"] == "paused"
    shop.make(shop.rule(1))  # what the engine follows now was read after the pause
    shop.quen.send(shop.bought(shop.users[1], 5))
    witness = shop.make(shop.rule(3))  # computed after that event: what is live has seen it
    assert shop.id_of(shop.users[1]) in shop.members(witness)
    assert shop.members(made) == {shop.id_of(shop.users[2])}
    refused = shop.api.post("segments", json={"name": "x", "rule": {"segment": made}})
    assert (refused.status_code, refused.json()["details"]["path"]) == (422, "$.segment")
    assert shop.api.patch(f"segments/{made}", json={"paused": False}).status_code == 200
    shop.live(made)
    assert shop.members(made) == shop.members(witness)
    assert shop.get(made)["count"] == 2


def test_an_edited_segment_and_the_one_over_it_change_places_at_one_moment(shop: Shop) -> None:
    inner = shop.make(shop.rule(1))
    outer = shop.make({"all": [{"not": {"segment": inner}}, {"event": shop.event}]})
    everyone = {shop.id_of(user) for user in shop.users}
    assert (shop.members(inner), shop.members(outer)) == (everyone, set())
    shop.api.patch(f"segments/{inner}", json={"rule": shop.rule(3)})
    last = {shop.id_of(shop.users[2])}
    seen = []

    def is_done() -> bool:
        seen.append(shop.members(inner))  # asked first: it may change before the other is asked, and not after
        seen.append(everyone - shop.members(outer))
        return seen[-1] == last

    eventually(is_done)
    assert all(each in (everyone, last) for each in seen)
    changed = [each == last for each in seen]
    assert changed == sorted(changed)
    assert shop.get(outer)["status"] == "live"


def test_what_others_refer_to_is_not_paused(shop: Shop) -> None:
    inner = shop.make(shop.rule(1))
    outer = shop.make({"segment": inner})
    refused = shop.api.patch(f"segments/{inner}", json={"paused": True})
    assert refused.status_code == 409
    assert refused.json()["details"]["used_by"] == [shop.get(outer)["name"]]
    assert shop.get(inner)["status"] == "live"


def test_a_draft_waits(shop: Shop) -> None:
    made = shop.make(shop.rule(1), draft=True)
    assert shop.get(made)["status"] == "draft"
    changed = shop.api.patch(f"segments/{made}", json={"rule": shop.rule(2)}).json()
    assert (changed["status"], changed["version"]) == ("draft", 2)
    assert shop.members(made) == set()
    shop.api.patch(f"segments/{made}", json={"paused": False})
    shop.live(made)
    assert shop.get(made)["count"] == 2


def test_a_cursor_of_another_version_is_refused(shop: Shop) -> None:
    made = shop.make(shop.rule(1))
    first = shop.api.get(f"segments/{made}/members", params={"limit": 1}).json()
    again = shop.api.get(f"segments/{made}/members", params={"limit": 2, "cursor": first["next"]}).json()
    assert len({m["profile_id"] for m in first["items"] + again["items"]}) == 3
    shop.api.patch(f"segments/{made}", json={"rule": {"event": shop.event}})
    shop.live(made)
    old = shop.api.get(f"segments/{made}/members", params={"cursor": first["next"]})
    assert (old.status_code, old.json()["details"]) == (409, {"cursor": "old"})


def test_who_is_put_on_a_list_at_once_is_on_it(shop: Shop) -> None:
    made = shop.api.post("lists", json={"name": f"VIP {shop.mark}"}).json()["id"]
    members = {"members": [{"type": "user_id", "value": user} for user in shop.users]}
    assert shop.api.post(f"lists/{made}/members", json=members).json()["people"] == 3
    eventually(lambda: shop.api.get(f"lists/{made}").json()["count"] == 3)


def test_by_day_and_members_as_files(shop: Shop, console: httpx.Client) -> None:
    made = shop.make(shop.rule(1))

    def told() -> tuple[int, int]:
        """How many entered and left in all: midnight may be over between two of them."""
        days = rows_of(console.get(f"/segments/{made}/history.csv", params={"days": "7"}))
        assert len(days) == 7
        return sum(int(day["entered"]) for day in days), sum(int(day["left"]) for day in days)

    eventually(lambda: told() == (3, 0))
    found = rows_of(console.get(f"/segments/{made}/members.csv"))
    assert {row["profile_id"] for row in found} == {shop.id_of(user) for user in shop.users}
    row = next(row for row in found if row["user_id"] == shop.users[0])
    assert row["email"] == f"{shop.users[0]}@example.com"
    assert row["name"].startswith("'="), "a spreadsheet must not take a name for a formula"
    # Those who leave are counted too.
    shop.api.patch(f"segments/{made}", json={"rule": {**shop.rule(1), "count": {"op": "gt", "value": 99}}})
    shop.live(made)
    eventually(lambda: told()[1] == 3)


def test_the_file_of_members_has_computed_traits(shop: Shop, console: httpx.Client) -> None:
    name = f"times_{uuid4().hex}"
    spec = {"kind": "count", "event": shop.event}
    assert shop.api.post("computed-traits", json={"name": name, "label": "Times", "spec": spec}).status_code == 201
    eventually(lambda: shop.api.get(f"computed-traits/{name}").json()["status"] == "live")
    made = shop.make({"trait": f"computed.{name}", "op": "gte", "value": 2})
    found = rows_of(console.get(f"/segments/{made}/members.csv"))
    assert {row["user_id"]: row[f"computed.{name}"] for row in found} == {shop.users[1]: "2", shop.users[2]: "3"}


def test_two_who_turn_out_to_be_one_have_entered_once(shop: Shop, console: httpx.Client) -> None:
    event, user, visitor = f"Seen {shop.mark}", f"m-{shop.mark}", f"v-{shop.mark}"
    made = shop.make({"event": event})
    shop.quen.send({"type": "track", "userId": user, "event": event})
    shop.quen.send({"type": "track", "anonymousId": visitor, "event": event})

    def entered(count: int) -> bool:
        days = rows_of(console.get(f"/segments/{made}/history.csv", params={"days": "7"}))
        return sum(int(day["entered"]) for day in days) == count

    eventually(lambda: entered(2))
    shop.quen.send({"type": "identify", "userId": user, "anonymousId": visitor})
    eventually(lambda: entered(1))
    shop.quen.settle()
    assert shop.members(made) == {shop.id_of(user)}


def test_overlap_counts_every_intersection_once(shop: Shop, console: httpx.Client) -> None:
    one, two = shop.make({"event": shop.event}), shop.make({"event": shop.event, "max": _over(150)})
    three = shop.make({"event": shop.event, "max": _over(250)})
    answer = console.get("/segments/overlap", params={"s": [one, two, three], "format": "csv"})
    assert answer.status_code == 200
    table = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert sorted(table[1:]) == [["1", "0", "0", "1"], ["1", "1", "0", "1"], ["1", "1", "1", "1"]]


def _over(amount: int) -> dict[str, Any]:
    return {"property": "total", "op": "gt", "value": amount}
