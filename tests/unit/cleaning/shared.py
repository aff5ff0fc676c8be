"""Public data that stands beside the repository, not in it: tests that read it are skipped where it is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("QUEN_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data") / "vn"


def shared_file(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not here: name the folder above its folder vn in QUEN_SHARED_DATA")
    return path
