"""Copying files with their checksums, and trees by hard links."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from hashlib import file_digest, sha256
from pathlib import Path

import msgspec

from quen.backup.manifest import File
from quen.errors import TemporaryError

CHUNK = 1 << 20
Say = Callable[[str, int, int], None]  # stage, done, of


def silent(_stage: str, _done: int, _of: int) -> None:
    """Says nothing."""


def tree(root: Path) -> Iterator[Path]:
    """Everything below, links and empty directories too, parents first, in a fixed order."""
    for path in sorted(root.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from tree(path)


def copy(source: Path, target: Path, name: str) -> File:
    """Copy one file to be read by its owner alone; what the manifest says of it."""
    digest, size = sha256(), 0
    with (
        source.open("rb") as from_,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to,
    ):
        while chunk := from_.read(CHUNK):
            digest.update(chunk)
            to.write(chunk)
            size += len(chunk)
    return File(name, size, digest.hexdigest())


def described(path: Path, name: str) -> File:
    """What the manifest says of a file that is there already."""
    with path.open("rb") as file:
        return File(name, path.stat().st_size, file_digest(file, "sha256").hexdigest())


class Copied(msgspec.Struct, frozen=True):
    files: list[File]
    links: dict[str, str]
    folders: list[str]


def copy_tree(source: Path, target: Path, prefix: str, say: Say) -> Copied:
    """Copy a directory with its links and its empty directories."""
    paths = list(tree(source))
    target.mkdir(mode=0o700)
    copied = Copied([], {}, [prefix])
    for number, path in enumerate(paths):
        to = target / path.relative_to(source)
        name = f"{prefix}/{path.relative_to(source).as_posix()}"
        if path.is_symlink():
            to.symlink_to(path.readlink())
            copied.links[name] = str(path.readlink())
        elif path.is_dir():
            to.mkdir(mode=0o700)
            copied.folders.append(name)
        else:
            copied.files.append(copy(path, to, name))
        if number % 64 == 0:
            say("events", number, len(paths))
    return copied


def link_parts(parts: Iterable[tuple[Path, Path]]) -> None:
    """Link each part, a directory whose files never change. Raises TemporaryError when one is gone."""
    try:
        for source, target in parts:
            _link_part(source, target)
    except FileNotFoundError as error:
        # Parts that a merge replaced stay for minutes: a month was just exchanged.
        raise TemporaryError(f"the event store replaced {error.filename} at this very moment; try again") from error


def _link_part(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, parents=True)
    for path in source.iterdir():
        if path.is_dir():  # a projection
            _link_part(path, target / path.name)
        else:
            link(path, target / path.name)


def link(source: Path, target: Path) -> None:
    """Hard link, or a copy where the file system cannot."""
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
