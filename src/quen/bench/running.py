"""A running Quen for benchmarks: `quen up` on a directory of its own, and what its processes use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from quen.errors import TemporaryError

READY_WITHIN_S = 60
TICKS = os.sysconf("SC_CLK_TCK")


class Running(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int
    edge_port: int
    data_dir: Path


class Usage(NamedTuple):
    cpu_seconds: float
    resident_mb: float
    processes: int


def fill(data_dir: Path, prepare: Callable[[str], None]) -> None:
    """Let `prepare` fill a data directory in a process of its own: settings are a process's."""
    child = get_context("spawn").Process(target=prepare, args=(str(data_dir),))
    child.start()
    child.join()
    if child.exitcode:
        raise TemporaryError(f"preparing {data_dir} failed with status {child.exitcode}: see above")


@contextmanager
def running(data_dir: Path, prepare: Callable[[str], None] | None = None) -> Iterator[Running]:
    """`quen up` over `data_dir`, which `prepare` fills before."""
    if prepare is not None:
        fill(data_dir, prepare)
    port, edge_port = _free_port(), _free_port()
    command = [sys.executable, "-m", "quen.cli", "up", "--data", str(data_dir)]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--edge-port", str(edge_port)],
        stdout=subprocess.DEVNULL,
        stderr=(data_dir / "up.log").open("wb"),
    )
    try:
        for address in (port, edge_port):
            _wait_for(f"http://127.0.0.1:{address}/health", process)
        yield Running(process, port, edge_port, data_dir)
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def asked(serve: Callable[[Connection, Path, int], None], data_dir: Path, profiles: int) -> Iterator[Connection]:
    """A process that works only when asked: `serve` says over the pipe that it is ready, then answers until it ends."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, data_dir, profiles))
    process.start()
    there.close()
    try:
        here.recv()
        yield here
    finally:
        here.close()
        process.join(30)


def usage(root: int) -> Usage:
    """CPU time so far and resident memory now of a process and all below it (Linux)."""
    parents: dict[int, int] = {}
    figures: dict[int, tuple[float, float]] = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
            pages = int((directory / "statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        pid = int(directory.name)
        parents[pid] = int(fields[1])
        figures[pid] = ((int(fields[11]) + int(fields[12])) / TICKS, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
    tree = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in tree} - tree
        if not more:
            break
        tree |= more
    found = [figures[pid] for pid in tree if pid in figures]
    return Usage(sum(f[0] for f in found), sum(f[1] for f in found), len(found))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  (our own address)
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise TemporaryError(f"quen up did not become healthy at {url} within {READY_WITHIN_S} s")
