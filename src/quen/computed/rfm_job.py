"""Keeps the boundaries of RFM traits that are scored by fifths: every night, at once where there are none, on demand.

New boundaries are a new version of the trait, which is computed for everyone; until theirs is, people keep the scores
by the boundaries before. In between, scores are live by the boundaries in force.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import connection

from quen.computed import service
from quen.computed.definitions import parse_computed
from quen.computed.models import Definition
from quen.computed.rfm_boundaries import find, with_boundaries
from quen.config import config
from quen.duplicates.worker import is_due
from quen.errors import QuenError
from quen.events.store import event_store
from quen.ids import now_ms

log = structlog.get_logger("quen.computed")
LOOK_EVERY_S = 15.0  # a new trait waits so long for its first boundaries
BY = "Quen"


def start(stop: threading.Event) -> None:
    """Called once when the app starts."""
    threading.Thread(target=_keep_looking, args=(stop,), name="quen-rfm", daemon=True).start()


def _keep_looking(stop: threading.Event) -> None:
    while not stop.wait(LOOK_EVERY_S):
        try:
            look(datetime.now(ZoneInfo(str(config().timezone))))
        except Exception:  # the next look is another try
            log.exception("the boundaries of RFM could not be found")
        finally:
            connection.close()


def look(now: datetime) -> list[str]:
    """Find the boundaries that are due; the names of the traits that got new ones."""
    due = [
        definition
        for definition in Definition.objects.filter(status="live", spec__contains='"rfm"')
        if _by_fifths(definition.spec) and is_due("daily", _made_at(definition.spec), now)
    ]
    return [definition.name for definition in due if refresh(definition)]


def refresh(definition: Definition) -> bool:
    """Find the boundaries of the customers there are now; whether there are any."""
    spec = prepared({key: value for key, value in definition.spec.items() if key != "boundaries"})
    if "boundaries" not in spec:
        return False
    service.update(definition, spec=spec, by=BY)
    log.info("boundaries of RFM were found", trait=definition.name, people=spec["boundaries"]["people"])
    return True


def prepared(spec: dict[str, Any], before: Any = None) -> dict[str, Any]:
    """A canonical RFM spec as it is saved: one by fifths gets boundaries, those of `before` where it asks about the
    same orders. Where they cannot be found now, the job does later."""
    if not _by_fifths(spec):
        return spec
    same = before is not None and _by_fifths(before) and _orders(before) == _orders(spec)
    if "boundaries" in spec and (before is None or same):
        return spec
    if same and "boundaries" in before:
        return {**spec, "boundaries": before["boundaries"]}
    orders = {key: value for key, value in spec.items() if key != "boundaries"}
    now = now_ms()
    try:
        found, people = find(parse_computed("rfm", "rfm", orders).operand, event_store(), now, config().zone)
    except QuenError as error:
        log.warning("boundaries of RFM are found later", error=error.message)
        return orders
    return orders if found is None else with_boundaries(orders, found, people, now)


def _by_fifths(spec: Any) -> bool:
    return bool(spec.get("kind") == "rfm" and spec.get("scoring") == "quintiles")


def _made_at(spec: dict[str, Any]) -> int:
    return int((spec.get("boundaries") or {}).get("at", 0))


def _orders(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: spec.get(key) for key in ("event", "property", "within", "where")}


service.PREPARE["rfm"] = prepared
