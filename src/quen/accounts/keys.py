"""API keys: made once, shown once, kept as a hash.

A key is 256 random bits, so a plain SHA-256 is enough (there is nothing to guess by dictionary), and looking it up
by its hash tells an attacker nothing by timing: he cannot choose the hash's prefix.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

import msgspec

from quen.accounts.models import ApiKey
from quen.accounts.roles import ROLES
from quen.db import fetch
from quen.errors import InvalidInput, NotFound
from quen.ids import now_ms

PREFIX = "qk_"
LAST_USED_STEP_MS = 60_000  # a busy key must not write the state database on every request
KNOWN_S = 1.0  # how long a key that was found is not looked up again


class ApiCaller(msgspec.Struct, frozen=True):
    """The program behind an API request."""

    key_id: int
    name: str
    role: str
    prefix: str

    @property
    def by(self) -> str:
        """How it is named in `created_by` columns and logs."""
        return f"key:{self.name}"


def create_key(name: str, role: str) -> tuple[ApiKey, str]:
    """Make a key; the second value is the secret, which nobody can read again."""
    name = name.strip()
    if not name or len(name) > 120:
        raise InvalidInput("name: give the key a name of 1 to 120 characters", details={"name": "required"})
    if role not in ROLES:
        raise InvalidInput(f"role: expected one of {', '.join(ROLES)}", details={"role": "unknown"})
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(name=name, role=role, prefix=secret[:9], hash=_hash(secret))
    return key, secret


# By hash: the caller, and the instant (time.monotonic) until which the table need not be asked again.
_known: dict[str, tuple[ApiCaller, float]] = {}


def find_key(secret: str) -> ApiCaller | None:
    """The caller of a secret, None when there is none or it was revoked: by another process, within KNOWN_S."""
    digest, known, now_s = _hash(secret), _known, time.monotonic()
    if (found := known.get(digest)) is not None and now_s < found[1]:
        return found[0]
    rows = fetch(
        "SELECT id, name, role, prefix, hash, last_used_at FROM accounts_apikey WHERE hash = %s AND revoked_at IS NULL",
        [digest],
    )
    if not rows or not hmac.compare_digest(rows[0][4], digest):
        known.pop(digest, None)
        return None
    key_id, name, role, prefix, _, last_used_at = rows[0]
    now = now_ms()
    if last_used_at is None or now - last_used_at > LAST_USED_STEP_MS:
        ApiKey.objects.filter(pk=key_id).update(last_used_at=now)
    caller = ApiCaller(key_id, name, role, prefix)
    known[digest] = caller, now_s + KNOWN_S
    return caller


def revoke_key(key_id: int) -> ApiKey:
    """Make a key useless, at once in this process. Revoking it again changes nothing."""
    global _known
    ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now_ms())
    _known = {}  # not emptied: who read the table before this puts what he found into the old one
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        raise NotFound(f"there is no API key {key_id}")
    return key


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
