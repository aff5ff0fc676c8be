"""Supervision: back-off that grows and begins anew, a crash loop that is said, and what systemd is told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from quen import processes
from quen.errors import ConfigError
from quen.processes import BACK_OFF_S, Child, check_port, listens, notify


class _Ended:
    """A process that has ended."""

    returncode = 3

    def poll(self) -> int:
        return self.returncode


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("quen.processes.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> Child:
    def start(self: Child) -> None:
        self.process, self.started = _Ended(), clock[0]  # type: ignore[assignment]

    monkeypatch.setattr(Child, "start", start)
    made = Child("app", [])
    made.start()
    return made


def pauses(child: Child, clock: list[float], ends: int) -> list[float]:
    """How long it was waited after each end."""
    found = []
    for _ in range(ends):
        child.watch()
        found.append(child.not_before - clock[0])
        clock[0] = child.not_before
        child.watch()
    return found


def test_the_pause_doubles_up_to_a_bound_and_begins_anew_after_a_steady_time(child: Child, clock: list[float]) -> None:
    first, longest = BACK_OFF_S
    assert pauses(child, clock, 7) == [first, 1.0, 2.0, 4.0, 8.0, longest, longest]
    clock[0] += processes.STEADY_AFTER_S + 1
    assert pauses(child, clock, 2) == [first, 1.0]


def test_a_crash_loop_is_said_clearly(child: Child, clock: list[float]) -> None:
    with capture_logs() as logs:
        pauses(child, clock, 5)
    assert [entry["log_level"] for entry in logs] == ["warning"] * 3 + ["error"] * 2
    assert "cannot stay alive" in logs[-1]["event"]
    assert (logs[-1]["ends_in_a_row"], logs[-1]["status"]) == (5, 3)


def test_systemd_is_told_where_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")  # nobody asks
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")
        assert systemd.recv(100) == b"READY=1"


def test_a_port_that_another_program_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PORT_FREE_WITHIN_S", 0.1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert not listens("127.0.0.1", port)
        other.listen()
        assert listens("0.0.0.0", port)
        with pytest.raises(ConfigError, match=f"port {port} .*--edge-port"):
            check_port("127.0.0.1", port, "--edge-port")
    check_port("127.0.0.1", port, "--edge-port")
    with pytest.raises(ConfigError, match="cannot listen"):
        check_port("203.0.113.1", port, "--port")
