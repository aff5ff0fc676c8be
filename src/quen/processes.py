"""Supervised processes: started, watched, started again when they die, and none left when their parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger("quen.processes")

STOP_WITHIN_S = 10.0
BACK_OFF_S = (0.5, 15.0)  # first and longest pause before a crashed process is started again
STEADY_AFTER_S = 30.0  # after this long a process counts as healthy and its back-off starts anew
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

    def start(self) -> None:
        environment = os.environ | {_PARENT: str(os.getpid())}
        self.process = subprocess.Popen([sys.executable, "-m", self.module, *self.arguments], env=environment)
        self.started = time.monotonic()

    def watch(self) -> None:
        """Start it again when it is gone, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            if now - self.started > STEADY_AFTER_S:
                self.pause = BACK_OFF_S[0]
            log.warning(
                "process ended; starting it again", process=self.name, status=self.process.returncode, after=self.pause
            )
            self.process = None
            self.not_before = now + self.pause
            self.pause = min(self.pause * 2, BACK_OFF_S[1])
        if self.process is None and now >= self.not_before:
            self.start()


@dataclass
class Supervisor:
    children: list[Child]
    stopping: bool = field(default=False)

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """Until SIGTERM or SIGINT; then stop all within STOP_WITHIN_S."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        for child in self.children:
            child.start()
        if ready is not None:
            ready()
        while not self.stopping:
            for child in self.children:
                child.watch()
            time.sleep(0.2)
        self._stop()

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
