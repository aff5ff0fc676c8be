"""E-mail over real SMTP: what arrives, and what is known after each way of failing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest

from quen.delivery.channels import ACCEPTED, FAILED, RETRY, UNKNOWN, WAIT, Letter
from quen.delivery.channels.email import SmtpChannel
from quen.delivery.channels.email.mime import sender_address, to_bytes
from quen.delivery.channels.email.server import SmtpServer, parse_smtp_url
from quen.errors import ConfigError
from tests.support import MailServer, free_port
from tests.unit.delivery.servers import scripted_smtp

SENDER = "Tiệm Mộc <hello@shop.example>"
HELLO = ("220 hi", "250-hi\r\n250 SIZE 1000000", "250 ok", "250 ok")  # greeting, EHLO, MAIL, RCPT


def letter(address: str = "lan@example.com", **changed: Any) -> Letter:
    values: dict[str, Any] = {
        "message_id": 7,
        "idempotency_key": "99",
        "address": address,
        "subject": "Chào Lan – giỏ hàng của bạn đang chờ, ghé lại nhé, còn nhiều điều hay lắm",
        "html": "<p>Xin chào <b>Lan</b></p>\n.\n..x\n" + "dài " * 500,
        "text": "Xin chào\n.\n..x\n",
        "unsubscribe_url": "https://e.example/u/" + "t" * 200,
    }
    return Letter(**values | changed)


def channel(port: int, **options: Any) -> SmtpChannel:
    return SmtpChannel(
        SmtpServer("127.0.0.1", port, tls=False, timeout=options.pop("timeout", 30.0), **options), SENDER
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


def test_it_arrives_whole(server: MailServer) -> None:
    mailer = channel(server.port)
    outcome = mailer.send(letter())
    mailer.close()
    assert outcome.status == ACCEPTED and outcome.provider_id == "99.quen@shop.example"
    (mail,) = server.to("lan@example.com")
    assert mail.sender == "hello@shop.example"
    assert mail.subject == letter().subject
    assert str(mail.message["From"]) == SENDER
    assert mail.message["Message-ID"] == "<99.quen@shop.example>"
    assert mail.message["List-Unsubscribe"] == f"<{letter().unsubscribe_url}>"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.message.get_content_type() == "multipart/alternative" and mail.message["MIME-Version"] == "1.0"
    assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "text/html"]
    assert mail.body("plain").replace("\r\n", "\n") == letter().text
    assert mail.body("html").replace("\r\n", "\n").strip() == letter().html.strip()


def test_one_connection_for_many() -> None:
    answers = (*HELLO, "354 go", "250 one", "250 reset", "250 ok", "250 ok", "354 go", "250 two", "221 bye")
    with scripted_smtp(*answers, die=True) as (port, heard):
        mailer = channel(port)
        assert [mailer.send(letter()).detail for _ in range(2)] == ["250 one", "250 two"]
        mailer.close()
    assert [line.split()[0].lower() for line in heard if len(line) < 100 and line.strip()] == [
        "ehlo", "mail", "rcpt", "data", "rset", "mail", "rcpt", "data", "quit",
    ]  # fmt: skip


def test_a_connection_that_died_meanwhile_is_made_anew(server: MailServer) -> None:
    mailer = channel(server.port)
    assert mailer.send(letter()).status == ACCEPTED
    server.stop()
    server.__dict__.pop("_controller")
    server.start()
    assert mailer.send(letter()).status == ACCEPTED
    mailer.close()
    assert len(server.to("lan@example.com")) == 2


@pytest.mark.parametrize(
    ("answer", "status", "bounced"),
    [
        ("550 5.1.1 no such user", FAILED, True),
        ("550 5.7.1 not here", FAILED, False),
        ("451 4.7.1 greylisted, later", RETRY, False),
        ("421 4.3.2 closing", RETRY, False),
    ],
)
def test_refused_recipients(server: MailServer, answer: str, status: str, bounced: bool) -> None:
    server.answers["gone@example.com"] = answer
    mailer = channel(server.port)
    outcome = mailer.send(letter("gone@example.com"))
    assert (outcome.status, outcome.reason, outcome.bounced) == (status, "recipient_refused", bounced)
    assert outcome.detail == answer
    assert mailer.send(letter()).status == ACCEPTED  # and nobody else suffers
    mailer.close()


@pytest.mark.parametrize(
    ("answers", "die", "status", "reason"),
    [
        ((), True, WAIT, "smtp_unreachable"),
        (("554 go away",), True, WAIT, "smtp_unreachable"),
        (("220 hi",), False, WAIT, "smtp_unreachable"),
        (("220 hi", "250 hi", "550 no such sender"), True, FAILED, "sender_refused"),
        (("220 hi", "250 hi"), True, RETRY, "smtp_lost"),
        (("220 hi", "250 hi"), False, RETRY, "smtp_lost"),
        (HELLO, True, RETRY, "smtp_lost"),
        (HELLO, False, RETRY, "smtp_lost"),
        ((*HELLO, "552 too big"), True, FAILED, "content_refused"),
        ((*HELLO, "354 go", "554 spam"), True, FAILED, "content_refused"),
        ((*HELLO, "354 go", "451 full"), True, RETRY, "content_refused"),
        ((*HELLO, "354 go"), True, UNKNOWN, "no_answer"),
        ((*HELLO, "354 go"), False, UNKNOWN, "no_answer"),
    ],
)
def test_what_is_known_after_a_failure(answers: tuple[str, ...], die: bool, status: str, reason: str) -> None:
    with scripted_smtp(*answers, die=die) as (port, _):
        # What has to run out runs out soon, but where the step before it must not: a busy machine takes its time.
        soon = 5 if "354 go" in answers else 2
        mailer = channel(port, timeout=30 if die and answers else soon)
        outcome = mailer.send(letter())
        mailer.close()
    assert (outcome.status, outcome.reason) == (status, reason)


def test_nobody_listens() -> None:
    outcome = channel(free_port()).send(letter())
    assert (outcome.status, outcome.reason) == (WAIT, "smtp_unreachable")
    assert "ConnectionRefusedError" in outcome.detail


def test_a_wrong_password_waits_for_a_person() -> None:
    answers = ("220 hi", "250-hi\r\n250 AUTH PLAIN", "535 5.7.8 wrong")
    with scripted_smtp(*answers, die=True) as (port, heard):
        outcome = channel(port, user="u", password="p").send(letter())
    assert (outcome.status, outcome.reason) == (WAIT, "smtp_auth")
    assert heard[1].startswith("AUTH PLAIN")


def test_a_password_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmtpServer, "is_loopback", property(lambda _: False))
    with scripted_smtp("220 hi", "250-hi\r\n250 AUTH PLAIN", die=True) as (port, heard):
        outcome = channel(port, user="u", password="p").send(letter())
    assert outcome.status == WAIT and "not sent" in outcome.detail
    assert not any("AUTH" in line for line in heard)


def test_starttls_where_it_is_asked_for() -> None:
    with scripted_smtp("220 hi", "250 hi", die=True) as (port, _):
        outcome = channel(port, starttls="always").send(letter())
    assert outcome.status == WAIT and "STARTTLS" in outcome.detail


def test_headers_cannot_be_added() -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        to_bytes(letter(subject="x\r\nBcc: a@b.vn"), sender_address(SENDER))


def test_bytes_are_plain_and_lines_short() -> None:
    data = to_bytes(letter(), sender_address(SENDER))
    assert f"\r\nList-Unsubscribe: <{letter().unsubscribe_url}>\r\n".encode() in data
    assert b"\r\nMessage-ID: <99.quen@shop.example>\r\n" in data
    assert data.isascii() and data.count(b"MIME-Version") == 1
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    again = message_from_bytes(data, policy=policy.default)
    assert again["List-Unsubscribe"] == f"<{letter().unsubscribe_url}>"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525, tls=False)),
        ("smtps://u%40x:p%3A@mail.example", SmtpServer("mail.example", 465, tls=True, user="u@x", password="p:")),
        ("smtp://h?starttls=always&timeout=3", SmtpServer("h", 587, tls=False, starttls="always", timeout=3.0)),
    ],
)
def test_smtp_urls(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example", "http://x", "smtp://", "smtp://h:99999", "smtp://h?x=1", "smtp://h?starttls=no"]
)
def test_wrong_smtp_urls(url: str) -> None:
    with pytest.raises(ConfigError, match="SMTP_URL"):
        parse_smtp_url(url)


def test_a_sender_that_is_none() -> None:
    with pytest.raises(ConfigError, match="EMAIL_FROM"):
        sender_address("nobody")
