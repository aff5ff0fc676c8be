"""What a backup directory holds, as `manifest.json` says it. Written last: without it a directory is no backup."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import msgspec

from quen.errors import ConfigError

NAME = "manifest.json"
FORMAT = 1


class File(msgspec.Struct, frozen=True):
    path: str  # relative to the directory, with /
    size: int
    sha256: str


class Cut(msgspec.Struct, frozen=True):
    """State and events hold every batch up to `batch` and every journal entry up to `offset`, and none after."""

    at: int  # ms UTC
    offset: int
    batch: int


class JournalRange(msgspec.Struct, frozen=True):
    """Entries after the cut's offset are still to be processed; one at or before it keeps offsets from being reused."""

    first: int
    last: int
    entries: int


class Manifest(msgspec.Struct, frozen=True):
    id: int  # of the row in the state that asked for it; 0 where Quen did not run
    format: int
    quen: str
    chdb: str
    sqlite: str
    running: bool  # whether Quen went on meanwhile
    paused_ms: int
    cut: Cut
    journal: JournalRange
    state: dict[str, int]  # table → rows
    events: dict[str, int]  # table → rows
    migrations: list[str]  # of the state, "slice.0001_name"
    secret_key: bool  # whether the file is in the backup
    secret_fingerprint: str
    files: list[File]
    links: dict[str, str]  # symbolic links: they are made anew, a copy of the backup need not keep them
    folders: list[str]  # so are empty directories

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def fingerprint(secret_key: str) -> str:
    """Tells two keys apart without telling either."""
    return sha256(b"quen backup " + secret_key.encode()).hexdigest()[:16]


def is_backup(directory: Path) -> bool:
    return (directory / NAME).is_file()


def read(directory: Path) -> Manifest:
    """Raises ConfigError where there is no backup, or one of a later Quen."""
    path = directory / NAME
    try:
        data = path.read_bytes()
    except OSError:
        raise ConfigError(f"{directory} holds no backup: {NAME} is missing, or the backup was never finished") from None
    try:
        version = msgspec.json.decode(data, type=_Version)
        if version.format > FORMAT:
            raise ConfigError(
                f"{directory} was made by Quen {version.quen}, whose backups this one cannot read: install that"
            )
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path} is damaged: {error}") from error


class _Version(msgspec.Struct):
    format: int
    quen: str


def write(directory: Path, manifest: Manifest) -> None:
    """Durable when this returns, with everything that was written before."""
    os.sync()
    path = directory / NAME
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
