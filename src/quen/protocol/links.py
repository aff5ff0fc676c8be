"""The signed tokens in the links of a message: /o/ (opens), /c/ (clicks), /u/ (unsubscribe). Pure.

A token is `base64url(mac ‖ message id ‖ url)`. The kind goes into the MAC, so a token of one kind is worth nothing as
another; the address of a click goes into it too, so the edge never redirects to where no message of ours pointed.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

MAC_BYTES = 12
_OPEN, _CLICK, _UNSUBSCRIBE = b"o", b"c", b"u"


def sign_open(secret: str, message_id: int) -> str:
    """Token of the picture that tells that the message was opened."""
    return _sign(secret, _OPEN, message_id)


def read_open(secret: str, token: str) -> int | None:
    """The message's id, or None when the token is not ours."""
    return _message_id(_read(secret, _OPEN, token))


def sign_click(secret: str, message_id: int, url: str) -> str:
    """Token of one link of a message, leading to `url`."""
    return _sign(secret, _CLICK, message_id, url)


def read_click(secret: str, token: str) -> tuple[int, str] | None:
    """(message id, url), or None when the token is not ours."""
    return _read(secret, _CLICK, token)


def sign_unsubscribe(secret: str, message_id: int) -> str:
    """Token with which the receiver of the message, and nobody else, can stop further ones."""
    return _sign(secret, _UNSUBSCRIBE, message_id)


def read_unsubscribe(secret: str, token: str) -> int | None:
    """The message's id, or None when the token is not ours."""
    return _message_id(_read(secret, _UNSUBSCRIBE, token))


def _sign(secret: str, kind: bytes, message_id: int, url: str = "") -> str:
    payload = message_id.to_bytes(8, "big") + url.encode()
    return urlsafe_b64encode(_mac(secret, kind, payload) + payload).rstrip(b"=").decode()


def _read(secret: str, kind: bytes, token: str) -> tuple[int, str] | None:
    try:
        data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        return None
    mac, payload = data[:MAC_BYTES], data[MAC_BYTES:]
    if len(payload) < 8 or not hmac.compare_digest(mac, _mac(secret, kind, payload)):
        return None
    return int.from_bytes(payload[:8], "big"), payload[8:].decode()


def _message_id(read: tuple[int, str] | None) -> int | None:
    return read[0] if read else None


def _mac(secret: str, kind: bytes, payload: bytes) -> bytes:
    return hmac.digest(_key(secret), kind + payload, "sha256")[:MAC_BYTES]


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    """A key of their own, so that links and sessions never accept each other's signatures."""
    return hmac.digest(secret.encode(), b"quen.links", "sha256")
