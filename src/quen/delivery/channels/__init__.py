"""Channels: a folder each. One takes finished messages and says what became of every one."""

from __future__ import annotations

from typing import Protocol

import msgspec

ACCEPTED, RETRY, FAILED, UNKNOWN, WAIT = "accepted", "retry", "failed", "unknown", "wait"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt.

    accepted: the provider has it. failed: trying again cannot help. retry: it can, later (after `after_ms`, when the
    provider said so). unknown: it may or may not have gone out. wait: nothing was tried, and it was not the
    message's fault (the mail server cannot be reached): as retry, but it does not count as an attempt.
    """

    status: str
    reason: str = ""  # a word for people to filter by; see REASONS in quen.delivery.words
    detail: str = ""
    provider_id: str = ""
    after_ms: int = 0
    bounced: bool = False  # the address does not exist: suppress it


class Letter(msgspec.Struct, frozen=True):
    """An e-mail ready to go."""

    message_id: int
    idempotency_key: str
    address: str
    subject: str
    html: str
    text: str
    unsubscribe_url: str


class Call(msgspec.Struct, frozen=True):
    """A webhook ready to go. `body` is JSON. `secrets`: those that sign it, in place of the workspace's."""

    message_id: int
    idempotency_key: str
    url: str
    body: bytes
    secrets: tuple[str, ...] = ()


class EmailChannel(Protocol):
    """Sends one after the other over a connection that it keeps between calls. Used by one thread."""

    def send(self, letter: Letter) -> Outcome: ...

    def close(self) -> None:
        """Let go of the connection; the next `send` makes a new one."""


class WebhookChannel(Protocol):
    """Used by several threads at once."""

    def post(self, call: Call) -> Outcome: ...
