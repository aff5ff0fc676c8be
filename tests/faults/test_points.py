"""kill -9 at every named point between two steps, and another life that takes over: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from quen.engine.isolate import PATIENCE
from quen.engine.steps import STEPS
from quen.failpoints import POINTS
from tests.edge_only import EdgeOnly
from tests.faults.lives import DEADLY, KNOWN_ONLY, TWICE, TWO_MONTHS
from tests.support import basic_auth, eventually

OF_THE_ENGINE = sorted(p for p in POINTS if re.match("engine|record|mirror|commit|backfill|folding|journal", p))
if "QUEN_FAULT_MINUTES" not in os.environ:
    # Steps before `record` write nothing: `engine.planned` stands for them. The journal's are tried at the edge too.
    OF_THE_ENGINE = [p for p in OF_THE_ENGINE if p not in {f"engine.{s.name}" for s in STEPS[:7]}]
    OF_THE_ENGINE = [p for p in OF_THE_ENGINE if not p.startswith("journal")]
LEFT_HALF = [*KNOWN_ONLY, TWICE, TWO_MONTHS]
DEADLY_ONES = DEADLY if "QUEN_FAULT_MINUTES" in os.environ else DEADLY[1:2]
OF_THE_EDGE = ["edge.received", "journal.appending", "journal.appended", "edge.durable"]
SOURCES = Path(__file__).parents[2] / "src/quen"


def test_every_point_is_known_and_reached() -> None:
    named = set()
    for path in SOURCES.rglob("*.py"):
        named |= set(re.findall(r'failpoints\.hit\("([^"]+)"', path.read_text()))
    steps = {p for p in POINTS if re.fullmatch(r"engine\.(?!planned|done)\w+", p)}  # by the step's name
    assert named | steps == set(POINTS)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("lives")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quen.settings",
        "QUEN_DATA_DIR": str(directory / "none"),
        "QUEN_SECRET_KEY": "s",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.faults.lives",
            str(directory),
            "nowhere",
            *DEADLY_ONES,
            *LEFT_HALF,
            *OF_THE_ENGINE,
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


@pytest.mark.parametrize("point", [*LEFT_HALF, *OF_THE_ENGINE])
def test_the_engine_dies_there(point: str, lives: dict[str, Any]) -> None:
    unharmed = lives["nowhere"][1]
    assert lives["nowhere"][0] == [0] and unharmed["people"] and unharmed["runs"] and unharmed["same people"]
    ends, facts = lives[point]
    assert set(ends) == {-signal.SIGKILL}, f"{point} was not reached"
    assert facts == unharmed


@pytest.mark.parametrize("point", DEADLY_ONES)
def test_a_message_that_ends_the_process_is_set_aside(point: str, lives: dict[str, Any]) -> None:
    """After a few lives, and alone: all others are stored as if it had never been sent."""
    ends, facts = lives[point]
    assert ends == [-signal.SIGKILL] * PATIENCE + [0]
    unharmed = json.loads(json.dumps(lives["nowhere"][1]))
    unharmed["events"] = [row for row in unharmed["events"] if row[0] != "Poison"]
    unharmed["catalogue"] = [row for row in unharmed["catalogue"] if row[0] != "Poison"]
    unharmed["people"] -= 1
    unharmed["mirror"] -= 1
    unharmed["values"] = [row for row in unharmed["values"] if row[0] != '{"computed":{"visits":0}}']
    unharmed["mirrored values"] = [row for row in unharmed["mirrored values"] if row[0] != "0"]
    unharmed["kept"] = sorted([*unharmed["kept"], ["step_failed", 1]])
    unharmed["dropped"] = sorted([*unharmed["dropped"], ["step_failed", 1]])
    assert facts == unharmed


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[EdgeOnly]:
    armed = tmp_path / "failpoint"
    instance = EdgeOnly(tmp_path / "edge", FAILPOINT=f"@{armed}")
    instance.armed = armed  # type: ignore[attr-defined]
    yield instance
    instance.close()


def test_the_edge_dies_at_each_of_its_points(edge: EdgeOnly, tmp_path: Path) -> None:
    edge.prepare()
    headers, answered = basic_auth(edge.key()), []
    for point in OF_THE_EDGE:
        (tmp_path / "failpoint").write_text(f"{point}:3")
        edge.start()
        for number in range(4):
            id_ = f"{point}-{number}"
            message = {"type": "track", "event": "E", "userId": "u", "messageId": id_}
            try:
                answer = httpx.post(f"{edge.url}/v1/t", json=message, headers=headers, timeout=20)
            except httpx.TransportError:
                break
            assert answer.status_code == 200
            answered.append(id_)
        eventually(lambda: edge._process and edge._process.poll() is not None)
        assert not (tmp_path / "failpoint").exists()
    edge.start()
    stored = [m.message_id for m in edge.decoded()]  # type: ignore[union-attr]
    assert set(answered) <= set(stored) and len(stored) == len(set(stored))
    assert len(answered) >= len(OF_THE_EDGE)
