"""The shop's own members: an address has one user id, whichever browser it signs up in."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

import msgspec

from quen.cleaning import clean_email


class Accounts:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._ids: dict[str, str] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}

    def user_id(self, email: str) -> str | None:
        """The id of the member with this address, made when it is new; None for what is no address."""
        key = clean_email(email)
        if key is None:
            return None
        with self._lock:
            if key not in self._ids:
                self._ids[key] = f"may-{secrets.token_hex(5)}"
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.write_bytes(msgspec.json.encode(self._ids))
            return self._ids[key]
