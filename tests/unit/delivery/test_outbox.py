"""The outbox on a real database, a real mail server, a real receiver of webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec
import pytest

from quen.config import Config, load
from quen.delivery import outbox as outbox_module
from quen.delivery import runs, store, tracking
from quen.delivery.channels.webhook import post as post_module
from quen.delivery.models import Message, Suppression, Template
from quen.delivery.outbox import Outbox, backoff_ms
from quen.identity.models import Identifier, Link
from quen.journal import open_journal
from quen.journal.protocol import Journal, NewEntry
from quen.journeys.models import Journey, Run, Version
from quen.profiles.models import Profile
from quen.segments.models import Member, Segment
from tests.support import MailServer, free_port
from tests.unit.delivery.servers import reply, scripted_smtp, web_server

pytestmark = pytest.mark.django_db(transaction=True)
BODY = "<mjml><mj-body><mj-text>Chào {{ person.name }}</mj-text></mj-body></mjml>"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(settings(tmp_path))
    yield opened
    opened.close()


def settings(directory: Path, **changed: str) -> Config:
    return load(directory, {"QUEN_SECRET_KEY": "s", "QUEN_ALLOW_PRIVATE_WEBHOOKS": "1"} | changed)


class Clock:
    now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(tmp_path: Path, journal: Journal, mail: MailServer, clock: Clock) -> Outbox:
    return Outbox(settings(tmp_path, QUEN_SMTP_URL=mail.url), journal, clock=clock)


def person(id: int, email: str | None = "lan@example.com", **traits: Any) -> int:
    given = {"name": "Lan"} | ({"email": email} if email else {}) | traits
    Profile.objects.create(id=id, created_at=0, first_seen=0, last_seen=0, first_source_id=0, traits=given)
    return id


def email(profile_id: int = 1, **changed: Any) -> Message:
    template = Template.objects.get_or_create(
        id=5, defaults={"name": "t", "subject": "Chào", "body": BODY, "updated_at": 0}
    )[0]
    values: dict[str, Any] = {
        "channel": "email",
        "profile_id": profile_id,
        "template_id": template.pk,
        "created_at": Clock.now,
    }
    made = Message(**values | changed)
    made.idempotency_key = made.idempotency_key or str(made.pk)
    made.save()
    return made


def fate(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.reason


def told(journal: Journal) -> list[int]:
    return [msgspec.json.decode(entry.body)["m"] for entry in journal.read(0, 1000) if entry.kind == "sent"]


def test_a_message_goes_out_once_and_is_told(outbox: Outbox, mail: MailServer, journal: Journal) -> None:
    message = email(person(1))
    assert outbox.run_once() == 1
    assert outbox.run_once() == 0
    (arrived,) = mail.to("lan@example.com")
    assert "Chào Lan" in arrived.body() and arrived.message["Message-ID"].startswith(f"<{message.pk}.")
    assert fate(message) == ("accepted", "")
    assert message.address == "lan@example.com" and message.subject == "Chào" and message.attempts == 1
    assert message.html == arrived.body().replace("\r\n", "\n").rstrip("\n") and message.provider_id
    assert told(journal) == [message.pk]


def test_who_gets_nothing_and_why(outbox: Outbox, mail: MailServer, journal: Journal) -> None:
    Suppression.objects.create(channel="email", address="lananh@gmail.com", reason="unsubscribed", at=0)
    fates = {
        email(person(1, None)): ("suppressed", "no_address"),
        email(person(2, "not an address")): ("suppressed", "invalid_address"),
        email(person(3, "a@b@c")): ("suppressed", "invalid_address"),
        email(person(4, "Lan.Anh+x@Gmail.com")): ("suppressed", "unsubscribed"),
        email(99): ("suppressed", "no_profile"),
        email(person(5, "x@example.com"), template_id=404): ("failed", "no_template"),
    }
    outbox.run_once()
    assert {message: fate(message) for message in fates} == fates
    assert mail.mails == [] and sorted(told(journal)) == sorted(m.pk for m in fates)


def test_the_address_is_the_identifiers_where_the_trait_is_missing(outbox: Outbox, mail: MailServer) -> None:
    person(1, None)
    for n, value in enumerate(["old@example.com", "new@example.com"]):
        Identifier.objects.create(
            key=f"email||{value}", type="email", value=value, profile_id=1, first_seen=n, last_seen=n, source_id=0
        )
    email(1)
    outbox.run_once()
    assert len(mail.to("new@example.com")) == 1


def test_a_merged_person_is_written_to_as_who_she_is_now(outbox: Outbox, mail: MailServer) -> None:
    Link.objects.create(from_id=1, to_id=2, at=0)
    email(person(2, "now@example.com") and 1)
    outbox.run_once()
    assert len(mail.to("now@example.com")) == 1


def journey(status: str = "live") -> Journey:
    return Journey.objects.create(name="Giỏ hàng", status=status, updated_at=0)


def run(of: Journey, profile_id: int, status: str = "active", reason: str = "") -> Run:
    version = Version.objects.create(journey=of, number=1 + of.versions.count(), graph={})
    return Run.objects.create(
        journey=of, version=version, profile_id=profile_id, status=status, reason=reason, event_time=0, entered_at=0
    )


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("active", "", ("accepted", "")),
        ("done", "finished", ("accepted", "")),
        ("exited", "exit_step", ("accepted", "")),
        ("exited", "exit_rule", ("suppressed", "exit_rule")),
        ("exited", "archived", ("suppressed", "archived")),
    ],
)
def test_whether_the_run_still_wants_it(outbox: Outbox, status: str, reason: str, expected: tuple[str, str]) -> None:
    of = journey()
    message = email(person(1), run_id=run(of, 1, status, reason).pk, journey_id=of.pk)
    outbox.run_once()
    assert fate(message) == expected


def test_the_exit_rule_is_asked_right_before_the_send(outbox: Outbox, mail: MailServer) -> None:
    segment = Segment.objects.create(name="exit", kind="internal", rule={}, updated_at=0)
    Link.objects.create(from_id=9, to_id=1, at=0)
    person(1)
    person(2, "hoa@example.com")
    Member.objects.create(segment=segment, profile_id=1, since=0)
    left = email(9, payload={"exit_segment": str(segment.pk)})
    stays = email(2, payload={"exit_segment": str(segment.pk)})
    outbox.run_once()
    assert fate(left) == ("suppressed", "exit_rule")
    assert fate(stays) == ("accepted", "")


def test_a_paused_journey_keeps_its_messages(outbox: Outbox, clock: Clock) -> None:
    of = journey("paused")
    message = email(person(1), run_id=run(of, 1).pk)
    outbox.run_once()
    assert fate(message) == ("queued", runs.PAUSED) and message.attempts == 0
    Journey.objects.update(status="live")
    clock.now += 60_000
    outbox.run_once()
    assert fate(message) == ("accepted", "")


def test_a_broken_template_fails_with_its_line(outbox: Outbox) -> None:
    Template.objects.create(id=6, name="t", subject="x", body="<mjml>\n{{ x | nope }}", updated_at=0)
    message = email(person(1), template_id=6)
    outbox.run_once()
    assert fate(message) == ("failed", "template_error")
    assert message.detail == "body, line 2: unknown filter 'nope'"


def test_without_a_mail_server_nothing_is_lost_in_silence(tmp_path: Path, journal: Journal) -> None:
    message = email(person(1))
    Outbox(settings(tmp_path), journal).run_once()
    assert fate(message) == ("failed", "no_smtp") and "SMTP_URL" in message.detail
    assert told(journal) == [message.pk]


def test_a_server_out_of_reach_costs_no_attempt_until_a_day_is_over(
    tmp_path: Path, journal: Journal, clock: Clock
) -> None:
    message = email(person(1))
    unreachable = Outbox(settings(tmp_path, QUEN_SMTP_URL=f"smtp://127.0.0.1:{free_port()}"), journal, clock=clock)
    for _ in range(20):
        unreachable.run_once()
        clock.now += outbox_module.UNREACHABLE_MS
    assert fate(message) == ("queued", "smtp_unreachable") and message.attempts == 0
    clock.now += outbox_module.MAX_AGE_MS
    unreachable.run_once()
    assert fate(message) == ("failed", "smtp_unreachable")


def test_temporary_refusals_are_tried_again_with_longer_waits_and_an_end(
    outbox: Outbox, mail: MailServer, clock: Clock
) -> None:
    mail.answers["lan@example.com"] = "451 4.7.1 later"
    message = email(person(1))
    waits = []
    while (outbox.run_once(), fate(message))[1][0] == "queued":
        waits.append(message.not_before - clock.now)
        assert outbox.run_once() == 0
        clock.now = message.not_before
    assert waits == [backoff_ms(n) for n in range(1, outbox_module.MAX_ATTEMPTS)]
    assert fate(message) == ("failed", "recipient_refused") and message.attempts == outbox_module.MAX_ATTEMPTS


def test_a_mailbox_that_is_gone_is_never_written_to_again(outbox: Outbox, mail: MailServer) -> None:
    mail.answers["lan@example.com"] = "550 5.1.1 no such user"
    first = email(person(1))
    outbox.run_once()
    second = email(1)
    outbox.run_once()
    assert fate(first) == ("failed", "recipient_refused")
    assert fate(second) == ("suppressed", "bounced")


def test_one_refusal_does_not_hold_the_others(outbox: Outbox, mail: MailServer) -> None:
    mail.answers["a1@example.com"] = "550 5.7.1 no"
    messages = [email(person(n, f"a{n}@example.com")) for n in range(1, 46)]
    assert outbox.send_emails() == outbox_module.EMAIL_SET
    while outbox.run_once():
        pass
    assert sorted(fate(m)[0] for m in messages) == ["accepted"] * 44 + ["failed"]
    assert len(mail.mails) == 44


def test_no_answer_after_the_message_is_unknown_and_stays_so(tmp_path: Path, journal: Journal, clock: Clock) -> None:
    message = email(person(1))
    with scripted_smtp("220 hi", "250 hi", "250 ok", "250 ok", "354 go", die=True) as (port, _):
        Outbox(settings(tmp_path, QUEN_SMTP_URL=f"smtp://127.0.0.1:{port}"), journal, clock=clock).run_once()
    assert fate(message) == ("unknown", "no_answer")
    clock.now += outbox_module.MAX_AGE_MS
    assert store.claim("email", clock.now, 10) == []


def webhook(url: str, profile_id: int = 1, **changed: Any) -> Message:
    payload = {"url": url, "body": "", "event": {"event": "Order Completed", "time": 5, "properties": {}}}
    return email(
        profile_id, channel="webhook", template_id=None, payload=payload | changed.pop("payload", {}), **changed
    )


def test_webhooks_repeat_the_same_body_under_the_same_id(outbox: Outbox, clock: Clock) -> None:
    got: list[tuple[str, bytes]] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        got.append((str(handler.headers["webhook-id"]), body))
        reply(handler, 500 if len(got) == 1 else 200)

    with web_server(answer) as base:
        message = webhook(base, person(1))
        outbox.run_once()
        assert fate(message) == ("queued", "http_500")
        Profile.objects.update(traits={"name": "changed meanwhile"})
        clock.now = message.not_before
        outbox.run_once()
    assert fate(message) == ("accepted", "")
    assert got[0] == got[1] and got[0][0] == message.idempotency_key
    assert msgspec.json.decode(got[0][1])["data"]["profile"]["traits"]["name"] == "Lan"


def test_a_body_of_ones_own(outbox: Outbox) -> None:
    got: list[bytes] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        got.append(body)
        reply(handler, 200)

    with web_server(answer) as base:
        good = webhook(base, person(1, name='Lan "x"'), payload={"body": '{"n":"{{ person.name }}"}'})
        bad = webhook(base, 1, payload={"body": "{{ person.name }}"})
        outbox.run_once()
    assert got == [b'{"n":"Lan \\"x\\""}']
    assert fate(good) == ("accepted", "") and fate(bad) == ("failed", "template_error")


def test_a_slow_receiver_delays_neither_mail_nor_other_webhooks(
    outbox: Outbox, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TIMEOUT_SECONDS", "DEADLINE_SECONDS"):
        monkeypatch.setattr(post_module, name, 120.0)
    released, called = threading.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        if handler.path == "/slow":
            released.wait(60)
        else:
            called.set()
        reply(handler, 200)

    with web_server(answer) as base:
        slow, fast, letter = webhook(base + "/slow", person(1)), webhook(base + "/fast"), email(1)
        outbox.call_webhooks()
        outbox.send_emails()
        while fate(fast)[0] == "claimed":
            outbox.call_webhooks()
        assert fate(slow)[0] == "claimed" and fate(fast)[0] == "accepted" and fate(letter)[0] == "accepted"
        released.set()
        outbox.run_once()
        assert fate(slow)[0] == "accepted"


def test_what_a_dead_process_had_claimed(outbox: Outbox, mail: MailServer, journal: Journal) -> None:
    ready = email(person(1), status="claimed", claimed_at=9, html="<p>x</p>")
    not_ready = email(1, status="claimed", claimed_at=9)
    hook = email(
        1, channel="webhook", status="claimed", claimed_at=9, text="{}", payload={"url": "http://127.0.0.1:1/"}
    )
    assert store.recover() == 3
    assert fate(ready) == ("unknown", "interrupted")
    assert fate(not_ready)[0] == "queued" and fate(hook)[0] == "queued"
    outbox.run_once()
    assert len(mail.mails) == 1 and fate(not_ready)[0] == "accepted"
    assert ready.pk in told(journal)


def test_what_was_not_told_is_told_after_a_start(tmp_path: Path, journal: Journal) -> None:
    email(person(1), status="accepted", done_at=5, id=11)
    email(1, status="accepted", done_at=5, noted="accepted", id=12)
    email(1, id=13, status="queued", not_before=2**60)
    Outbox(settings(tmp_path), journal).run_once()
    assert told(journal) == [11]


def test_tracking_reads_and_writes(journal: Journal) -> None:
    message = email(person(1), status="accepted", address="lan@example.com", done_at=5)
    body = msgspec.json.encode({"m": message.pk, "t": 7, "url": "https://a.vn"})
    journal.append([NewEntry(kind, 0, body) for kind in ("sent", "open", "click", "unsubscribe", "unsubscribe")])
    effects = tracking.apply(journal.read(0, 10))
    assert [e.event for e in effects.events] == ["Email Sent", "Email Opened", "Email Clicked", "Unsubscribed"]
    tracking.store(effects)
    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at, message.noted) == (7, 7, "accepted")
    assert [kind for _, kind, _ in message.activity] == ["open", "click", "unsubscribe"]
    assert Suppression.objects.get().address == "lan@example.com"
    assert tracking.apply(journal.read(0, 10)) == tracking.Effects()
