"""Customers who keep coming while the demo runs: believable visits, posted to the edge as the real systems would."""

from __future__ import annotations

import base64
import logging
import random
import threading
import time
from collections.abc import Sequence

import httpx
import msgspec

from quen.demo.behaviour import Sent, visit_events
from quen.demo.people import Person
from quen.ids import now_ms

log = logging.getLogger(__name__)
PAUSE_S = (4.0, 14.0)  # between two visits
SPEED = 6.0  # a visit of six minutes takes one
LONGEST_STEP_S = 20.0


class Simulator:
    """A thread that sleeps nearly always. `switch(False)` stops the visits, not the thread."""

    def __init__(self, people: Sequence[Person], keys: dict[str, str], edge_url: str) -> None:
        self._people, self._keys = people, keys
        self._edge = edge_url.rstrip("/")
        self._on = threading.Event()
        self._ended = threading.Event()
        self._rng = random.Random()

    @property
    def running(self) -> bool:
        return self._on.is_set()

    def switch(self, on: bool) -> None:
        if on:
            self._on.set()
        else:
            self._on.clear()

    def start(self) -> None:
        threading.Thread(target=self._run, name="simulator", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        self._on.set()

    def _run(self) -> None:
        with httpx.Client(timeout=5) as client:
            while True:
                self._on.wait()
                if self._ended.wait(self._rng.uniform(*PAUSE_S)):
                    return
                try:
                    self._visit(client)
                except httpx.HTTPError as error:
                    log.info("the simulator could not reach the edge: %s", error)

    def _visit(self, client: httpx.Client) -> None:
        person = self._rng.choice(self._people)
        kind = self._rng.choices(("web", "app", "pos"), person.channels)[0]
        if kind == "app" and not person.accounts:
            kind = "web"
        number = 1_000_000 + now_ms() % 1_000_000_000  # never one of the generated year's
        begin = now_ms()
        started = time.monotonic()
        for sent in visit_events(random.Random(number), person, kind, number, begin):
            due = (sent.time - begin) / 1000 / SPEED - (time.monotonic() - started)
            if due > 0 and self._ended.wait(min(due, LONGEST_STEP_S)):
                return
            if not self._on.is_set():
                return
            self._post(client, sent)

    def _post(self, client: httpx.Client, sent: Sent) -> None:
        message = {name: value for name, value in sent.message.items() if name != "timestamp"}
        token = base64.b64encode(f"{self._keys[sent.source]}:".encode()).decode()
        client.post(
            f"{self._edge}/v1/batch",
            content=msgspec.json.encode({"batch": [message]}),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
