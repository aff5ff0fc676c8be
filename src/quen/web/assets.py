"""Static files are served with a mark of their content in the address, so that browsers may keep them for long."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def _mark(name: str) -> str:
    found = finders.find(name)
    return hashlib.blake2b(Path(found).read_bytes(), digest_size=5).hexdigest() if isinstance(found, str) else ""


class MarkedStorage(StaticFilesStorage):
    def url(self, name: str | None) -> str:
        url = super().url(name)
        mark = _mark(name or "")
        return f"{url}?v={mark}" if mark else url
