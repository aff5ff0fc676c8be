"""Looking up a profile by an identifier over the JSON API, while events keep coming in."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from quen.bench.load import Load, drive
from quen.bench.report import Measure, Options, Result, at_least, at_most
from quen.bench.running import Running, fill, running

WRITE_KEY = "bench"
READS_A_SECOND = 300
CONNECTIONS = 8
EVENTS_A_REQUEST = 20
MINIMUM_S = 10.0
DIFFERENT = 2_000  # requests made before, each for another person


def run(options: Options) -> Result:
    seconds = max(MINIMUM_S, options.seconds * 3)
    data_dir = options.directory / "data"
    options.say(f"reads: making {options.profiles:,} profiles")
    fill(data_dir, partial(_prepare, profiles=options.profiles))
    key = (data_dir / "bench.key").read_text()
    with running(data_dir) as quen:
        gets = list(_gets(quen.port, key, options.profiles))
        options.say("reads: SQLite alone")
        bare = _bare(data_dir / "state.db", options.profiles)
        drive(quen.port, gets, connections=CONNECTIONS, seconds=2, rate=READS_A_SECOND / 2)
        options.say(f"reads: {READS_A_SECOND} a second, nothing else")
        quiet = drive(quen.port, gets, connections=CONNECTIONS, seconds=seconds, rate=READS_A_SECOND)
        options.say(f"reads: {READS_A_SECOND} a second beside {options.rate} events a second")
        busy, came = _beside_events(quen, gets, options, seconds)
    options.say("")
    return Result(
        "reads",
        [
            Measure("the same rows by SQLite alone, median", bare, "ms"),
            Measure("no events: p50", quiet.percentile(50), "ms"),
            Measure("no events: p99", quiet.percentile(99), "ms"),
            at_least("events taken meanwhile", came.rate * EVENTS_A_REQUEST, "events/s", options.rate * 0.95),
            at_least("reads kept up", busy.rate, "reads/s", READS_A_SECOND * 0.95),
            Measure("beside events: p50", busy.percentile(50), "ms"),
            at_most("beside events: p99", busy.percentile(99), "ms", 10),
            Measure("beside events: load generators", 100 * (_share(busy) + _share(came)), "% of a core"),
            Measure("p99 beside events ÷ without", busy.percentile(99) / max(quiet.percentile(99), 1e-9), "×"),
            at_most("answers other than 200", busy.failures + quiet.failures, "", 0),
        ],
        [
            (
                f"GET /api/v1/profiles/user_id:… with an API key, people chosen at random of {options.profiles:,},"
                f" {CONNECTIONS} connections, due evenly; a wait for a free connection counts"
            ),
            (
                f"events in requests of {EVENTS_A_REQUEST}, of random people; `quen up` with all its processes and both"
                " load generators on this machine"
            ),
        ],
    )


def _share(load: Load) -> float:
    """Of a core, that its generator took."""
    return load.processor_seconds / load.seconds


def _beside_events(quen: Running, gets: list[bytes], options: Options, seconds: float) -> tuple[Load, Load]:
    """(reads, requests of events) at the same time; the events begin a second before and end a second after."""
    posts = list(_posts(quen.edge_port, options.profiles))
    came: list[Load] = []
    rate = options.rate / EVENTS_A_REQUEST

    def send() -> None:
        came.append(drive(quen.edge_port, posts, connections=CONNECTIONS, seconds=seconds + 4, rate=rate))

    sending = threading.Thread(target=send)
    sending.start()
    busy = drive(quen.port, gets, connections=CONNECTIONS, seconds=seconds, rate=READS_A_SECOND)
    sending.join()
    return busy, came[0]


def _prepare(data_dir: str, profiles: int) -> None:
    os.environ["QUEN_DATA_DIR"] = data_dir
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    Path(data_dir).mkdir(parents=True)
    from quen.bench.engine import prepare

    prepare(profiles)
    from quen.accounts.keys import create_key  # Django is set up now
    from quen.connectors.models import Source

    Source.objects.create(name="clients", kind="server", write_key=WRITE_KEY)
    (Path(data_dir) / "bench.key").write_text(create_key("bench", "owner")[1])


def _gets(port: int, key: str, profiles: int) -> Iterator[bytes]:
    chance = random.Random(5)  # noqa: S311  (data, not secrets)
    for _ in range(DIFFERENT):
        yield (
            f"GET /api/v1/profiles/user_id:u{chance.randrange(profiles)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {key}\r\n\r\n"
        ).encode()


def _posts(port: int, profiles: int) -> Iterator[bytes]:
    from quen.bench.workload import messages
    from quen.ids import now_ms

    authorization = "Basic " + b64encode(f"{WRITE_KEY}:".encode()).decode()
    batch = []
    for message in messages(DIFFERENT * EVENTS_A_REQUEST, profiles, now_ms(), seed=11):
        message.pop("messageId")  # the requests go round: each time they are other events
        message.pop("timestamp")
        batch.append(message)
        if len(batch) == EVENTS_A_REQUEST:
            body = json.dumps({"batch": batch}).encode()
            yield (
                f"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {authorization}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode() + body
            batch = []


def _bare(state: Path, profiles: int) -> float:
    """Milliseconds (median) that SQLite takes to find an identifier and its profile: what no server can be below."""
    connection = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    chance = random.Random(6)  # noqa: S311  (data, not secrets)
    times = []
    for _ in range(DIFFERENT):
        started = time.perf_counter()
        connection.execute(
            "SELECT p.traits FROM identity_identifier i JOIN profiles_profile p ON p.id = i.profile_id WHERE i.key = ?",
            (f"user_id||u{chance.randrange(profiles)}",),
        ).fetchone()
        times.append(time.perf_counter() - started)
    connection.close()
    return sorted(times)[DIFFERENT // 2] * 1000
