"""Power cuts while people are taken apart: a process of its own is killed there and another takes over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PREPARE = """
import django, json, sys; django.setup()
from pathlib import Path
from django.core.management import call_command
call_command("migrate", verbosity=0)
from quen.identity import orders
from tests.engine_world import Shop, owner
shop = Shop(Path(sys.argv[1]))
lan, hoa = shop.user("lan"), shop.mail("hoa")
shop.does("Ordered", lan)
shop.says(hoa | lan)
shop.says(hoa | {"type": "track", "event": "Ordered"})
shop.says(hoa | {"type": "track", "event": "Ordered"})
orders.split([shop.mail_key("hoa")], by="an@example.com")
shop.journal.close()
"""
RUN = """
import django, json, sys; django.setup()
from pathlib import Path
from quen.config import config
from quen.engine.loop import Engine
from quen.events.store import event_store
from quen.identity.models import Edge, Identifier, Order, Separation
from quen.journal.sqlite import SqliteJournal
from quen.profiles.models import Profile
journal = SqliteJournal(Path(sys.argv[1]) / "journal.db", max_bytes=100_000_000)
Engine(config(), journal, event_store()).drain()
rows = event_store().rows
found = {
    "order": Order.objects.get().status,
    "owners": {i.type: str(i.profile_id) for i in Identifier.objects.all()},
    "profiles": sorted(str(p.id) for p in Profile.objects.all()),
    "mirror": sorted(str(id) for (id,) in rows("SELECT id FROM profiles FINAL")),
    "events": [[str(p), event, n] for p, event, n in rows(
        "SELECT profile_id, event, count() FROM events GROUP BY 1, 2 ORDER BY 1, 2")],
    "removed": Edge.objects.filter(kind="remove").count(),
    "separated": Separation.objects.count(),
}
print(json.dumps(found))
"""


def _run(code: str, directory: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quen.settings",
        "QUEN_DATA_DIR": str(directory),
        "PYTHONPATH": str(Path(__file__).parents[3]),
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(directory)], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done


@pytest.mark.parametrize(
    "point", ["separating.planned", "separating.written", "separating.moved", "separating.told", "nowhere"]
)
def test_a_power_cut(point: str, tmp_path: Path) -> None:
    _run(PREPARE, tmp_path)
    died = _run(RUN, tmp_path, QUEN_FAILPOINT=point)
    assert died.returncode == (0 if point == "nowhere" else -signal.SIGKILL)
    after = json.loads(_run(RUN, tmp_path).stdout.splitlines()[-1])
    lan, hoa = after["owners"]["user_id"], after["owners"]["email"]
    assert lan != hoa
    assert after["order"] == "done"
    assert after["profiles"] == after["mirror"] == sorted([lan, hoa])
    assert sorted(after["events"]) == sorted([[lan, "Identified", 1], [lan, "Ordered", 1], [hoa, "Ordered", 2]])
    assert (after["removed"], after["separated"]) == (1, 1)
