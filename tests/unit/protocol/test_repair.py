"""Nearly JSON is read as what it means; what is none is refused; nothing takes for ever."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.protocol.repair import KEPT_DEPTH, parse, repair, scrub

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def clean(value: object) -> object:
    return scrub(value)


@given(values)
def test_valid_json_keeps_its_meaning(value: object) -> None:
    assert parse(json.dumps(value, allow_nan=True).encode()) == clean(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a": NaN, "b": Infinity, "c": -Infinity}', {"a": None, "b": None, "c": None}),  # Python's encoder
        (b'{"a": "\xe9t\xe9 Anh"}', {"a": "t Anh"}),  # Latin-1: the bytes that are no UTF-8 go
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "x\\ud83d"}', {"a": "x"}),  # half of an emoji
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a\\u0000b": "x\\u0000y"}', {"ab": "xy"}),
        (b'{"a": "x\x00y\tz"}', {"a": "xy\tz"}),  # raw control characters
        (b'{"a": 1e999}', {"a": None}),
        (b'{"a": 123456789012345678901234567890}', {"a": 1.2345678901234568e29}),
        (b'{"a": ' + b"9" * 5000 + b"}", {"a": None}),
    ],
)
def test_mends(text: bytes, expected: object) -> None:
    assert parse(text) == expected
    assert msgspec.json.decode(repair(text)) == expected


@pytest.mark.parametrize(
    "text", [b"", b"x", b'{"a":', b"{'a': 1}", b'{"a" 1}', b"<html>", b"\xff\xfe", b'{"a":1}{"b":2}']
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_depth_is_cut_and_the_rest_kept() -> None:
    deep = b"[" * 100_000 + b'"]["' + b"]" * 100_000
    value = parse(b'{"before": 1, "deep": ' + deep + b', "after": "\\"[[["}')
    assert value["before"] == 1 and value["after"] == '"[[['
    depth = 1
    inside = value["deep"]
    while isinstance(inside, list):
        depth, inside = depth + 1, inside[0]
    assert depth == KEPT_DEPTH
    with pytest.raises(ValueError):
        parse(b"[" * 100_000)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        msgspec.json.decode(repair(data))


@pytest.mark.parametrize("data", [b'["' + b'\\"' * 1_000_000, b'"' * 2_000_001, b"[" * 4_000_000, b'{"a":' * 800_000])
def test_hostile_text_takes_no_longer_than_its_length(data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(ValueError):
        parse(data)
    assert time.process_time() - started < 10  # a quadratic way takes hours
