"""What a look at an installation, or at a backup of one, found."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    well: bool
    text: str
