"""Webhooks: signed, never home, and honest about what became of them."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from quen.delivery.channels import ACCEPTED, FAILED, RETRY, Call, Outcome
from quen.delivery.channels.webhook import post as post_module
from quen.delivery.channels.webhook import signing_secret
from quen.delivery.channels.webhook.post import HttpWebhooks
from quen.delivery.channels.webhook.targets import check_url, is_public, resolve
from quen.errors import InvalidInput, TemporaryError
from tests.support import free_port
from tests.unit.delivery.servers import reply, web_server

SECRET = signing_secret("a secret key")
BODY = '{"name":"Lan Ngọc"}'.encode()


def post(url: str, *, allow_private: bool = True) -> Outcome:
    return HttpWebhooks(SECRET, allow_private=allow_private).post(Call(7, "step-99", url, BODY))


def test_a_receiver_can_verify() -> None:
    got: list[tuple[dict[str, str], bytes, str]] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        got.append((dict(handler.headers.items()), body, handler.path))
        reply(handler, 200, b"thanks")

    with web_server(answer) as base:
        outcome = post(base + "/hook?a=1")
    assert (outcome.status, outcome.detail) == (ACCEPTED, "200 thanks")
    headers, body, path = got[0]
    assert Webhook(SECRET).verify(body, headers) == {"name": "Lan Ngọc"}
    assert headers["webhook-id"] == "step-99" and path == "/hook?a=1" and headers["host"] == base[7:]
    with pytest.raises(WebhookVerificationError):
        Webhook(signing_secret("another")).verify(body, headers)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (204, ACCEPTED),
        (301, FAILED),
        (400, FAILED),
        (404, FAILED),
        (410, FAILED),
        (408, RETRY),
        (429, RETRY),
        (500, RETRY),
    ],
)
def test_answers(status: int, expected: str) -> None:
    with web_server(lambda handler, _: reply(handler, status, location="http://127.0.0.1:1/")) as base:
        outcome = post(base)
    assert outcome.status == expected
    assert outcome.reason == ("" if expected == ACCEPTED else f"http_{status}")


@pytest.mark.parametrize(
    ("value", "at_least", "at_most"),
    [
        ("7", 7_000, 7_000),
        ("99999999", 3_600_000, 3_600_000),
        ("soon", 0, 0),
        ("-5", 0, 0),
    ],
    ids=["seconds", "too long", "words", "negative"],
)
def test_retry_after_is_honoured_within_bounds(value: str, at_least: int, at_most: int) -> None:
    with web_server(lambda handler, _: reply(handler, 503, retry_after=value)) as base:
        assert at_least <= post(base).after_ms <= at_most


def test_retry_after_may_be_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(minutes=9))
    with web_server(lambda handler, _: reply(handler, 503, retry_after=when)) as base:
        assert 400_000 <= post(base).after_ms <= 540_000


def test_hanging_dropping_and_absent_receivers_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_module, "TIMEOUT_SECONDS", 0.3)
    released = threading.Event()
    with web_server(lambda _handler, _body: _ignored(released.wait(5))) as base:
        assert (outcome := post(base)).status == RETRY and outcome.reason == "unreachable"
        released.set()
    with web_server(lambda handler, _: handler.connection.shutdown(socket.SHUT_RDWR)) as base:
        assert post(base).status == RETRY
    assert post(f"http://127.0.0.1:{free_port()}").status == RETRY


def test_a_dripping_receiver_does_not_hold_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_module, "DEADLINE_SECONDS", 0.6)
    released = threading.Event()

    def drip(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(200):
            if released.wait(0.1):
                break
            try:
                handler.connection.sendall(b"x-drip: 1\r\n")
            except OSError:
                break

    started = time.monotonic()
    with web_server(drip) as base:
        outcome = post(base)
        released.set()
    assert outcome.status == RETRY and time.monotonic() - started < 15  # of 20 s of dripping


def test_long_answers_are_not_read_to_the_end() -> None:
    with web_server(lambda handler, _: reply(handler, 400, b"x" * 5_000_000)) as base:
        outcome = post(base)
    assert outcome.status == FAILED and len(outcome.detail) <= 300


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://user:pass@example.com/",
        "http:///nohost",
        "http://example.com:99999/",
        "javascript:alert(1)",
    ],
)
def test_never_home(url: str) -> None:
    outcome = post(url, allow_private=False)
    assert (outcome.status, outcome.reason) == (FAILED, "url_refused")


def test_a_name_is_looked_up_once_and_that_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer, of this machine, is never asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.215.14" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert resolve("rebind.example", 80) == "93.184.215.14"
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1"):
        resolve("rebind.example", 80)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: both)
    with pytest.raises(InvalidInput):
        resolve("both.example", 80)


def test_a_name_that_cannot_be_looked_up_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(TemporaryError):
        resolve("x.example", 80)
    assert post("http://x.example/", allow_private=False).status == RETRY


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::"])
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_urls() -> None:
    assert check_url("https://Shop.VN/hook").hostname == "shop.vn"


def _ignored(_: object) -> None:
    """For lambdas that are to answer nothing."""
