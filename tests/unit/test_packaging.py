"""The promises of the build: what is pinned, what is declared, what names no machine."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from quen.cli import build_parser

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = {
    name: [Requirement(text) for text in texts] for name, texts in PROJECT["project"]["optional-dependencies"].items()
}
TEST = EXTRAS.pop("test")
BUILD = [Requirement(text) for text in PROJECT["build-system"]["requires"]]


def pins(name: str) -> dict[str, list[Requirement]]:
    lines = re.findall(r"^([^#\s][^\\\n]*?)\s*\\?$", (ROOT / "requirements" / name).read_text(), re.MULTILINE)
    found: dict[str, list[Requirement]] = {}
    for requirement in map(Requirement, lines):
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


@pytest.mark.parametrize(("lock", "asked"), [("run.txt", RUN + BUILD), ("test.txt", RUN + BUILD + TEST)])
def test_lock_holds_what_is_asked_for(lock: str, asked: list[Requirement]) -> None:
    pinned = pins(lock)
    for requirement in asked:
        for pin in pinned.get(canonicalize_name(requirement.name), []):
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{pin} is not {requirement}: make lock"
        assert canonicalize_name(requirement.name) in pinned, f"{requirement} is in no lock: make lock"


def test_both_locks_agree() -> None:
    tests = pins("test.txt")
    for name, pinned in pins("run.txt").items():
        assert {str(p.specifier) for p in tests[name]} == {str(p.specifier) for p in pinned}


def test_build_requirements_are_stated_once() -> None:
    stated = {
        str(Requirement(line)) for line in (ROOT / "requirements/build.in").read_text().splitlines() if line[0] != "#"
    }
    assert {str(requirement) for requirement in BUILD} <= stated


def test_every_import_is_declared() -> None:
    """What Quen imports it also asks for: nothing may rest on another package's dependencies."""
    asked = [*RUN, *BUILD, *(requirement for extra in EXTRAS.values() for requirement in extra)]
    declared = {canonicalize_name(requirement.name) for requirement in asked}
    providers = packages_distributions()
    for path in (ROOT / "src").rglob("*.py"):
        for module in imported(path):
            if module in sys.stdlib_module_names or module == "quen":
                continue
            # What is not installed here is an extra's, under its own name.
            names = {canonicalize_name(name) for name in providers.get(module, [module])}
            assert names & declared, f"{path.relative_to(ROOT)} imports {module}: add {names} to pyproject.toml"


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def test_front_end_is_pinned_by_hash_and_names_no_registry() -> None:
    asked = json.loads((ROOT / "frontend/package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    for name, version in asked.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for name, entry in locked.items():
        assert name == "" or entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name


def test_locks_name_no_place() -> None:
    for lock in ("run.txt", "test.txt", "build.in"):
        text = (ROOT / "requirements" / lock).read_text()
        assert not re.search(r"https?:|file:|^-|(?<!--hash=sha256:)\s/", text, re.MULTILINE), lock


def test_ci_runs_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]


def test_editable_install_has_the_front_end() -> None:
    vendor = ROOT / "src/quen/web/static/vendor"
    for file in ("tabler/tabler.min.css", "tabler/tabler.min.js", "icons/tabler-icons.min.css", "htmx/htmx.min.js",
                 "alpine/alpine-csp.min.js", "echarts/echarts.min.js", "analytics-next/standalone.js",
                 "rudder/rudder-analytics.min.js"):  # fmt: skip
        assert (vendor / file).stat().st_size > 10_000, file
    font = re.search(r'url\("\./(fonts/[^"?]+)', (vendor / "icons/tabler-icons.min.css").read_text())
    assert font is not None
    assert (vendor / "icons" / font[1]).exists()


def test_nothing_generated_is_committed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [path for path in tracked if path.endswith((".mo", ".pyc", ".db")) or "/vendor/" in path]


def test_the_systemd_unit_is_one(tmp_path: Path) -> None:
    """As systemd itself reads it, where there is one; the command it starts is one of Quen's."""
    unit = (ROOT / "deploy" / "quen.service").read_text()
    started = re.search(r"^ExecStart=/opt/quen/bin/quen (.*)$", unit, re.MULTILINE)
    assert started is not None
    assert build_parser().parse_args(started[1].split()).run
    if shutil.which("systemd-analyze"):
        copy = tmp_path / "quen.service"
        copy.write_text(unit.replace("/opt/quen/bin/quen", "/bin/true"))
        done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
        assert "quen.service" not in done.stderr, done.stderr
