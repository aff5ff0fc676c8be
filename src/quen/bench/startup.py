"""How long until Quen takes events and answers people: from nothing, and after a kill with a large database."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from quen.bench.report import Measure, Options, Result, at_most
from quen.bench.running import Running, fill, running
from quen.errors import TemporaryError

WRITE_KEY = "bench"
BARE = "import django, chdb, granian, msgspec"  # what any program on these libraries must load
SENT_BEFORE = 500
STORED_WITHIN_S = 60.0


def run(options: Options) -> Result:
    options.say("startup: loading the libraries alone")
    bare = min(_bare() for _ in range(3))
    options.say("startup: from nothing")
    fill(options.directory / "small", partial(prepare, profiles=0))
    first, small = _started(options.directory / "small")
    options.say(f"startup: making {options.profiles:,} profiles")
    fill(options.directory / "large", partial(prepare, profiles=options.profiles))
    with running(options.directory / "large") as quen:
        for number in range(SENT_BEFORE):
            _send(quen, f"before-{number}")
        quen.process.kill()  # its processes go with it
    options.say(f"startup: after a kill, {options.profiles:,} profiles")
    second, large = _started(options.directory / "large")
    options.say("")
    return Result(
        "startup",
        [
            Measure("Python with the same libraries, nothing else", bare, "s"),
            at_most("an empty data directory: both processes healthy", first, "s", 10),
            Measure("the same ÷ the libraries alone", first / bare, "×"),
            Measure("then: an event answered, worked on and readable", small, "s"),
            Measure(f"after kill -9 with {options.profiles:,} profiles: healthy", second, "s"),
            at_most("the same ÷ the empty one", second / first, "×", 2),
            Measure("then: an event answered, worked on and readable", large, "s"),
        ],
        [
            (
                "`quen up`, its schema made before; the kill comes right after the last of"
                f" {SENT_BEFORE} events was answered, so that the start has them to work on"
            )
        ],
    )


def prepare(data_dir: str, profiles: int) -> None:
    """A source, and so many people with twenty segments over them."""
    os.environ["QUEN_DATA_DIR"] = data_dir
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    Path(data_dir).mkdir(parents=True)
    from quen.bench.engine import prepare as prepare_engine
    from quen.server import migrate

    if profiles:
        prepare_engine(profiles)
    else:
        migrate()
    from quen.connectors.models import Source  # Django is set up now

    Source.objects.create(name="bench", kind="server", write_key=WRITE_KEY)


def _bare() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    return time.perf_counter() - started


def _started(data_dir: Path) -> tuple[float, float]:
    """(seconds until both are healthy, seconds from there until a new event can be read from the state)."""
    started = time.perf_counter()
    with running(data_dir) as quen:
        healthy = time.perf_counter()
        _send(quen, "after")
        _wait_until_stored(data_dir, "after")
        return healthy - started, time.perf_counter() - healthy


def _send(quen: Running, user: str) -> None:
    connection = HTTPConnection("127.0.0.1", quen.edge_port, timeout=30)
    headers = {"Authorization": "Basic " + b64encode(f"{WRITE_KEY}:".encode()).decode()}
    body = json.dumps({"event": "Order Completed", "userId": user, "properties": {"total": 1}})
    connection.request("POST", "/v1/track", body, {**headers, "Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise TemporaryError(f"the edge answered {status}")


def _wait_until_stored(data_dir: Path, user: str) -> None:
    state = sqlite3.connect(f"file:{data_dir / 'state.db'}?mode=ro", uri=True, timeout=30)
    deadline = time.perf_counter() + STORED_WITHIN_S
    while time.perf_counter() < deadline:
        if state.execute("SELECT 1 FROM identity_identifier WHERE key = ?", (f"user_id||{user}",)).fetchone():
            state.close()
            return
        time.sleep(0.005)
    state.close()
    raise TemporaryError(f"the event was not worked on within {STORED_WITHIN_S:g} s")
