"""The wheel is the whole product: it runs with its console and its translations, without the source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import Quen

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(directory), str(ROOT))
    (built,) = directory.glob("quen-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Iterator[Quen]:
    """A Quen that runs from the wheel's files alone (and the packages of this environment)."""
    site = wheel.parent / "site"
    run(*PIP, "install", "--no-deps", "--target", str(site), str(wheel))
    where = run(sys.executable, "-c", "import quen; print(quen.__file__)", PYTHONPATH=str(site))
    assert Path(where.strip()).is_relative_to(site)
    instance = Quen(wheel.parent / "data", settings={"PYTHONPATH": str(site)}, program=site / "bin" / "quen")
    try:
        instance.start()
        yield instance
    finally:
        instance.close()


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_holds_what_the_build_makes(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    wanted = {
        str(path.relative_to(source))
        for path in (source / "quen").rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".mo"} and "__pycache__" not in path.parts
    }
    wanted |= {name.removesuffix(".po") + ".mo" for name in wanted if name.endswith(".po")}
    assert wanted <= held, sorted(wanted - held)
    assert not [name for name in held if not name.startswith(("quen/", "quen-"))]


def test_installed_console_has_its_assets_and_speaks_vietnamese(installed: Quen) -> None:
    vietnamese = {"Accept-Language": "vi"}
    with httpx.Client(base_url=installed.base_url, follow_redirects=True, headers=vietnamese, timeout=60) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert 'lang="vi"' in page.text
        assert "Đăng nhập" in page.text
        style = next(part for part in page.text.split('"') if "tabler.min" in part and ".css" in part)
        assert client.get(style).headers["Content-Type"].startswith("text/css")


def test_installed_edge_serves_the_browser_sdk(installed: Quen) -> None:
    answer = installed.edge.get(f"/analytics.js/v1/{installed.source('browser')}/analytics.min.js")
    assert answer.status_code == 200
    assert len(answer.content) > 50_000


def test_installed_quen_takes_an_event(installed: Quen) -> None:
    installed.send({"type": "identify", "userId": "wheel-1", "traits": {"email": "wheel@example.com"}})
    assert installed.profile("email:wheel@example.com")["traits"]["email"] == "wheel@example.com"
