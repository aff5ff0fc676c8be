"""What SQLite's errors mean where the statement is not at fault: the disk, the file, another program."""

from __future__ import annotations

_WORDS = {
    "SQLITE_BUSY": "another program holds its lock",
    "SQLITE_LOCKED": "another program holds its lock",
    "SQLITE_PROTOCOL": "another program holds its lock",
    "SQLITE_FULL": "the disk is full; free some space",
    "SQLITE_READONLY": "it may not be written: the file or the disk is read-only",
    "SQLITE_PERM": "it may not be written: look at the owner and the permissions of the file",
    "SQLITE_CANTOPEN": "the file cannot be opened: look at the directory, its owner and its permissions",
    "SQLITE_IOERR": "the disk fails to read or write",
    "SQLITE_NOMEM": "there is not enough memory",
    "SQLITE_CORRUPT": "the file is damaged; restore it from a backup",
    "SQLITE_NOTADB": "the file is damaged; restore it from a backup",
}


def sqlite_trouble(error: BaseException | None) -> str:
    """In words; "" where the statement or its data is what is wrong, or the error is no SQLite's."""
    name = getattr(error, "sqlite_errorname", "")  # extended: SQLITE_IOERR_WRITE
    return next((words for known, words in _WORDS.items() if name == known or name.startswith(known + "_")), "")
