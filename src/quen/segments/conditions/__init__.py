"""The kinds of conditions, one file each. See base.py."""

from __future__ import annotations

from quen.segments.conditions.base import Kind
from quen.segments.discovery import discover

KINDS: dict[str, Kind] = {kind.key: kind for kind in discover(__name__, "KIND", Kind)}
