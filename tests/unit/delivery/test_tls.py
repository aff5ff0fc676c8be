"""TLS for real: a certificate of our own, trusted through SSL_CERT_FILE as an operator would do it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from quen.delivery.channels import ACCEPTED, RETRY, WAIT, Call
from quen.delivery.channels.email import SmtpChannel, SmtpServer
from quen.delivery.channels.webhook import post as post_module
from quen.delivery.channels.webhook import signing_secret, targets
from quen.delivery.channels.webhook.post import HttpWebhooks
from tests.support import eventually, free_port
from tests.unit.delivery.servers import reply, web_server
from tests.unit.delivery.test_smtp import SENDER, letter

HOST = "hook.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of HOST and localhost in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextmanager
def mail_server(option: str, certificate: Path) -> Iterator[int]:
    """aiosmtpd as a program of its own; `option` is `tls` (STARTTLS) or `smtps`."""
    port = free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"localhost:{port}", "-c", "aiosmtpd.handlers.Sink"]
    command += [f"--{option}cert", str(certificate), f"--{option}key", str(certificate)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: _listens(port))
            yield port
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), 1).close()
    except OSError:
        return False
    return True


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("option", ["tls", "smtps"])
def test_mail_goes_encrypted(option: str, certificate: Path) -> None:
    with mail_server(option, certificate) as port:
        channel = SmtpChannel(SmtpServer("localhost", port, tls=option == "smtps", timeout=30), SENDER)
        assert channel.send(letter()).status == ACCEPTED
        channel.close()


@pytest.mark.parametrize("option", ["tls", "smtps"])
def test_a_certificate_that_nobody_vouches_for_waits_for_a_person(option: str, certificate: Path) -> None:
    with mail_server(option, certificate) as port:
        channel = SmtpChannel(SmtpServer("localhost", port, tls=option == "smtps", timeout=30), SENDER)
        outcome = channel.send(letter())
        channel.close()
    assert (outcome.status, outcome.reason) == (WAIT, "smtp_unreachable")
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail


@pytest.mark.usefixtures("trusted")
def test_a_webhook_goes_to_the_checked_address_under_the_certificate_of_the_name(
    server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[dict[str, str]] = []

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        got.append(dict(handler.headers.items()))
        reply(handler, 200)

    real = socket.getaddrinfo
    asked: list[Any] = []

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if str(host).endswith(".example") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(targets, "is_public", lambda _: True)
    monkeypatch.setattr(post_module, "TIMEOUT_SECONDS", 30.0)
    with web_server(answer, tls=server_tls) as base:
        webhooks = HttpWebhooks(signing_secret("s"), allow_private=False)
        port = base.rpartition(":")[2]
        good = webhooks.post(Call(1, "1", f"https://{HOST}:{port}/x", b"{}"))
        bad = webhooks.post(Call(2, "2", f"https://other.example:{port}/x", b"{}"))
    assert good.status == ACCEPTED and got[0]["host"] == f"{HOST}:{port}"
    assert bad.status == RETRY and "CERTIFICATE_VERIFY_FAILED" in bad.detail
    assert [host for host in asked if str(host).endswith(".example")] == [HOST, "other.example"]
