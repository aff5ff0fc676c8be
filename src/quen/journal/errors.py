"""What the journal refuses, and whether trying again helps (it always does, once the cause is gone)."""

from __future__ import annotations

from quen.errors import TemporaryError


class JournalFull(TemporaryError):
    """The journal is at its size limit and its readers have not caught up."""

    code = "journal_full"


class JournalUnavailable(TemporaryError):
    """The journal's file cannot be written or read now: disk full, disk broken, locked by another program."""

    code = "journal_unavailable"
