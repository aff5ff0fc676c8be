"""The watcher over real stores, a real mail server and a real receiver in Slack's place."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from quen.config import Config, config, load
from quen.db import execute
from quen.delivery.models import Message
from quen.engine.loop import Engine
from quen.engine.models import Quarantined
from quen.system import queries, telling
from quen.system.incidents import CLOSES_AFTER, OPENS_AFTER
from quen.system.models import Incident
from quen.system.snapshot import Reader
from quen.system.watcher import Watcher
from tests.support import MailServer

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_790_000_000_000
MINUTE = 60_000
WELL = {"status": "ok"}


class Slack(BaseHTTPRequestHandler):
    texts: list[str] = []
    status = 200

    def do_POST(self) -> None:
        self.texts.append(json.loads(self.rfile.read(int(self.headers["content-length"])))["text"])
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def slack() -> Iterator[type[Slack]]:
    Slack.texts, Slack.status = [], 200
    server = HTTPServer(("127.0.0.1", 0), Slack)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Slack.url = f"http://127.0.0.1:{server.server_port}/hook"  # type: ignore[attr-defined]
    yield Slack
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., Config]:
    def make(**values: str) -> Config:
        return load(tmp_path, {f"QUEN_{name}": value for name, value in values.items()})

    return make


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now

    def look(self, watcher: Watcher, times: int = 1) -> None:
        for _ in range(times):
            self.now += 15_000
            watcher.look()


def sent(status: str, count: int) -> None:
    for n in range(count):
        Message.objects.create(idempotency_key=f"{status}-{n}", channel="email", profile_id=1, status=status)


def waits_too_long(clock: Clock) -> None:
    Message.objects.create(
        idempotency_key="waits", channel="email", profile_id=1, status="queued", reason="smtp_unreachable",
        created_at=clock.now - 20 * MINUTE, not_before=clock.now + 10 * MINUTE,
    )  # fmt: skip


def test_what_stays_bad_is_told_once_and_again_when_it_is_over(
    settings_of: Callable[..., Config], mail: MailServer, slack: type[Slack]
) -> None:
    settings = settings_of(
        ALERT_EMAIL="ops@shop.vn, boss@shop.vn",
        ALERT_SLACK_URL=slack.url,
        SMTP_URL=mail.url,
        LANGUAGE="en",  # type: ignore[attr-defined]
    )
    clock = Clock()
    watcher = Watcher(settings, Reader(settings, lambda: None, lambda: WELL), clock)
    waits_too_long(clock)
    clock.look(watcher, OPENS_AFTER - 1)
    assert not slack.texts
    clock.look(watcher, 3)
    (mail_one, mail_two), (text,) = mail.mails, slack.texts
    assert {*mail_one.recipients, *mail_two.recipients} == {"ops@shop.vn", "boss@shop.vn"}
    assert "Quen needs a look: E-mail" in mail_one.subject
    assert "E-mail" in text
    assert "1 wait, the oldest for 2" in mail_one.body("plain")
    Message.objects.all().delete()
    clock.look(watcher, CLOSES_AFTER)
    assert "well again" in slack.texts[-1]
    assert len(mail.mails) == 4
    assert Incident.objects.get().closed_at == clock.now
    clock.look(watcher, 3)
    assert len(slack.texts) == 2


def test_an_alert_that_nobody_took_is_tried_again(settings_of: Callable[..., Config], slack: type[Slack]) -> None:
    settings = settings_of(ALERT_SLACK_URL=slack.url)  # type: ignore[attr-defined]
    clock = Clock()
    watcher = Watcher(settings, Reader(settings, lambda: None, lambda: WELL), clock)
    waits_too_long(clock)
    slack.status = 500
    clock.look(watcher, 4)
    assert len(slack.texts) == 1
    assert Incident.objects.get().told_at is None
    slack.status = 200
    clock.look(watcher, 20)  # five minutes
    assert len(slack.texts) == 2
    assert Incident.objects.get().told_at is not None


def test_whom_nobody_named_nobody_is_written_to(settings_of: Callable[..., Config]) -> None:
    clock = Clock()
    settings = settings_of()
    watcher = Watcher(settings, Reader(settings, lambda: None, lambda: WELL), clock)
    waits_too_long(clock)
    clock.look(watcher, 3)
    assert Incident.objects.get().told_at is None


def test_a_mail_server_that_is_not_set_is_said(settings_of: Callable[..., Config]) -> None:
    settings = settings_of(ALERT_EMAIL="ops@shop.vn")
    assert telling.tell(telling.compose_test(settings), settings) == ["e-mail: SMTP_URL is not set"]


def test_the_figures_are_those_of_the_stores(engine: Callable[[], Engine]) -> None:
    engine().drain()
    Quarantined.objects.create(
        at=NOW, source_id=1, reason="invalid", detail="", body="", offset=1, position=0, envelope={}
    )
    Quarantined.objects.create(
        at=NOW - 90 * MINUTE, source_id=1, reason="invalid", detail="", body="", offset=1, position=1, envelope={}
    )
    sent("accepted", 3)
    sent("failed", 1)
    earlier = NOW - 70 * MINUTE
    execute("INSERT INTO system_sample (minute, messages, lag_ms, waiting) VALUES (%s, 500, 0, 0)", [earlier])
    execute("INSERT INTO engine_stepmetric (step, batches, messages, seconds) VALUES ('commit', 1, 500, 1.0)")
    clock = Clock()
    watcher = Watcher(config(), Reader(config(), lambda: "status 503", lambda: WELL), clock)
    clock.look(watcher, 4)  # into the next minute: a sample is as of a minute's last look
    execute("UPDATE engine_stepmetric SET messages = 900 WHERE step = 'commit'")
    clock.look(watcher, 5)
    reader = Reader(config(), lambda: "status 503", lambda: WELL)
    seen = reader.take(clock.now)
    reader.close()
    assert (seen.edge, seen.quarantined, seen.stored, seen.messages) == ("status 503", {"invalid": 1}, 400, 900)
    assert [store.name for store in seen.stores] == ["state", "journal", "events"]
    assert all(store.bytes > 0 for store in seen.stores[1:])  # the tests' state is another file
    assert seen.disk_free > 0
    assert REGISTRY.get_sample_value("quen_edge_up") == 0
    assert REGISTRY.get_sample_value("quen_check_bad", {"check": "edge"}) == 1
    course = queries.course(clock.now, 10, 1)
    assert sum(point.messages for point in course) == 400
    assert sum(point.messages for point in queries.course(clock.now, 120, 2)) == 900  # nothing was before the first
