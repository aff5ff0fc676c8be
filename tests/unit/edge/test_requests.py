"""The outside of a tracking request: what is taken, and what is refused outright."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.edge.auth import key_of_header, key_of_query
from quen.edge.http import RequestError, read_body, unzip
from quen.edge.requests import MAX_MESSAGES, check_size, read_batch, read_single

LIMIT = 100_000


def texts(body: bytes) -> list[Any]:
    return [json.loads(bytes(m)) for m in read_batch(body).messages]


def test_a_batch_is_its_messages_and_its_own_fields() -> None:
    body = read_batch(
        b'{"batch":[{"type":"track"},{"type":"page"}],"writeKey":"k","sentAt":"2026-01-01T00:00:00Z",'
        b'"context":{"a":1},"integrations":{"All":true}}'
    )
    assert [bytes(m) for m in body.messages] == [b'{"type":"track"}', b'{"type":"page"}']
    assert body[1:] == ("k", "2026-01-01T00:00:00Z", {"a": 1}, {"All": True})


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        (b'{"batch":[]}', []),
        (b'{"batch":[1,null,"x",{"type":"track"}]}', [1, None, "x", {"type": "track"}]),
        (b'[{"type":"track"}]', [{"type": "track"}]),  # the list itself
        (b'{"type":"track"}', [{"type": "track"}]),  # one message where a batch belongs
        (b'{"batch":{"type":"track"},"writeKey":"k"}', [{"batch": {"type": "track"}, "writeKey": "k"}]),
        (b'{"batch":[{"a":NaN},{"b":1}]}', [{"a": None}, {"b": 1}]),  # one bad encoder, all its neighbours kept
        (b'{"batch":[{"a":"\\ud83d"},{"b":1}]}', [{"a": ""}, {"b": 1}]),
        (b'{"batch":[{"b":1}],"sentAt":5,"context":"x"}', [{"b": 1}]),
        (b"5", [5]),
    ],
)
def test_what_is_json_is_taken_and_judged_later(body: bytes, messages: list[Any]) -> None:
    assert texts(body) == messages


def test_a_deep_message_costs_no_neighbour() -> None:
    read = texts(b'{"batch":[{"a":1},{"b":' + b"[" * 50_000 + b"]" * 50_000 + b'},{"c":3}],"writeKey":"k"}')
    assert read[0] == {"a": 1} and read[2] == {"c": 3} and len(read) == 3


@pytest.mark.parametrize(
    "body", [b"", b"x", b'{"batch":[', b"<html></html>", b'{"batch":[{]}', b"\x00\xff", b"[" * 9000, b'{"writeKey":5,']
)
def test_what_is_no_json_is_400(body: bytes) -> None:
    for read in (read_batch, read_single):
        with pytest.raises(RequestError) as refused:
            read(body)
        assert (refused.value.status, refused.value.code) == (400, "invalid_json")


def test_a_single_message_is_the_whole_body() -> None:
    assert read_single(b'{"writeKey":"k","event":"e"}')[:2] == (
        read_single(b'{"writeKey":"k","event":"e"}').messages,
        "k",
    )
    assert bytes(read_single(b'{"event": "e"}').messages[0]) == b'{"event": "e"}'
    assert read_single(b'{"writeKey":5}').write_key is None
    assert bytes(read_single(b'"text"').messages[0]) == b'"text"'


def test_too_many_messages_are_413() -> None:
    fits = b'{"batch":[' + b",".join([b"{}"] * MAX_MESSAGES) + b"]}"
    assert len(read_batch(fits).messages) == MAX_MESSAGES
    with pytest.raises(RequestError) as refused:
        read_batch(fits.replace(b"[{}", b"[{},{}"))
    assert refused.value.status == 413


def test_rudder_may_send_more_than_segment() -> None:
    check_size(b"x" * 500_000)
    with pytest.raises(RequestError, match="500000"):
        check_size(b"x" * 500_001)
    check_size(b'{"batch":[{"originalTimestamp":"2026"}]}' + b" " * 1_000_000)


@given(st.binary(max_size=400))
def test_any_body_is_taken_or_refused_with_a_status(body: bytes) -> None:
    for read in (read_batch, read_single):
        try:
            read(body)
        except RequestError as error:
            status = error.status
        else:
            status = 200
            json.loads(msgspec.json.encode(read(body).messages).decode("utf-8", "ignore"))
        assert status in {200, 400, 413}


def test_gzip_is_told_by_its_first_bytes() -> None:
    assert unzip(gzip.compress(b"abc"), LIMIT) == b"abc"
    assert unzip(gzip.compress(b"abc") + gzip.compress(b"def"), LIMIT) == b"abcdef"


@pytest.mark.parametrize(
    "data", [b"\x1f\x8bgarbage", gzip.compress(b"abc" * 100)[:-9], gzip.compress(b"x") * 50, b"\x1f\x8b"]
)
def test_broken_gzip_is_400(data: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        unzip(data, LIMIT)
    assert refused.value.status == 400


def test_a_bomb_takes_no_more_memory_than_the_limit() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(500)) + packer.flush()
    assert len(bomb) < 600_000
    tracemalloc.start()
    with pytest.raises(RequestError) as refused:
        unzip(bomb, LIMIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.status == 413
    assert peak < 3 * LIMIT + len(bomb)


class Chunks:
    """What an ASGI server hands over."""

    def __init__(self, *chunks: bytes, gone: bool = False) -> None:
        self._messages: list[dict[str, Any]] = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
        if gone:
            self._messages.append({"type": "http.disconnect"})
        else:
            self._messages[-1]["more_body"] = False
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        self.taken += 1
        return self._messages[self.taken - 1]


def body_of(receive: Chunks, headers: dict[bytes, bytes] | None = None) -> bytes:
    return asyncio.run(read_body(headers or {}, receive, LIMIT))


def test_chunks_are_put_together() -> None:
    assert body_of(Chunks(b"ab", b"", b"cd")) == b"abcd"
    packed = gzip.compress(b"abcd")
    assert body_of(Chunks(packed[:5], packed[5:])) == b"abcd"


def test_too_much_is_refused_before_it_is_read() -> None:
    declared = Chunks(b"x")
    with pytest.raises(RequestError):
        body_of(declared, {b"content-length": b"100001"})
    assert declared.taken == 0
    endless = Chunks(*[b"x" * 10_000] * 50)
    with pytest.raises(RequestError) as refused:
        body_of(endless)
    assert refused.value.status == 413
    assert endless.taken == 11


def test_a_client_that_goes_away_is_no_request() -> None:
    with pytest.raises(RequestError) as refused:
        body_of(Chunks(b"ab", gone=True))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (b"Basic a2V5Og==", "key"),
        (b"basic a2V5Og", "key"),  # without padding
        (b"Basic a2V5", "key"),  # without colon
        (b"Basic a2V5OnBhc3N3b3Jk", "key"),
        (b"Basic  a2V5Og== ", "key"),
        (b"Basic ", None),
        (b"Basic Og==", None),
        (b"Basic \xff\xfe", None),
        (b"Bearer a2V5Og==", None),
        (b"", None),
    ],
)
def test_keys_of_the_header(header: bytes, key: str | None) -> None:
    assert key_of_header(header) == key


@given(st.binary())
def test_any_header_and_query_is_read(data: bytes) -> None:
    key_of_header(b"Basic " + data)
    key_of_query(data)


def test_keys_of_the_query() -> None:
    assert key_of_query(b"writeKey=abc%20&x=1") == "abc"
    assert key_of_query(b"writeKey=") is None
    assert key_of_query(b"") is None
