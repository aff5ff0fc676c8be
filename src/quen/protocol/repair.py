"""JSON that is nearly JSON: what real clients send by mistake must not cost the events around it. Pure.

Python's encoder writes NaN and Infinity, browsers cut surrogate pairs in half, old PHP sends Latin-1, some libraries
send a byte order mark. None of it parses, yet the meaning is plain.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

KEPT_DEPTH = 64  # deeper parts become null; what is deeper than a message may be is refused later, by itself
# Linear on any input: an unterminated string reaches to the end instead of being tried again from each quote.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")


def repair(data: bytes) -> bytes:
    """Valid JSON with the same meaning. Raises ValueError when `data` is not even nearly JSON."""
    return msgspec.json.encode(parse(data))


def parse(data: bytes) -> Any:
    """The value in nearly valid JSON, with NUL and invalid runes stripped. Raises ValueError."""
    text = data.decode("utf-8-sig", "ignore")
    try:
        return scrub(_decoder.decode(text.strip()))
    except RecursionError:
        return scrub(_decoder.decode(_prune(text.strip())))


def scrub(value: Any) -> Any:
    """The value as every store can keep it: no NUL, no half characters, no endless or oversized numbers."""
    kind = value.__class__
    if kind is str:
        return _SURROGATE_OR_NUL.sub("", value)
    if kind is dict:
        return {scrub(k): scrub(v) for k, v in value.items()}
    if kind is list:
        return [scrub(v) for v in value]
    if kind is int and not -(1 << 63) <= value < 1 << 63:
        return scrub(_float(str(value)))
    if kind is float and not math.isfinite(value):
        return None
    return value


def _prune(text: str) -> str:
    """The text with everything below KEPT_DEPTH replaced by null."""
    kept, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == KEPT_DEPTH + 1:
                kept.append(text[start : token.start()])
        elif token[0] in "]}":
            depth -= 1
            if depth == KEPT_DEPTH:
                kept.append("null")
                start = token.end()
    if depth > KEPT_DEPTH:
        raise ValueError("the JSON ends inside of a deep structure")
    return "".join(kept) + text[start:]


def _int(text: str) -> int | float:
    # int() is quadratic in the number of digits, and refuses very many.
    return int(text) if len(text) < 40 else _float(text)


def _float(text: str) -> float:
    try:
        return float(text)
    except OverflowError:
        return math.inf


_decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None, parse_int=_int)
