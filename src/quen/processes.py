"""Supervised processes: started, watched, started again when they die, and none left when their parent is killed."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from quen.errors import ConfigError

log = structlog.get_logger("quen.processes")

STOP_WITHIN_S = 10.0
BACK_OFF_S = (0.5, 15.0)  # first and longest pause before a crashed process is started again
STEADY_AFTER_S = 30.0  # after this long a process counts as healthy and its back-off starts anew
LOOP_FROM = 4  # ends in a row, each before it was steady, from which on it is said to be in a crash loop
PORT_FREE_WITHIN_S = 5.0  # what was killed a moment ago may still hold it
_PR_SET_PDEATHSIG = 1
_PARENT = "QUEN_PARENT_PID"
EDGE_AT = "QUEN_EDGE_AT"  # host:port of the edge, told to all processes: the app asks it how it is


@dataclass
class Child:
    """One supervised process."""

    name: str
    arguments: list[str]
    module: str = "quen.server"
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = BACK_OFF_S[0]
    not_before: float = 0.0
    ends: int = 0  # in a row

    def start(self) -> None:
        environment = os.environ | {_PARENT: str(os.getpid())}
        self.process = subprocess.Popen([sys.executable, "-m", self.module, *self.arguments], env=environment)
        self.started = time.monotonic()

    def watch(self) -> None:
        """Start it again when it is gone, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            if now - self.started > STEADY_AFTER_S:
                self.pause, self.ends = BACK_OFF_S[0], 0
            self.ends += 1
            self._tell(self.process.returncode)
            self.process = None
            self.not_before = now + self.pause
            self.pause = min(self.pause * 2, BACK_OFF_S[1])
        if self.process is None and now >= self.not_before:
            self.start()

    def _tell(self, status: int) -> None:
        if self.ends < LOOP_FROM:
            log.warning("process ended; starting it again", process=self.name, status=status, after=self.pause)
            return
        log.error(
            "a process cannot stay alive: look at what it logged before each end, and at `quen doctor`",
            process=self.name,
            status=status,
            ends_in_a_row=self.ends,
            after=self.pause,
        )
        notify(f"STATUS=the {self.name} process has ended {self.ends} times in a row, last with status {status}")


@dataclass
class Supervisor:
    """Keeps the children alive. `ports` are those that they listen on once they are at work."""

    children: list[Child]
    ports: list[tuple[str, int]] = field(default_factory=list)
    stopping: bool = field(default=False)
    _told: float = field(default=0.0)

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """Until SIGTERM or SIGINT; then stop all within STOP_WITHIN_S."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        for child in self.children:
            child.start()
        if ready is not None:
            ready()
        is_ready = False
        while not self.stopping:
            for child in self.children:
                child.watch()
            if not is_ready and all(listens(*port) for port in self.ports):
                is_ready = True
                notify("READY=1\nSTATUS=at work")
            self._keep_watchdog()
            time.sleep(0.2)
        notify("STOPPING=1")
        self._stop()

    def _keep_watchdog(self) -> None:
        """systemd starts Quen again when this stops coming (WatchdogSec)."""
        if "WATCHDOG_USEC" in os.environ and time.monotonic() - self._told > 1:
            self._told = time.monotonic()
            notify("WATCHDOG=1")

    def _asked_to_stop(self, number: int, frame: Any) -> None:
        self.stopping = True

    def _stop(self) -> None:
        alive = [c.process for c in self.children if c.process is not None and c.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def notify(text: str) -> None:
    """Tell systemd, where it started this process and wants to know (sd_notify)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        try:
            to.sendto(text.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
        except OSError as error:
            log.warning("systemd could not be told", error=str(error))


def listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((_reached(host), port), timeout=1):
            return True
    except OSError:
        return False


def check_port(host: str, port: int, option: str) -> None:
    """Raises ConfigError when another program has the port: else a process would end again and again."""
    deadline = time.monotonic() + PORT_FREE_WITHIN_S
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(f"cannot listen on {host}, port {port} ({option}): {error.strerror}") from error
            if time.monotonic() > deadline:
                raise ConfigError(
                    f"port {port} on {host} is taken by another program: give another with {option}, or stop that one"
                ) from None
        time.sleep(0.2)


def _reached(host: str) -> str:
    """The address under which one that listens everywhere is reached."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 asked, not bound


def die_with_parent() -> None:
    """Let the kernel end this process when its parent is killed: an orphan would hold ports and stores (Linux)."""
    parent = int(os.environ.get(_PARENT, os.getppid()))
    os.environ[_PARENT] = str(os.getpid())
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):
        return  # another system: the next start says that the port is taken
    if os.getppid() != parent:
        os._exit(1)  # it was killed before we asked
