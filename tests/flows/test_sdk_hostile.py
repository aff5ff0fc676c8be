"""What nobody should send, sent: a clear answer or quarantine with its reason, nothing else lost, the edge alive."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quen.protocol.messages import Message, Rejected
from tests.edge_only import EdgeOnly
from tests.support import basic_auth, eventually

GOOD = {"type": "track", "event": "Good", "userId": "g1"}


@pytest.fixture(autouse=True)
def still_alive(edge: EdgeOnly) -> Iterator[None]:
    """Whatever a test does, the edge is the same process afterwards and takes events."""
    pid = edge.pid
    yield
    start = edge.journal.end()
    last = {**GOOD, "messageId": f"last-{start}"}
    assert edge.http.post("/v1/t", json=last, headers=basic_auth(edge.key())).status_code == 200
    edge.messages(start, 1, wanted=lambda m: m.message_id == f"last-{start}")
    assert edge.pid == pid and edge.http.get("/health").status_code == 200


def post(edge: EdgeOnly, content: bytes, path: str = "/v1/batch", **headers: str) -> httpx.Response:
    return edge.http.post(path, content=content, headers={**basic_auth(edge.key()), **headers})


def among_good(bad: bytes) -> bytes:
    good = json.dumps(GOOD).encode()
    return b'{"batch":[' + good + b"," + bad + b"," + good + b"]}"


DEEP = b'{"type":"track","event":"Deep","userId":"u","properties":{"a":%s}}'
NAMED: dict[str, tuple[bytes, str]] = {
    "a number": (b"5", "malformed"),
    "null": (b"null", "malformed"),
    "a list": (b"[[]]", "malformed"),
    "no type": (b"{}", "unknown_type"),
    "a wrong type": (b'{"type":"dance","userId":"u"}', "unknown_type"),
    "system from outside": (b'{"type":"system","event":"Segment Entered","userId":"u"}', "unknown_type"),
    "properties that are a list": (b'{"type":"track","event":"e","userId":"u","properties":[1]}', "malformed"),
    "an event that is an object": (b'{"type":"track","event":{},"userId":"u"}', "malformed"),
    "nobody": (b'{"type":"track","event":"e"}', "no_identity"),
    "an id that is true": (b'{"type":"track","event":"e","userId":true}', "bad_id"),
    "an endless id": (b'{"type":"track","event":"e","userId":"%s"}' % (b"x" * 5000), "bad_id"),
    "1970": (b'{"type":"track","event":"e","userId":"u","timestamp":"1970-01-01T00:00:00Z"}', "bad_time"),
    "no time": (b'{"type":"track","event":"e","userId":"u","timestamp":"soon"}', "bad_time"),
    "10,000 properties": (
        b'{"type":"track","event":"e","userId":"u","properties":{%s}}'
        % b",".join(b'"%x":1' % n for n in range(10_000)),
        "too_large",
    ),
    "1,500 properties": (
        b'{"type":"track","event":"e","userId":"u","properties":{%s}}' % b",".join(b'"p%d":1' % n for n in range(1500)),
        "too_many_properties",
    ),
    "33 KB": (b'{"type":"track","event":"e","userId":"u","properties":{"a":"%s"}}' % (b"x" * 33_000), "too_large"),
    "40 deep": (DEEP % (b"[" * 40 + b"]" * 40), "too_deep"),
    "12,000 deep": (DEEP % (b"[" * 12_000 + b"]" * 12_000), "too_deep"),
    "200,000 deep": (DEEP % (b"[" * 200_000 + b"]" * 200_000), "too_deep"),
}


@pytest.mark.parametrize("name", NAMED)
def test_one_bad_among_good(edge: EdgeOnly, name: str) -> None:
    bad, reason = NAMED[name]
    start = edge.journal.end()
    assert post(edge, among_good(bad)).json() == {"success": True}
    first, odd, last = edge.decoded(start)
    assert isinstance(first, Message) and isinstance(last, Message)
    assert isinstance(odd, Rejected) and odd.reason.value == reason and odd.detail


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (b'{"type":"track","event":"e","userId":"u\\u0000\\ud800","properties":{"k":"\\u0000v"}}', ("u", {"k": "v"})),
        (b'{"type":"track","event":"e","userId":"\xff\xfeu","properties":{"k":"\xc3("}}', ("u", {"k": "("})),
        (b'{"type":"track","event":"e","userId":"u","properties":{"k":NaN}}', ("u", {"k": None})),
        (b'{"type":"track","event":"e","userId":"u","properties":{"k":"a\x00b"}}', ("u", {"k": "ab"})),
        (b'{"type":"track","event":"e","userId":"u","properties":{"k":1e999}}', ("u", {"k": None})),
        ('{"type":"track","event":"🎉","userId":"👩‍👩‍👧‍👦","properties":{}}'.encode(), ("👩‍👩‍👧‍👦", {})),
        (
            b'{"type":"track","event":"e","userId":"<script>alert(1)</script>{{7*7}}"}',
            ("<script>alert(1)</script>{{7*7}}", {}),
        ),
        (b'{"type":"track","event":"e","userId":"\'; DROP TABLE entries; --"}', ("'; DROP TABLE entries; --", {})),
    ],
)
def test_what_is_odd_but_can_be_kept_is_kept(edge: EdgeOnly, bad: bytes, expected: tuple[str, Any]) -> None:
    start = edge.journal.end()
    assert post(edge, among_good(bad)).status_code == 200
    _, odd, _ = edge.messages(start, 3)
    assert (odd.user_id, odd.properties) == expected


def test_the_year_2100_is_now(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    post(edge, among_good(b'{"type":"track","event":"e","userId":"u","timestamp":"2100-01-01T00:00:00Z"}'))
    _, future, _ = edge.messages(start, 3)
    assert future.time == future.received_at and future.original_time == 4_102_444_800_000


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", b'{"batch":[', b"\x00\x01\x02", b"<xml/>", b"\x1f\x8bnot gzip", b"[" * 100_000, b"\xff" * 1000],
)
def test_what_does_not_parse_is_400_with_code_and_message(edge: EdgeOnly, content: bytes) -> None:
    start = edge.journal.end()
    answer = post(edge, content)
    assert answer.status_code == 400
    assert set(answer.json()) >= {"code", "message"}
    assert edge.journal.end() == start


def test_bombs_are_refused_in_bounded_memory(edge: EdgeOnly) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 10_000_000) for _ in range(200)) + packer.flush()  # 2 GB in 2 MB
    nested = gzip.compress(bomb)
    for _ in range(3):
        assert post(edge, bomb).status_code == 413
        assert post(edge, nested).status_code in {400, 413}
    peak_kb = int(Path(f"/proc/{edge.pid}/status").read_text().partition("VmHWM:")[2].split()[0])
    assert peak_kb < 300_000


def test_too_large_is_413_however_it_is_sent(edge: EdgeOnly) -> None:
    assert post(edge, b"x" * 5_000_000).status_code == 413
    chunked = edge.http.post("/v1/batch", content=(b"x" * 100_000 for _ in range(60)), headers=basic_auth(edge.key()))
    assert chunked.status_code == 413


def raw(edge: EdgeOnly, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", edge.port), timeout=60) as connection:
        received = b""
        # It may hang up in the middle, which is an answer too.
        with suppress(OSError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
    return received


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS on a plain port
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n{",  # ends before its body
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(2000)) + b"\r\n",
        b"GET /v1/projects/%00%ff/settings HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /c/%2e%2e/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/t HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_broken_http(edge: EdgeOnly, data: bytes) -> None:
    assert b" 200 " not in raw(edge, data).partition(b"\r\n")[0]


def test_slow_clients_do_not_hold_up_others(edge: EdgeOnly) -> None:
    slow = [socket.create_connection(("127.0.0.1", edge.port)) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        started = time.monotonic()
        assert post(edge, json.dumps({"batch": [GOOD]}).encode()).status_code == 200
        assert time.monotonic() - started < 10
    finally:
        for connection in slow:
            connection.close()


def test_a_hundred_thousand_visitors(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    for batch in range(50):
        messages = [
            {"type": "page", "anonymousId": f"visitor-{batch * 2000 + n}", "messageId": f"v-{batch * 2000 + n}"}
            for n in range(2000)
        ]
        assert post(edge, json.dumps({"batch": messages}).encode()).status_code == 200
    found = edge.messages(start, 100_000)
    assert len({m.anonymous_id for m in found}) == 100_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300) | st.text(max_size=100).map(str.encode),
    path=st.sampled_from(["/v1/batch", "/v1/t", "/v1/import", "/beacon/v1/batch", "/v1/merge"]),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "content-encoding", "sentat", "anonymousid", "origin", "user-agent"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
        max_size=3,
    ),
)
def test_any_body_has_a_clear_answer(edge: EdgeOnly, content: bytes, path: str, headers: dict[str, str]) -> None:
    answer = post(edge, content, path, **headers)
    assert answer.status_code in {200, 400}, answer.text
    assert answer.json() == {"success": True} or answer.json()["code"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=60), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]))
def test_any_address_has_a_clear_answer(edge: EdgeOnly, path: str, method: str) -> None:
    answer = edge.http.request(method, "/" + quote(path, safe="/"))
    assert answer.status_code in {200, 204, 302, 400, 401, 404, 405}, answer.text


# Outages


@pytest.fixture
def new_edge(tmp_path: Path) -> Iterator[Callable[..., EdgeOnly]]:
    made: list[EdgeOnly] = []

    def make(**options: str) -> EdgeOnly:
        made.append(EdgeOnly(tmp_path / f"edge-{len(made)}", **options))
        return made[-1]

    yield make
    for instance in made:
        instance.close()


def test_clients_that_go_away_disturb_nobody(new_edge: Callable[..., EdgeOnly]) -> None:
    edge = new_edge()  # of its own: what they had sent may be stored at any time
    edge.prepare()
    edge.start()
    content = json.dumps({"batch": [GOOD] * 50, "writeKey": edge.key()}).encode()
    head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(content)
    for cut in (10, len(head), len(head) + 100, len(head) + len(content)):
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", edge.port)) as connection:
                connection.sendall((head + content)[:cut])
    start = edge.journal.end()
    assert post(edge, content).status_code == 200
    eventually(lambda: edge.journal.end() > start)


def test_a_full_journal_is_503_until_it_was_read(new_edge: Callable[..., EdgeOnly]) -> None:
    edge = new_edge(JOURNAL_MAX_MB="2")
    edge.prepare()
    edge.start()
    content = json.dumps({"batch": [{**GOOD, "properties": {"text": "x" * 4000}}] * 100}).encode()
    taken = 0
    for _ in range(20):
        answer = post(edge, content)
        if answer.status_code != 200:
            break
        taken += 100
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert answer.json()["code"] == "journal_full"
    assert edge.http.get("/health").status_code == 503
    assert len(edge.messages(0, taken)) == taken
    edge.journal.commit("engine", edge.journal.end())
    eventually(lambda: edge.http.get("/health").status_code == 200)
    assert post(edge, content).status_code == 200


def test_a_proxy_is_believed_only_where_the_settings_say_so(new_edge: Callable[..., EdgeOnly]) -> None:
    edge = new_edge(TRUST_PROXY="true")
    edge.prepare()
    edge.start()
    # The proxy adds what it saw at the end; the rest anybody can write.
    headers = {**basic_auth(edge.key("browser")), "x-forwarded-for": "1.2.3.4, 203.0.113.77"}
    assert edge.http.post("/v1/t", json=GOOD, headers=headers).status_code == 200
    (message,) = edge.messages(0, 1, source_kind="browser")
    assert json.loads(message.context)["ip"] == "203.0.113.77"


def test_before_there_is_a_database_it_is_an_outage(new_edge: Callable[..., EdgeOnly]) -> None:
    """Never 401 or 404: SDKs throw away what gets those."""
    edge = new_edge()
    edge.data_dir.mkdir(parents=True)
    edge.start()
    headers = basic_auth("any-key")
    assert edge.http.post("/v1/t", json=GOOD, headers=headers).status_code == 503
    assert edge.http.get("/v1/projects/any-key/settings").status_code == 503
    edge.prepare()
    key = edge.key()
    assert eventually(lambda: edge.http.post("/v1/t", json=GOOD, headers=basic_auth(key)).status_code == 200)


def test_what_was_answered_survives_kill_9_and_a_stop_finishes_its_work(new_edge: Callable[..., EdgeOnly]) -> None:
    edge = new_edge()
    edge.prepare()
    edge.start()
    headers = basic_auth(edge.key())
    answered: list[int] = []

    def send(worker: int) -> None:
        with httpx.Client(base_url=edge.url, headers=headers, timeout=60) as client:
            for number in range(worker * 1_000_000, (worker + 1) * 1_000_000):
                try:
                    answer = client.post("/v1/t", json={**GOOD, "messageId": str(number)})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered.append(number)

    for end in (edge.kill, edge.stop):
        answered.clear()
        start = edge.journal.end()
        threads = [threading.Thread(target=send, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(answered) > 100)
        status = end()
        for thread in threads:
            thread.join()
        stored = {int(m.message_id) for m in edge.decoded(start) if isinstance(m, Message)}
        assert set(answered) <= stored
        assert status in {None, 0}
        edge.start()
