"""The documentation says what is so: links lead somewhere, commands and settings exist, reference pages are fresh."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from quen.cli import build_parser
from quen.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def test_reference_pages_are_fresh() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("document", PAGES, ids=IDS)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.exists(), f"{target} does not exist"
        assert not heading or heading in headings(linked), f"{target}: no such heading"


def headings(document: Path) -> set[str]:
    """As the usual renderers make anchors: lower case, punctuation dropped, spaces to hyphens."""
    titles = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", PAGES, ids=IDS)
def test_commands_are_real(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for block in re.findall(r"^```(?:sh|console)?\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if command := re.match(r"\s*(?:\$ )?(?:[A-Z_]+=\S* )*(?:\S*/)?quen (.*)", line):
                assert parses(command[1]), f"quen {command[1]}: {capsys.readouterr().err}"


def parses(command: str) -> bool:
    try:
        build_parser().parse_args(shlex.split(command, comments=True))
    except SystemExit as end:  # argparse has printed why
        return end.code == 0
    return True


@pytest.mark.parametrize("document", PAGES, ids=IDS)
def test_settings_exist(document: Path) -> None:
    known = {f"QUEN_{setting.name}" for setting in SETTINGS} | {"QUEN_DATA_DIR", "QUEN_NAME"}
    known |= {"QUEN_FAILPOINT", "QUEN_FAULT_MINUTES", "QUEN_FAULT_SEED"}  # of tests
    named = set(re.findall(r"\bQUEN_[A-Z][A-Z_]*\b", document.read_text("utf-8")))
    assert named <= known, named - known


def test_readme_opens_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert readme.index("make demo") < readme.index("make test")
