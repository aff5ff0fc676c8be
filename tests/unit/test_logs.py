"""Logs say what happened, and never are what happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import structlog
from quen.logs import configure

configure()
log = structlog.get_logger("quen.test")
try:
    raise ValueError("lan@example.com")
except ValueError:
    log.exception("it failed", batch=7)
print("went on")
"""


def run(stderr: Path) -> str:
    with stderr.open("w") as log:
        program = [sys.executable, "-c", PROGRAM]
        return subprocess.run(program, stdout=subprocess.PIPE, stderr=log, text=True, timeout=60, check=False).stdout


def test_a_line_has_the_place_and_no_words_of_others(tmp_path: Path) -> None:
    assert run(tmp_path / "log") == "went on\n"
    line = json.loads((tmp_path / "log").read_text())
    assert (line["event"], line["level"], line["batch"]) == ("it failed", "error", 7)
    assert line["trace"].endswith("ValueError") and "lan@" not in str(line)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_who_logs_to_a_full_disk_goes_on() -> None:
    assert run(Path("/dev/full")) == "went on\n"
