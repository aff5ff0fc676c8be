"""Kills at random moments and at random points under load from real SDKs; afterwards every figure must agree.

A few kills in `make test`; for as long as QUEN_FAULT_MINUTES says in `make faults`, with everything that can fail
failing by turns. What happens is decided by QUEN_FAULT_SEED, which is printed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from quen.failpoints import POINTS
from tests.faults.clients import SDKS, Load, node_is_there
from tests.faults.ledger import Ledger, settle
from tests.faults.servers import DIES_AFTER, DIES_BEFORE, REFUSES, SLOW, WELL, Hooks
from tests.faults.shop import open_shop
from tests.support import Quen, eventually

MINUTES = float(os.environ.get("QUEN_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("QUEN_FAULT_SEED") or random.SystemRandom().randrange(10**6))
WHOLE = sorted(p for p in POINTS if p.split(".")[0] in {"edge", "journal", "engine", "record", "commit", "outbox"})


def test_random_faults_under_load(new_quen: Callable[..., Quen], tmp_path: Path) -> None:
    seed = SEED
    print(f"QUEN_FAULT_SEED={seed}")
    dice, hooks, ledger = random.Random(seed), Hooks(), Ledger()
    armed = tmp_path / "failpoint"
    quen = new_quen(FAILPOINT=f"@{armed}")
    counts: dict[str, int] = {}
    with hooks.running() as url:
        mail = open_shop(quen, url)
        load = Load(
            quen,
            ledger,
            rate=40 if MINUTES else 60,
            orders=40,
            seed=seed,
            sdks=SDKS if node_is_there() else SDKS[:2],
        ).start()
        try:
            until = time.monotonic() + (MINUTES * 60 or 12)
            while time.monotonic() < until:
                time.sleep(dice.uniform(0.5, 4 if not MINUTES else 10))
                fault = dice.choice(["edge", "app", "app", "both", "point", "mail", "hook"])
                counts[fault] = counts.get(fault, 0) + 1
                if fault == "mail":
                    mail.fault = dice.choice([REFUSES, SLOW, DIES_AFTER, DIES_BEFORE, WELL, WELL])
                elif fault == "hook":
                    hooks.status = dice.choice([200, 200, 503])
                else:
                    _strike(quen, fault, dice, armed)
        finally:
            armed.unlink(missing_ok=True)
            mail.fault, hooks.status = WELL, 200
            quen.wait_until_healthy()
            load.stop()
        _nothing_waits_for_long(quen)
        figures = settle(quen, ledger, calls=hooks.calls, tmp=tmp_path)
    print(f"\nfaults: seed {seed}, {MINUTES or 0.2} min, kills and faults {counts}, figures {figures}")
    assert figures["answered"] > 0 and figures["runs"] > 0


def _strike(quen: Quen, fault: str, dice: random.Random, armed: Path) -> None:
    if fault == "point":
        armed.write_text(f"{dice.choice(WHOLE)}:{dice.randint(1, 4)}")
    if fault in {"edge", "both"}:
        _kill(quen.edge_pid)
    if fault in {"app", "both", "point"}:
        quen.kill_app()


def _kill(pid: Callable[[], int]) -> None:
    with suppress(AssertionError, ProcessLookupError):  # it is dead already
        os.kill(pid(), signal.SIGKILL)


def _nothing_waits_for_long(quen: Quen) -> None:
    """Messages that were put off by a fault may be due in minutes: let them be due now."""
    import sqlite3

    quen.wait_until_healthy()
    eventually(lambda: quen.api().get("health").status_code != 500)
    with sqlite3.connect(quen.data_dir / "state.db", timeout=60) as state:
        state.execute("UPDATE delivery_message SET not_before = 0 WHERE status = 'queued'")
    state.close()
