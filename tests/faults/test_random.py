"""Kills at random moments and at random points under load from real SDKs; afterwards every figure must agree.

A few kills in `make test`; for as long as QUEN_FAULT_MINUTES says in `make faults`, with everything that can fail
failing by turns. What happens is decided by QUEN_FAULT_SEED, which is printed.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from quen.failpoints import POINTS
from tests.faults.clients import SDKS, Load, node_is_there
from tests.faults.ledger import Ledger, settle
from tests.faults.servers import DIES_AFTER, DIES_BEFORE, REFUSES, SLOW, WELL, Hooks
from tests.faults.shop import open_shop
from tests.faults.striking import Striker
from tests.support import Quen

MINUTES = float(os.environ.get("QUEN_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("QUEN_FAULT_SEED") or random.SystemRandom().randrange(10**6))
OF = {"edge", "journal", "engine", "record", "mirror", "commit", "outbox"}
WHOLE = sorted(p for p in POINTS if p.split(".")[0] in OF and p != "record.events")  # batches are small here
FAULTS = ["edge", "app", "app", "both", "point", "point", "mail", "hook", *(["all"] if MINUTES else [])]


def test_random_faults_under_load(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    seed = SEED
    print(f"QUEN_FAULT_SEED={seed}")
    dice, hooks, ledger = random.Random(seed), Hooks(), Ledger()
    armed = tmp_path / "failpoint"
    quen = new_quen(FAILPOINT=f"@{armed}")
    counts: Counter[str] = Counter()
    with hooks.running() as url:
        mail = open_shop(quen, url)
        striker = Striker(quen, armed)
        load = Load(
            quen,
            ledger,
            rate=40 if MINUTES else 60,
            orders=40,
            seed=seed,
            sdks=SDKS if node_is_there() else SDKS[:2],
        ).start()
        try:
            until = time.monotonic() + (MINUTES * 60 or 8)
            while time.monotonic() < until:
                time.sleep(dice.uniform(0.5, 4 if not MINUTES else 10))
                fault = dice.choice(FAULTS)
                if fault == "mail":
                    mail.fault = dice.choice([REFUSES, SLOW, DIES_AFTER, DIES_BEFORE, WELL, WELL])
                elif fault == "hook":
                    hooks.status = dice.choice([200, 200, 503])
                elif not _strike(striker, fault, dice):
                    fault = "away"
                counts[fault] += 1
                striker.check()
        finally:
            striker.disarm()
            mail.fault, hooks.status = WELL, 200
            load.stop_sending()
        striker.kill_all(_nothing_waits_for_long)
        load.stop()
        striker.check()
        figures = settle(quen, ledger, calls=hooks.calls, tmp=tmp_path, check=striker.check)
    print(f"\nfaults: seed {seed}, {MINUTES or 0.13} min, kills and faults {dict(counts)}, figures {figures}")
    assert figures["answered"] > 0 and figures["runs"] > 0


def _strike(striker: Striker, fault: str, dice: random.Random) -> bool:
    """Whether there was anything to strike."""
    if fault == "all":
        striker.kill_all()
        return True
    if fault == "point":
        point = dice.choice(WHOLE)
        striker.arm(f"{point}:{dice.randint(1, 4)}")
        striker.kill("edge" if point.startswith(("edge", "journal")) else "app")  # who is away reads it when it starts
        return True
    struck = [striker.kill(role) for role in ("edge", "app") if fault in {role, "both"}]
    return any(struck)


def _nothing_waits_for_long(quen: Quen) -> None:
    """Messages that were put off by a fault may be due in minutes (servers rest as long, but only the app that was
    killed knew it): let it be now."""
    with closing(sqlite3.connect(quen.data_dir / "state.db", timeout=60)) as state, state:
        state.execute("UPDATE delivery_message SET not_before = 0 WHERE status = 'queued'")
