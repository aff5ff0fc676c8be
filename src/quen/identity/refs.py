"""What pages call an identifier in addresses and forms: its key holds an e-mail address or a phone in the clear.

A keyed hash, so that a viewer who sees contact data masked cannot try all phone numbers against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings


def ref_of(key: str) -> str:
    """16 hexadecimal digits."""
    return hashlib.blake2b(key.encode(), digest_size=8, key=_secret()).hexdigest()


@lru_cache(maxsize=1)
def _secret() -> bytes:
    return hashlib.sha256(f"identity.refs {settings.SECRET_KEY}".encode()).digest()


def keys_by_ref(keys: Iterable[str]) -> dict[str, str]:
    """Ref → key."""
    return {ref_of(key): key for key in keys}
