"""The kinds of computed traits, one file each. See base.py."""

from __future__ import annotations

from quen.computed.kinds.base import Kind
from quen.segments.discovery import discover

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in sorted(discover(__name__, "KIND", Kind), key=lambda k: k.order)  # type: ignore[type-abstract]
}
