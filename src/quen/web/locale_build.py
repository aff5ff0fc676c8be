"""Compile the translations of every slice, `.po` to `.mo`. By hand: `python -m quen.web.locale_build`."""

from __future__ import annotations

import os
from pathlib import Path


def compile_all(package: Path) -> list[Path]:
    """Compile the catalogues below `package` that are newer than their .mo; those written.

    Fuzzy and obsolete entries are left out. Raises ValueError naming the file and line of a broken catalogue.
    """
    written = []
    for source in sorted(package.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        _compile(source, target)
        written.append(target)
    return written


def _compile(source: Path, target: Path) -> None:
    import polib  # a build requirement, not one of the running system

    try:
        catalogue = polib.pofile(str(source), check_for_duplicates=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"{source}: {error}") from error
    # Renamed into place: a running console never loads half a catalogue.
    partial = target.with_suffix(".mo.part")
    catalogue.save_as_mofile(str(partial))
    os.replace(partial, target)


if __name__ == "__main__":
    for path in compile_all(Path(__file__).resolve().parents[1]):
        print(path)
