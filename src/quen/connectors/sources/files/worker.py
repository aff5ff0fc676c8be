"""Runs the console's imports in processes of their own: they neither slow the console nor end with a page.

An import whose process was ended goes on when the app starts again.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import structlog

from quen.config import config
from quen.connectors.models import Import

log = structlog.get_logger("quen.imports")
_processes: set[subprocess.Popen[bytes]] = set()


def folder() -> Path:
    """Where uploaded files and those of rejected rows lie."""
    path = Path(config().data_dir) / "imports"
    path.mkdir(parents=True, exist_ok=True)
    return path


def spawn(import_id: int) -> None:
    """Run an import that is recorded; returns at once."""
    arguments = [sys.executable, "-m", "quen.cli", "import", "--resume", str(import_id), "--json"]
    arguments += ["--data", str(config().data_dir)]
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _processes.add(process)
    threading.Thread(target=_reap, args=(process, import_id), name=f"import-{import_id}", daemon=True).start()


def _reap(process: subprocess.Popen[bytes], import_id: int) -> None:
    status = process.wait()
    _processes.discard(process)
    log.info("an import's process ended", import_id=str(import_id), status=status)


def resume_all() -> None:
    """Go on with the console's imports that an end of the app interrupted; the command line's wait for theirs."""
    for row in Import.objects.filter(status__in=("new", "running", "interrupted")):
        uploaded = Path(row.path).parent == folder() and Path(row.path).exists()
        if uploaded and not is_running(row.pk):
            spawn(row.pk)


def stop_all() -> None:
    """Ask the processes to end; what they were doing goes on at the next start."""
    for process in list(_processes):
        process.terminate()


def is_running(import_id: int) -> bool:
    """Whether some process holds the import's lock."""
    path = folder() / f"{import_id}.lock"
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
