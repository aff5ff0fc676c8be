"""The editor's requests: what is typed is kept, what is wrong is said, nothing breaks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quen.accounts.people import create_person
from quen.errors import NotFound
from quen.ids import now_ms
from quen.journeys import editing, service
from quen.journeys.fields import Known
from quen.journeys.forms import scalar, where_rows
from quen.journeys.models import Journey
from quen.journeys.steps import step_kinds
from quen.journeys.tree import make_tree
from quen.segments.models import Segment
from tests.unit.journeys.graphs import condition, email, graph, leave, traits, wait

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def client() -> Client:
    return signed_in("owner")


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(create_person(f"{role}@shop.vn", role=role, password="con mèo ngồi"), backend=BACKEND)
    return client


def journey(*nodes: dict[str, Any], **changes: Any) -> Journey:
    return service.create_journey("Giỏ hàng", "test", graph(*nodes, **changes))


def post(client: Client, name: str, journey: Journey, node: str = "", **data: Any) -> Any:
    return client.post(reverse(name, args=[journey.id, *([node] if node else [])]), data)


def draft(journey: Journey) -> dict[str, Any]:
    return dict(Journey.objects.get(id=journey.id).draft)


def test_every_kind_of_step_can_be_added_opened_changed_and_taken_away(client: Client) -> None:
    made = journey()
    for type_ in step_kinds():
        answer = post(client, "journey_add", made, place="start", type=type_)
        node = draft(made)["nodes"][0]["id"]
        assert answer.status_code == 200 and f'id="step-{node}"' in answer.content.decode()
        assert client.get(reverse("journey_form", args=[made.id, node])).status_code == 200
        assert post(client, "journey_change", made, node).status_code == 200
        assert post(client, "journey_delete", made, node).status_code == 200
    assert draft(made)["nodes"] == []


def test_a_wrong_value_is_kept_and_named_beside_its_field_until_it_is_right(client: Client) -> None:
    made = journey(wait("w"))
    answer = post(client, "journey_change", made, "w", duration="0", **{"duration-unit": "d"}).content.decode()
    assert draft(made)["nodes"][0]["duration"] == "0d"
    assert 'id="error-duration"' in answer and 'hx-swap-oob="true"' in answer and "j-bad" in answer
    answer = post(client, "journey_change", made, "w", duration="2", **{"duration-unit": "d"}).content.decode()
    assert 'id="error-duration" hx-swap-oob="true" role="alert"></div>' in answer and "j-bad" not in answer


@pytest.mark.parametrize("node", ["entry", "exit"])
def test_events_are_offered_before_the_first_one_came(client: Client, node: str) -> None:
    page = client.get(reverse("journey_form", args=[journey().id, node])).content.decode()
    assert page.index('<option value="Order Completed">') < page.index('<option value="Email Opened">')


def test_the_entry_form(client: Client) -> None:
    made = journey(wait("w"))
    data = {
        "trigger": "event",
        "event": "Product Added",
        "where-property": ["total", "", "city", "note"],
        "where-op": ["gte", "eq", "in", "exists"],
        "where-value": ["500000", "x", "Huế, Đà Nẵng", ""],
        "entry_key": "cart_id",
        "reentry": "after",
        "reentry-after": "30",
        "reentry-after-unit": "d",
        "max_age": "2",
        "max_age-unit": "d",
    }
    assert post(client, "journey_change", made, "entry", **data).status_code == 200
    kept = draft(made)
    assert kept["trigger"]["where"] == [
        {"property": "total", "op": "gte", "value": 500000},
        {"property": "city", "op": "in", "value": ["Huế", "Đà Nẵng"]},
        {"property": "note", "op": "exists"},
    ]
    assert where_rows(kept["trigger"]["where"])[1] == ("city", "in", "Huế, Đà Nẵng")
    assert (kept["entry_key"], kept["reentry"], kept["trigger"]["max_age"]) == ("properties.cart_id", "30d", "2d")
    segment = Segment.objects.create(name="Khách quen", rule={}, updated_at=0)
    post(client, "journey_change", made, "entry", trigger="segment", segment_id=str(segment.id), max_age="1")
    assert draft(made)["trigger"] == {"type": "segment", "segment_id": str(segment.id), "max_age": "1h"}
    assert "Khách quen" in client.get(reverse("journey", args=[made.id])).content.decode()


def test_the_exit_form_keeps_filters_it_does_not_show(client: Client) -> None:
    where = [{"property": "total", "op": "gte", "value": 5}]
    made = journey(wait("w"), entry_key="properties.cart_id", exit_on=[{"event": "Paid", "where": where}])
    post(client, "journey_change", made, "exit", exit_event=["Paid", "Refunded", ""], same_key="Paid", exit_when="")
    assert draft(made)["exit_on"] == [
        {"event": "Paid", "where": where, "same_key": True},
        {"event": "Refunded", "where": [], "same_key": False},
    ]
    post(client, "journey_change", made, "exit", exit_when='{"all": []}')
    assert draft(made)["exit_when"] is None
    post(client, "journey_change", made, "exit", exit_when="{not json")
    assert draft(made)["exit_when"] == "{not json"
    assert client.get(reverse("journey_form", args=[made.id, "exit"])).status_code == 200
    assert client.get(reverse("journey", args=[made.id])).status_code == 200


def test_names_are_shown_never_run(client: Client) -> None:
    made = journey(traits("t", **{SCRIPT: SCRIPT}), trigger={"type": "event", "event": SCRIPT})
    service.rename_journey(made, SCRIPT)
    for name in ("journey", "journey_results", "journey_test", "journey_publish"):
        page = client.get(reverse(name, args=[made.id])).content.decode()
        assert SCRIPT not in page
    assert SCRIPT not in client.get(reverse("journeys")).content.decode()


def test_undo_goes_back_step_by_step(client: Client) -> None:
    made = journey(wait("a"), wait("b"))
    post(client, "journey_move", made, "a", by="down")
    assert [step["id"] for step in draft(made)["nodes"]] == ["b", "a"]
    post(client, "journey_delete", made, "b")
    post(client, "journey_undo", made)
    post(client, "journey_undo", made)
    post(client, "journey_undo", made)
    assert [step["id"] for step in draft(made)["nodes"]] == ["a", "b"]


def test_a_page_that_is_out_of_date_is_told_so(client: Client) -> None:
    made = journey(wait("a"))
    assert post(client, "journey_delete", made, "gone").status_code == 404
    assert post(client, "journey_add", made, place="after:gone", type="wait").status_code == 404
    assert post(client, "journey_add", made, place="in:a:yes", type="wait").status_code == 422
    assert post(client, "journey_add", made, place="start", type="fly").status_code == 422
    assert client.get(reverse("journey", args=[1])).status_code == 404


def test_who_may_only_look_sees_no_way_to_change(client: Client) -> None:
    made = journey(wait("a"))
    analyst = signed_in("analyst")
    page = analyst.get(reverse("journey", args=[made.id])).content.decode()
    assert "j-add" not in page and "journey_publish" not in page
    assert post(analyst, "journey_delete", made, "a").status_code == 403
    assert signed_in("developer").get(reverse("journeys")).status_code == 403


def test_publishing_from_the_page(client: Client) -> None:
    made = journey(wait("a"))
    assert post(client, "journey_publish", made, waiting="keep")["Location"].endswith("/results")
    assert Journey.objects.get(id=made.id).status == "live"
    results = client.get(reverse("journey_results", args=[made.id])).content.decode()
    assert 'id="step-a"' in results and "j-add" not in results
    people = reverse("journey_people", args=[made.id])
    assert client.get(people, {"node": "a", "state": "waiting"}).status_code == 200
    assert client.get(people, {"before": "x"}).status_code == 422
    for verb in ("pause", "resume", "copy", "archive"):
        assert post(client, f"journey_{verb}", made).status_code == 302
    assert client.get(reverse("journeys") + "?status=archived").status_code == 200
    copied = Journey.objects.exclude(id=made.id).get()
    assert copied.status == "draft" and copied.draft == draft(made)


def test_the_tree_knows_the_day_of_each_message() -> None:
    tree = make_tree(
        graph(
            email("now"),
            wait("w1", "2h"),
            email("later"),
            condition("c", [wait("w2", "3d")], []),
            email("spread"),
            wait("w3", "10d"),
            condition("d", [leave("out")], []),
            email("end"),
        ),
        Known(),
        [],
    )
    when = {step.id: step.when for step in tree}
    assert [when[node] for node in ("now", "later", "spread", "end")] == [
        "ngay lập tức",
        "sau 2 giờ",
        "ngày 0–3",
        "ngày 10–13",
    ]
    assert [branch.closed for branch in tree[-2].branches] == [True, False]


def test_editing_is_pure() -> None:
    before = graph(condition("c", [wait("w")], []))
    after = editing.add_step(before, "in:c:no", "email", "e")
    assert after["nodes"][0]["no"][0]["id"] == "e" and before == graph(condition("c", [wait("w")], []))
    assert editing.delete_step(after, "e") == before
    with pytest.raises(NotFound):
        editing.move_step(before, "nobody", 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-2.5", -2.5),
        ("0901234567", "0901234567"),
        ("+84", "+84"),
        ("true", True),
        ("Huế", "Huế"),
        ("1e9", "1e9"),
    ],
)
def test_typed_values(text: str, value: object) -> None:
    assert scalar(text) == value and type(scalar(text)) is type(value)


def test_changes_are_seen_by_the_engine_even_within_one_millisecond() -> None:
    revisions = [service.create_journey(f"J{n}", "test").updated_at for n in range(5)]
    assert sorted(set(revisions)) == revisions and revisions[0] >= now_ms() - 60_000
