"""From the edge's answer to the person's segment entry, while events keep coming."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from base64 import b64encode
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from quen.bench.report import Measure, Options, Result, at_least, at_most
from quen.bench.running import Running, running

EVENTS_A_REQUEST = 10
CONNECTIONS = 8
LOOK_EVERY_S = 0.004
WRITE_KEY = "bench"
SEGMENT = "Entered at once"
MINIMUM_S = 10.0
LATE_S = 30.0


def run(options: Options) -> Result:
    seconds = max(MINIMUM_S, options.seconds * 3)
    options.say(f"latency: making {options.profiles:,} profiles")
    with running(options.directory / "data", partial(_prepare, options.segments, options.profiles)) as quen:
        answered: dict[str, float] = {}
        entered: dict[str, float] = {}
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(quen.data_dir / "state.db", entered, stop))
        watcher.start()
        options.say(f"latency: {options.rate} events a second for {seconds:g} s")
        took = _send(quen, min(int(options.rate * seconds), options.profiles), options.rate, answered)
        deadline = time.monotonic() + LATE_S
        while len(entered) < len(answered) and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        watcher.join()
    options.say("")
    # An entry can be seen before the client has read its answer: that is no time at all.
    waits = sorted(max(0.0, entered[user] - at) * 1000 for user, at in answered.items() if user in entered)
    return Result(
        "latency",
        [
            at_least("rate kept", len(answered) / took, "events/s", options.rate * 0.95),
            Measure("p50 from answer to entry", _percentile(waits, 50), "ms"),
            at_most("p99 from answer to entry", _percentile(waits, 99), "ms", 500),
            Measure("longest", waits[-1] if waits else float("nan"), "ms"),
            at_most("people who never entered", len(answered) - len(waits), "", 0),
        ],
        [
            (
                f"{options.rate:,} events a second for {seconds:g} s in requests of {EVENTS_A_REQUEST}, each of another"
                f" one of {options.profiles:,} people, who enters one of {options.segments} live segments by it;"
                " `quen up` with all its processes on this machine"
            ),
            (
                "an entry counts when another process can read it from the state database, looked for every"
                f" {LOOK_EVERY_S * 1000:g} ms"
            ),
        ],
    )


def _percentile(ascending: list[float], percent: float) -> float:
    return ascending[min(len(ascending) - 1, int(len(ascending) * percent / 100))] if ascending else float("nan")


def _prepare(segments: int, profiles: int, data_dir: str) -> None:
    os.environ["QUEN_DATA_DIR"] = data_dir
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    Path(data_dir).mkdir(parents=True)
    from quen.server import migrate

    migrate()
    from quen.bench.workload import insert_profiles, segment_rules
    from quen.config import config
    from quen.connectors.models import Source
    from quen.engine.loop import Engine
    from quen.events.store import event_store
    from quen.ids import now_ms
    from quen.journal import open_journal
    from quen.segments.service import create_segment

    Source.objects.create(name="bench", kind="server", write_key=WRITE_KEY)
    for name, rule in segment_rules(segments - 1):
        create_segment(name, rule)
    create_segment(SEGMENT, {"event": "Bench Entered", "count": {"op": "gte", "value": 1}, "within": "1d"})
    engine = Engine(config(), open_journal(config()), event_store())
    engine.drain()  # with nobody there yet, the segments are live at once
    insert_profiles(profiles, event_store(), engine.context.program, now_ms())


def _watch(state: Path, entered: dict[str, float], stop: threading.Event) -> None:
    """Note when each person's membership can be read."""
    connection = sqlite3.connect(f"file:{state}?mode=ro", uri=True, timeout=30)
    last = 0
    while not stop.is_set():
        rows = connection.execute(
            "SELECT m.id, i.value FROM segments_member m JOIN segments_segment s ON s.id = m.segment_id"
            " JOIN identity_identifier i ON i.profile_id = m.profile_id AND i.type = 'user_id'"
            " WHERE m.id > ? AND s.name = ? ORDER BY m.id",
            (last, SEGMENT),
        ).fetchall()
        now = time.perf_counter()
        for row_id, user in rows:
            entered[user] = now
            last = row_id
        stop.wait(LOOK_EVERY_S)
    connection.close()


def _send(quen: Running, count: int, rate: int, answered: dict[str, float]) -> float:
    """`count` events in requests that fall due evenly; when each was answered. Returns the seconds it took."""
    start = time.perf_counter()
    requests = range(0, count, EVENTS_A_REQUEST)
    threads = [
        threading.Thread(target=_client, args=(quen.edge_port, requests[first::CONNECTIONS], rate, start, answered))
        for first in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def _client(port: int, numbers: range, rate: int, start: float, answered: dict[str, float]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Authorization": "Basic " + b64encode(f"{WRITE_KEY}:".encode()).decode(),
        "Content-Type": "application/json",
    }
    for number in numbers:
        due = start + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        users = [f"u{number + n}" for n in range(EVENTS_A_REQUEST)]
        told = [{"type": "track", "event": "Bench Entered", "userId": u, "properties": {"total": 1}} for u in users]
        connection.request("POST", "/v1/batch", json.dumps({"batch": told}), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            answered.update(dict.fromkeys(users, time.perf_counter()))
    connection.close()
