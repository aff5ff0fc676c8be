"""Processes and composition: `quen up` supervises the edge and the app.

The edge takes events and needs nothing but the journal; the app is the console, the JSON API, the engine and the outbox
in one process, because the embedded event store admits only one. Either may die without the other.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from typing import IO, Any

import structlog

from quen.config import Config, config
from quen.errors import ConfigError

log = structlog.get_logger("quen.server")

STOP_WITHIN_S = 10.0
BACK_OFF_S = (0.5, 15.0)  # first and longest pause before a crashed process is started again
STEADY_AFTER_S = 30.0  # after this long a process counts as healthy and its back-off starts anew
CONSOLE_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)  # more only wait for the interpreter, and Granian says so
_PR_SET_PDEATHSIG = 1
_PARENT = "QUEN_PARENT_PID"


class AlreadyRunning(ConfigError):
    """Two servers on one data directory would both write it."""


def hold_data_dir(settings: Config) -> IO[str]:
    """Take the data directory for this process; keep the answer open as long as it is needed."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "quen.lock"
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        raise AlreadyRunning(
            f"Quen already runs on {settings.data_dir} (process {owner}). Stop it, or give another --data directory."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def migrate() -> None:
    """Bring the state database's schema up to date."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)


@dataclass
class Child:
    """One supervised process."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = BACK_OFF_S[0]
    not_before: float = 0.0

    def start(self) -> None:
        environment = os.environ | {_PARENT: str(os.getpid())}
        self.process = subprocess.Popen([sys.executable, "-m", "quen.server", *self.arguments], env=environment)
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


def up(
    settings: Config,
    *,
    host: str,
    port: int,
    edge_port: int,
    ready: Callable[[], None] | None = None,
    extra: list[Child] | None = None,
) -> None:
    """Run everything on this machine until it is asked to stop. `extra` processes are supervised along (the demo's)."""
    with hold_data_dir(settings):
        migrate()
        children = [
            Child("edge", ["edge", host, str(edge_port)]),
            Child("app", ["app", host, str(port)]),
            *(extra or []),
        ]
        Supervisor(children).run(ready)


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


def serve_app(host: str, port: int) -> None:
    """The app process: Granian with one worker, in which `console` also starts the engine."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "quen.server:console",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=CONSOLE_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=9,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()


def console() -> Any:
    """The WSGI application, with the engine and the outbox as threads of the same process (the stores are embedded)."""
    from quen.logs import configure

    configure()
    die_with_parent()
    from quen.web.wsgi import application  # isort: skip  (sets Django up; the engine needs its models)
    from quen.engine import service

    running = service.start()
    # The worker is a multiprocessing child: those skip atexit, but run their finalizers.
    Finalize(None, running.stop, exitpriority=100)
    return application


def main(arguments: list[str]) -> None:
    """`python -m quen.server edge|app HOST PORT`: what the supervisor starts."""
    from quen.logs import configure

    configure()
    die_with_parent()
    role, host, port = arguments[0], arguments[1], int(arguments[2])
    if role == "edge":
        from quen.edge import serve

        serve(config(), host, port)
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quen.settings")
        serve_app(host, port)


if __name__ == "__main__":
    main(sys.argv[1:])
