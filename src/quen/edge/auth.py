"""Which write key a request shows. Pure."""

from __future__ import annotations

import binascii
from base64 import b64decode
from functools import lru_cache
from urllib.parse import parse_qs


@lru_cache(maxsize=1024)
def key_of_header(authorization: bytes) -> str | None:
    """The user of Basic authentication (tolerating a missing colon). Bearer tokens are not keys: those requests carry
    theirs in the body."""
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    value = value.strip()
    try:
        user = b64decode(value + b"=" * (-len(value) % 4)).partition(b":")[0]
    except (binascii.Error, ValueError):
        return None
    return user.decode("utf-8", "replace").strip() or None


def key_of_query(query: bytes) -> str | None:
    values = parse_qs(query.decode("latin-1")).get("writeKey") if query else None
    return values[0].strip() or None if values else None
