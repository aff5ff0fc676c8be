"""Power cuts at every named point of the outbox: a process of its own is killed there and another takes over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support import MailServer
from tests.unit.delivery.servers import reply, web_server

PEOPLE = 5
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
FILL = """
import django, sys; django.setup()
from quen.delivery.models import Message, Template
from quen.profiles.models import Profile
people, hook = int(sys.argv[1]), sys.argv[2]
Template.objects.create(id=5, name="t", subject="Chào", updated_at=0,
    body="<mjml><mj-body><mj-text>Chào {{ person.name }}</mj-text></mj-body></mjml>")
for n in range(1, people + 1):
    traits = {"name": "Lan", "email": f"p{n}@example.com"}
    Profile.objects.create(id=n, created_at=0, first_seen=0, last_seen=0, first_source_id=0, traits=traits)
    Message.objects.create(id=n, idempotency_key=str(n), channel="email", profile_id=n, template_id=5)
    Message.objects.create(id=100 + n, idempotency_key=str(100 + n), channel="webhook", profile_id=n,
        payload={"url": hook})
"""
RUN = """
import django, json; django.setup()
from quen.config import config
from quen.delivery import store
from quen.delivery.models import Message
from quen.delivery.outbox import Outbox
from quen.journal import open_journal
journal = open_journal(config())
store.recover()
outbox = Outbox(config(), journal)
while outbox.run_once():
    pass
told = sorted({json.loads(e.body)["m"] for e in journal.read(0, 1000)})
print(json.dumps({"status": dict(Message.objects.values_list("id", "status")), "told": told}))
"""


@pytest.fixture(scope="module")
def empty_state(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated database, made once."""
    directory = tmp_path_factory.mktemp("crash")
    _run(PREPARE, directory)
    return (directory / "state.db").read_bytes()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


def _run(code: str, directory: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quen.settings",
        "QUEN_DATA_DIR": str(directory),
        "QUEN_ALLOW_PRIVATE_WEBHOOKS": "1",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done


@pytest.mark.parametrize(
    "point", ["outbox.claimed", "outbox.prepared", "outbox.sent", "outbox.recorded", "outbox.called", "nowhere"]
)
def test_a_power_cut(point: str, tmp_path: Path, empty_state: bytes, mail: MailServer) -> None:
    calls: list[str] = []

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        calls.append(str(handler.headers["webhook-id"]))
        reply(handler, 200)

    (tmp_path / "state.db").write_bytes(empty_state)
    with web_server(answer) as hook:
        _run(FILL, tmp_path, str(PEOPLE), hook)
        died = _run(RUN, tmp_path, QUEN_FAILPOINT=point, QUEN_SMTP_URL=mail.url)
        assert died.returncode == (0 if point == "nowhere" else -signal.SIGKILL)
        after = json.loads(_run(RUN, tmp_path, QUEN_SMTP_URL=mail.url).stdout)

    status = {int(id_): value for id_, value in after["status"].items()}
    arrived = [len(mail.to(f"p{n}@example.com")) for n in range(1, PEOPLE + 1)]
    assert max(arrived) <= 1, "nobody gets an e-mail twice"
    for n, count in enumerate(arrived, 1):
        # accepted: it arrived. unknown: it may have. Nothing else, and nothing is forgotten.
        assert status[n] == "unknown" or (status[n] == "accepted" and count == 1)
    if point in {"outbox.claimed", "outbox.called", "nowhere"}:  # it died before, or after, all of the sending
        assert arrived == [1] * PEOPLE and "unknown" not in status.values()
    assert {status[100 + n] for n in range(1, PEOPLE + 1)} == {"accepted"}
    assert set(calls) == {str(100 + n) for n in range(1, PEOPLE + 1)}
    assert after["told"] == sorted(status), "every outcome reaches the journal"
