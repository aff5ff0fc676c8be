"""A real SMTP server on the loopback address, whose letters are kept in the data directory and shown on a page."""

from __future__ import annotations

import re
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.controller import Controller

from quen.ids import now_ms

KEPT = 500
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


class Letter(msgspec.Struct, frozen=True):
    number: int
    at: int  # ms UTC
    sender: str
    to: str
    subject: str
    html: str
    text: str


class Mailbox:
    """The newest letters, in memory and as .eml files. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._letters: list[Letter] = []
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.eml"))[-KEPT:]:
            at, number = path.stem.split("-")
            self._letters.append(_read(path.read_bytes(), int(number), int(at)))
        self._next = max((letter.number for letter in self._letters), default=0) + 1

    def add(self, content: bytes) -> None:
        with self._lock:
            at, number = now_ms(), self._next
            self._next += 1
            (self._folder / f"{at}-{number}.eml").write_bytes(content)
            self._letters.append(_read(content, number, at))
            for old in self._letters[:-KEPT]:
                (self._folder / f"{old.at}-{old.number}.eml").unlink(missing_ok=True)
            del self._letters[:-KEPT]

    def newest(self) -> list[Letter]:
        with self._lock:
            return self._letters[::-1]

    def find(self, number: int) -> Letter | None:
        return next((letter for letter in self.newest() if letter.number == number), None)


class MailServer:
    def __init__(self, mailbox: Mailbox, port: int) -> None:
        self._mailbox = mailbox
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self._mailbox.add(envelope.original_content or b"")
        return "250 Accepted"


def _read(content: bytes, number: int, at: int) -> Letter:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Letter(
        number,
        at,
        str(message.get("From", "")),
        str(message.get("To", "")),
        str(message.get("Subject", "")),
        _part(message, "html"),
        _part(message, "plain"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def with_links_in_new_tabs(html: str) -> str:
    """For the sandboxed frame: a link of the letter opens beside the mailbox, not in it."""
    base = '<base target="_blank">'
    return _BODY.sub(lambda body: body[0] + base, html, count=1) if _BODY.search(html) else base + html
