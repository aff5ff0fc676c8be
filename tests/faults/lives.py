"""Lives of an engine over a data directory, each a fork of this process, so that none costs a start of Python.

`python -m tests.faults.lives DIRECTORY POINT…` lets one die at each point, lets another take over, and prints what came
of it as JSON: {point: [how the lives before it ended, facts]}. `nowhere` is no point: it dies of nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import django

# What ClickHouse leaves when it dies between writing down that it knows these rows and putting them in place.
KNOWN_ONLY = {f"{table} are known and not there": table for table in ("events", "profiles", "links")}
TWICE = "events are known and not there, twice"  # the life that repeats the batch dies of it too
TWO_MONTHS = "a folded month is beside the old one"  # which is there when it dies while one takes the other's place
POISON = "poison"  # the message that a point with @poison dies of, whichever life it is
DEADLY = [f"{point}@{POISON}" for point in ("engine.apply", "engine.record", "commit.written")]
LIVES = {TWICE: 2} | dict.fromkeys(DEADLY, 4)  # three that die, and one that finds it
PEOPLE = 12


def main(directory: Path, points: list[str]) -> None:
    sys.modules["chdb"] = ModuleType("chdb")  # it starts threads, which a fork would not have
    django.setup()
    import quen.engine.loop
    import quen.journeys.service  # noqa: F401 so that the forks need not

    filled = directory / "filled"
    assert _life(filled, _fill) == 0
    found = {}
    for number, point in enumerate(points):
        copy = directory / str(number)
        shutil.copytree(filled, copy, symlinks=True)
        ends = [_life(copy, lambda point=point: _work(point)) for _ in range(LIVES.get(point, 1))]
        assert _life(copy, _take_over) == 0, point
        found[point] = [ends, json.loads((copy / "facts.json").read_text())]
        shutil.rmtree(copy)
    print(json.dumps(found))


def _life(directory: Path, work: Callable[[], None]) -> int:
    """Do the work in a fork over this data directory; its exit status, negative for a signal."""
    sys.stdout.flush()
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        del sys.modules["chdb"]
        import chdb
        from django.db import connection

        from quen.config import config

        sys.modules["quen.events.store"].chdb = chdb  # type: ignore[attr-defined]
        directory.mkdir(parents=True, exist_ok=True)
        os.environ["QUEN_DATA_DIR"] = str(directory)
        config.cache_clear()
        connection.settings_dict["NAME"] = str(directory / "state.db")
        work()
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _engine() -> Any:
    from quen.config import config
    from quen.engine.loop import Engine
    from quen.events.store import event_store
    from quen.journal import open_journal

    return Engine(config(), open_journal(config(), bounded=False), event_store())


def _fill() -> None:
    """People, a computed trait, segments and a journey that live, and then: a segment that waits, a trait that is
    computed anew with the segment over it, and messages that nobody has taken."""
    from django.core.management import call_command

    from quen.computed import service as computed
    from quen.connectors.service import create_source
    from quen.delivery.models import Template
    from quen.journeys import service as journeys
    from quen.segments import service as segments

    call_command("migrate", verbosity=0)
    source = create_source("faults", "server")
    Template.objects.create(id=5, name="t", subject="s", body="<mjml></mjml>", updated_at=0)
    often = {"event": "Browsed", "count": {"op": "gte", "value": 2}, "within": "30d"}
    segments.create_segment("Often here", often, by="t")
    visits = computed.create("visits", "Visits", {"kind": "count", "event": "Browsed"})
    segments.create_segment("Visited a lot", {"trait": "computed.visits", "op": "gte", "value": 3}, by="t")
    graph = {
        "trigger": {"type": "event", "event": "Ordered", "where": [], "max_age": "24h"},
        "entry_key": "properties.order_id",
        "reentry": "always",
        "exit_when": None,
        "exit_on": [],
        "nodes": [
            {"id": "mail", "type": "email", "template_id": "5"},
            {"id": "mark", "type": "traits", "traits": {"ordered": True}},
        ],
    }
    journeys.publish(journeys.create_journey("Orders", "t", graph), "keep", "t")
    engine = _engine()
    known = [_browse(n, f"known-{n}") for n in range(PEOPLE)]
    _append(engine.context.journal, source.id, [_browse(n, f"first-{n}") for n in range(PEOPLE)] + known)
    engine.drain()
    segments.create_segment("Browsed once", {"event": "Browsed", "count": {"op": "gte", "value": 1}}, by="t")
    visits.refresh_from_db()
    computed.update(visits, spec={"kind": "count", "event": ["Browsed", "Ordered"]})
    messages = [_browse(n, f"second-{n}") for n in range(PEOPLE)]
    messages += [_order(n) for n in range(0, PEOPLE, 2)]
    # Who was two becomes one; what was sent comes again; what cannot be stored is kept with its reason.
    messages += [_browse(n, f"third-{n}") | {"anonymousId": f"device-{n}"} for n in range(0, PEOPLE, 3)]
    messages += [{"type": "track", "event": "Poison", "userId": "victim", "messageId": POISON}]
    messages += [_browse(1, "second-1"), {"type": "track", "userId": "x", "messageId": "nameless"}]
    for start in range(0, len(messages), 7):
        _append(engine.context.journal, source.id, messages[start : start + 7])
    engine.context.journal.close()


def _browse(n: int, id_: str) -> dict[str, Any]:
    who = {"anonymousId": f"device-{n}"} if n % 3 == 0 and id_.startswith("first") else {"userId": f"u{n}"}
    return {"type": "track", "event": "Browsed", "messageId": id_, **who}


def _order(n: int) -> dict[str, Any]:
    properties = {"order_id": f"o{n}"}
    return {"type": "track", "event": "Ordered", "messageId": f"order-{n}", "userId": f"u{n}", "properties": properties}


def _append(journal: Any, source: int, messages: list[dict[str, Any]]) -> None:
    import msgspec

    from quen.journal.protocol import NewEntry
    from quen.protocol.messages import Envelope

    raw = [msgspec.Raw(msgspec.json.encode(m)) for m in messages]
    journal.append([NewEntry("track", source, msgspec.json.encode(Envelope(raw)))])


def _work(point: str) -> None:
    from quen import failpoints
    from quen.engine.steps import record
    from quen.events.store import EventStore

    # What large batches do, but where all events of one are stored together.
    record.WORTH_BEGINNING = 10**6 if point == "mirror.events" else 1

    engine = _engine()
    failpoints._armed = failpoints.read(point)
    os.environ["QUEN_FAILPOINT"] = point if point in DEADLY else ""  # for the process that tries messages
    if point in {*KNOWN_ONLY, TWICE}:
        table, insert = KNOWN_ONLY.get(point, "events"), EventStore._insert

        def known_only(store: EventStore, into: str, fields: Any, rows: Any, token: str) -> None:
            insert(store, into, fields, rows, token)
            if into == table and rows:
                of = "id" if table == "events" else "version"
                gone = sorted({getattr(row, of) for row in rows})
                store.rows(f"DELETE FROM {into} WHERE {of} IN {{gone:Array(UInt64)}}", {"gone": gone})
                os.kill(os.getpid(), signal.SIGKILL)

        EventStore._insert = known_only  # type: ignore[method-assign]
    if point == TWO_MONTHS:
        run = EventStore._run

        def beside(store: EventStore, sql: str | bytes, *rest: Any) -> Any:
            if isinstance(sql, bytes) or "REPLACE PARTITION" not in sql:
                return run(store, sql, *rest)
            run(store, f"INSERT INTO events SELECT * FROM {sql.split()[-1]}", *rest)
            return os.kill(os.getpid(), signal.SIGKILL)

        EventStore._run = beside  # type: ignore[method-assign]
    engine.drain()
    for _ in range(12):
        engine._folder.step()


def _take_over() -> None:
    _work("nowhere")
    _tell()


def _tell() -> None:
    """The facts, in the data directory's facts.json: what is there, without the ids that were given."""
    from quen.config import config
    from quen.db import fetch
    from quen.events.store import event_store
    from quen.profiles import store as profiles
    from quen.segments.columns import Column

    rows, visits = event_store().rows, Column("traits", profiles.sides().path("computed.visits")).text
    found = {
        "events": sorted(
            [e, m if source else "", int(n)]
            for e, source, m, n in rows(
                "SELECT event, source_id, if(source_id = 0, '', message_id), count() FROM events GROUP BY 1, 2, 3"
            )
        ),
        "people": len(fetch("SELECT id FROM profiles_profile")),
        "mirror": len(rows("SELECT id FROM profiles FINAL WHERE deleted = 0")),
        "same people": {i for (i,) in fetch("SELECT id FROM profiles_profile")}
        == {int(i) for (i,) in rows("SELECT id FROM profiles FINAL WHERE deleted = 0")},
        "marked": len(fetch("SELECT id FROM profiles_profile WHERE traits LIKE '%ordered%'")),
        "values": fetch("SELECT traits, COUNT(*) FROM profiles_profile GROUP BY 1 ORDER BY 1"),
        "mirrored values": sorted(
            [str(v), int(n)]
            for v, n in rows(f"SELECT {visits}, count() FROM profiles FINAL WHERE deleted = 0 GROUP BY 1")
        ),
        "segments": fetch(
            "SELECT s.name, s.status, s.count, COUNT(m.profile_id) FROM segments_segment s LEFT JOIN segments_member m"
            " ON m.segment_id = s.id GROUP BY s.id ORDER BY s.name"
        ),
        "runs": fetch("SELECT entry_key, status, COUNT(*) FROM journeys_run GROUP BY 1, 2 ORDER BY 1"),
        "steps": fetch("SELECT node, outcome, COUNT(*) FROM journeys_stepexecution GROUP BY 1, 2 ORDER BY 1"),
        "messages": fetch("SELECT status, COUNT(*) FROM delivery_message GROUP BY 1"),
        "kept": fetch("SELECT reason, COUNT(*) FROM engine_quarantined GROUP BY 1"),
        "dropped": fetch("SELECT reason, count FROM engine_dropcount WHERE source_id > 0 ORDER BY 1"),
        "catalogue": fetch("SELECT name, count FROM events_eventname ORDER BY 1"),
    }
    (config().data_dir / "facts.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
