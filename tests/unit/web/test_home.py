"""Home: figures that are right, by role, and a page that stands when the history does not."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from quen.accounts.people import create_person
from quen.accounts.roles import ROLES
from quen.errors import TemporaryError
from quen.events.store import EventRow, event_store
from quen.ids import new_id, now_ms
from quen.profiles.models import Profile
from quen.segments.models import Segment
from quen.web import figures, home
from quen.web.times import day_start, last_days
from tests.support import eventually

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DAY = 86_400_000

pytestmark = pytest.mark.django_db


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(create_person(f"{role}@shop.vn", role=role, name="Lan"), backend=BACKEND)
    return client


def event(name: str, time: int, *, profile: int = 1, type_: str = "track", **properties: object) -> EventRow:
    key = new_id()
    return EventRow(profile, time, key, name, type_, 1, f"h{key}", "", "", properties, "{}", time, None, None)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures counted now, not those that another test has counted."""
    monkeypatch.setattr("quen.engine.health", lambda: {"status": "ok", "lag": 0})
    for name in ("history", "people", "sent"):
        monkeypatch.setattr(figures, name, getattr(figures, f"_{name}"))


@pytest.mark.usefixtures("fresh")
def test_the_days_count_what_people_did() -> None:
    segment = Segment.objects.create(name="VIP", rule={"all": []}, status="live", updated_at=now_ms())
    store = event_store()
    before = figures.history()
    today = day_start(last_days(now_ms(), 1)[0])
    store.insert_events(
        [
            event("Page Viewed", today, profile=new_id()),
            event("Order Completed", today, profile=new_id(), total=250_000),
            event("Order Completed", today - DAY, profile=new_id(), total="not a number"),
            event("Page Viewed", today - 40 * DAY),
            event("Segment Entered", today, type_="system", segment_id=str(segment.pk)),
            event("Segment Exited", today, type_="system", segment_id=str(segment.pk)),
            event("Segment Entered", today - 9 * DAY, type_="system", segment_id=str(segment.pk)),
        ],
        f"home-{new_id()}",
    )
    after = figures.history()
    changes = [
        (new.events - old.events, new.active - old.active, new.orders - old.orders, new.revenue - old.revenue)
        for old, new in zip(before.days, after.days, strict=True)
    ]
    assert changes[-1] == (2, 2, 1, 250_000)
    assert changes[-2] == (1, 1, 1, 0)
    assert not any(any(change) for change in changes[:-2])
    assert after.today - before.today == 2
    assert after.moves[segment.pk] == (1, 1)
    assert figures.moving_segments(after.moves)[0]["entered"] == 1


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("role", list(ROLES))
def test_every_role_has_a_home_of_its_own(role: str) -> None:
    Profile.objects.create(first_seen=1, last_seen=2, created_at=1, first_source_id=1, traits={"name": "Mai <b>"})
    page = client_of(role).get("/").content.decode()
    assert "Chào Lan" in page
    assert "<b>" not in page
    assert ("Mai &lt;b&gt;" in page) == (role != "developer")


@pytest.mark.usefixtures("fresh")
def test_a_new_workspace_is_told_what_to_do() -> None:
    with translation.override("en"):
        labels = {role: [step["label"] for step in home.next_steps(role)] for role in ROLES}
    assert "Invite a colleague" in labels["owner"]
    assert labels["care"] == []
    assert labels["marketer"] == ["Make your first segment", "Start your first journey"]


@pytest.mark.usefixtures("fresh")
def test_home_stands_when_the_history_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> figures.History:
        raise TemporaryError("the event store is busy")

    monkeypatch.setattr(figures, "history", down)
    assert client_of("owner").get("/").status_code == 200


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(("role", "columns"), [("owner", 5), ("developer", 2)])
def test_the_days_as_a_file(role: str, columns: int) -> None:
    answer = client_of(role).get(reverse("home_days_csv"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 31
    assert {len(row) for row in rows} == {columns}


def test_an_old_figure_is_shown_while_it_is_counted_anew() -> None:
    counted: list[int] = []

    def count() -> int:
        counted.append(1)
        return len(counted)

    kept = figures.Kept(count, seconds=3600)
    assert [kept(), kept()] == [1, 1]
    assert counted == [1]
    stale = figures.Kept(count, seconds=0)
    assert stale() == 2
    assert stale() == 2
    eventually(lambda: stale() >= 3)
