"""Mail servers and receivers of webhooks that fail in every way: nobody gets anything twice, nobody delays another."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from quen.delivery import outbox as outbox_module
from quen.delivery import store
from quen.delivery.models import Message
from quen.delivery.outbox import EMAIL_SET, Outbox
from quen.delivery.targets import AT_ONCE, DEAD_AFTER, REST_MS
from quen.journal import open_journal
from quen.journal.protocol import Journal
from tests.faults.servers import DIES_AFTER, DIES_BEFORE, HANGS, REFUSES, SLOW, WELL, FaultyMail, Hooks, dead_target
from tests.support import free_port
from tests.unit.delivery.test_outbox import Clock, email, person, settings

pytestmark = pytest.mark.django_db(transaction=True)
LETTERS = 30


@pytest.fixture
def mail() -> Iterator[FaultyMail]:
    server = FaultyMail()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(settings(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(tmp_path: Path, journal: Journal, mail: FaultyMail, clock: Clock) -> Outbox:
    return Outbox(settings(tmp_path, QUEN_SMTP_URL=mail.url + "?timeout=5"), journal, clock=clock)


def letters(count: int = LETTERS) -> list[Message]:
    return [email(person(n, f"p{n}@example.com")) for n in range(1, count + 1)]


def statuses() -> Counter[str]:
    return Counter(Message.objects.values_list("status", flat=True))


def work_on(outbox: Outbox, clock: Clock, done: Callable[[], bool]) -> None:
    """Let time pass, half a minute at a time, until all is done."""
    for _ in range(200):
        while outbox.run_once():
            pass
        if done():
            return
        clock.now += 30_000
    raise AssertionError(statuses())


@pytest.mark.parametrize("fault", [REFUSES, SLOW, HANGS, DIES_BEFORE, DIES_AFTER])
def test_a_mail_server_fails_and_is_well_again(fault: str, outbox: Outbox, mail: FaultyMail, clock: Clock) -> None:
    letters()
    mail.fault = fault
    while outbox.run_once():
        pass
    in_doubt = statuses()["unknown"]
    # A server that keeps messages and does not say so costs one, not the whole queue.
    assert in_doubt <= (1 if fault in {HANGS, DIES_AFTER, DIES_BEFORE} else 0), statuses()
    mail.fault = WELL
    work_on(outbox, clock, lambda: set(statuses()) <= {"accepted", "unknown"})
    arrived = Counter(to for m in mail.mails for to in m.recipients)
    assert max(arrived.values()) == 1
    unknown = {m.address for m in Message.objects.filter(status="unknown")}
    assert {m.address for m in Message.objects.all()} - arrived.keys() <= unknown and len(unknown) == in_doubt
    assert all(m.reason == "no_answer" for m in Message.objects.filter(status="unknown"))


def test_a_mail_server_that_is_away_costs_nothing(tmp_path: Path, journal: Journal, clock: Clock) -> None:
    mail = FaultyMail(port=free_port())
    outbox = Outbox(settings(tmp_path, QUEN_SMTP_URL=mail.url + "?timeout=5"), journal, clock=clock)
    letters(5)
    while outbox.run_once():
        pass
    assert statuses() == {"queued": 5} and set(Message.objects.values_list("attempts", flat=True)) == {0}
    mail.start()
    try:
        work_on(outbox, clock, lambda: set(statuses()) == {"accepted"})
    finally:
        mail.stop()
    assert len(mail.mails) == 5


def test_a_database_that_fails_after_the_send_leaves_nothing_claimed(
    outbox: Outbox, mail: FaultyMail, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows what went out, although it could not write it down: nobody is written to twice, nobody is forgotten."""
    letters(EMAIL_SET + 5)

    def locked(*_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(store, "record", locked)
        with pytest.raises(OperationalError):
            outbox.send_emails()
    assert statuses()["claimed"] == EMAIL_SET
    sent = len(mail.mails)
    assert sent > 0
    work_on(outbox, clock, lambda: set(statuses()) == {"accepted"})
    arrived = Counter(to for m in mail.mails for to in m.recipients)
    assert len(arrived) == EMAIL_SET + 5 and max(arrived.values()) == 1


def hook(url: str) -> Message:
    return email(1, channel="webhook", payload={"url": url})


def test_a_dead_receiver_delays_nobody(outbox: Outbox, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of calls to it stand before those to one that is well."""
    monkeypatch.setattr(outbox_module, "POLL_SECONDS", 0.05)
    hooks, person_ = Hooks(), person(1)
    assert person_
    with dead_target() as dead, hooks.running() as well:
        to_dead = [hook(dead) for _ in range(300)]
        to_well = [hook(well) for _ in range(50)]
        clocked = threading.Event()
        for _ in range(200):
            outbox.call_webhooks()
            if len(hooks.calls) == len(to_well):
                clocked.set()
                break
        assert clocked.is_set(), f"{len(hooks.calls)} of {len(to_well)}"
        under_way = [m for m in outbox._calls.values() if m.payload["url"] == dead]
        assert len(under_way) <= AT_ONCE
    outbox._finish_calls()
    assert max(hooks.calls.values()) == 1
    assert {m.status for m in Message.objects.filter(id__in=[m.pk for m in to_well])} == {"accepted"}
    assert not Message.objects.filter(id__in=[m.pk for m in to_dead], status="failed").exists()


def test_a_receiver_that_is_back_gets_all_of_it(outbox: Outbox, clock: Clock) -> None:
    person(1)
    url = f"http://127.0.0.1:{free_port()}"  # nobody listens there
    waiting = [hook(url) for _ in range(40)]
    while outbox.run_once():
        pass
    tried = Message.objects.filter(attempts__gt=0).count()
    assert DEAD_AFTER <= tried <= 2 * AT_ONCE, "it is not asked again for each message"
    assert statuses() == {"queued": len(waiting)}
    clock.now += REST_MS[0]
    outbox.run_once()
    assert Message.objects.filter(attempts__gt=0).count() <= tried + 2, "one call asks whether it is back"
    clock.now += 25 * 3_600_000
    while outbox.run_once():
        pass
    left = Message.objects.filter(status="queued").count()
    assert statuses()["failed"] + left == len(waiting) and statuses()["failed"] > 0, "no news any more after a day"
