"""Processes and composition: `quen up` supervises the edge and the app.

The edge takes events and needs nothing but the journal; the app is the console, the JSON API, the engine and the outbox
in one process, because the embedded event store admits only one. Either may die without the other.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from multiprocessing.util import Finalize
from typing import IO, Any

from quen.config import Config, config
from quen.errors import ConfigError
from quen.processes import EDGE_AT, Child, Supervisor, check_port, die_with_parent

CONSOLE_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)  # more only wait for the interpreter, and Granian says so
THREADS_IDLE_S = 600  # each has a connection to the state, which the next request would have to open anew
# A request asks for the interpreter a few times; the engine would have it for the default of 5 ms each time.
SWITCH_SECONDS = 0.0005


class AlreadyRunning(ConfigError):
    """Two servers on one data directory would both write it."""


def hold_data_dir(settings: Config) -> IO[str]:
    """Take the data directory for this process; keep the answer open as long as it is needed."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "quen.lock"
    try:
        handle = path.open("a+")
    except OSError as error:
        raise ConfigError(f"{settings.data_dir} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.readline().strip() or "unknown"
        raise AlreadyRunning(
            f"Quen already runs on {settings.data_dir} (process {owner}). Stop it, or give another --data directory."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def console_address(settings: Config) -> str | None:
    """Where the console of the Quen that runs on this data directory listens; None where none says."""
    lines = (settings.data_dir / "quen.lock").read_text().split("\n")
    return lines[1] if len(lines) > 1 and lines[1] else None


def migrate() -> None:
    """Bring the state database's schema up to date. Raises ConfigError where it cannot work: damaged, locked, …"""
    import django
    from django.core.management import call_command
    from django.db import DatabaseError

    django.setup()
    from quen.db import trouble

    try:
        call_command("migrate", verbosity=0, skip_checks=True)
    except DatabaseError as error:
        if words := trouble(error):
            raise ConfigError(f"{words} ({config().database_url or config().state_path})") from error
        raise


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
    with hold_data_dir(settings) as lock:
        lock.write(f"\nhttp://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")  # noqa: S104 told, not bound
        lock.flush()
        check_port(host, port, "--port")
        check_port(host, edge_port, "--edge-port")
        migrate()
        os.environ[EDGE_AT] = f"{'127.0.0.1' if host == '0.0.0.0' else host}:{edge_port}"  # noqa: S104 asked, not bound
        children = [
            Child("edge", ["edge", host, str(edge_port)]),
            Child("app", ["app", host, str(port)]),
            *(extra or []),
        ]
        Supervisor(children, [(host, edge_port), (host, port)]).run(ready)


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
        blocking_threads_idle_timeout=THREADS_IDLE_S,
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
    sys.setswitchinterval(SWITCH_SECONDS)
    from quen.web.wsgi import application  # isort: skip  (sets Django up; the engine needs its models)
    from quen.backup import worker
    from quen.engine import service
    from quen.system import watcher

    running = service.start()
    backups = worker.start(running)
    Finalize(None, backups.stop, exitpriority=101)
    watching = watcher.start()
    Finalize(None, watching.stop, exitpriority=100)
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
