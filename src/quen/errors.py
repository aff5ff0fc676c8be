"""The error taxonomy. The class says whether trying again can help; the message says what, where and what to do."""

from __future__ import annotations

from typing import Any


class QuenError(Exception):
    """Something went wrong that Quen can name.

    `code` is stable and machine-readable, `status` is the HTTP status an API answers with,
    `details` is JSON-ready and points at the place (field, line, path in a rule).
    """

    code = "error"
    status = 500
    retryable = False

    def __init__(self, message: str, *, details: dict[str, Any] | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}
        if code is not None:
            self.code = code


class InvalidInput(QuenError):
    """What was sent is wrong and stays wrong: correct it and send it again."""

    code = "invalid"
    status = 422


class NotFound(QuenError):
    code = "not_found"
    status = 404


class Forbidden(QuenError):
    code = "forbidden"
    status = 403


class Conflict(QuenError):
    """The thing is not in a state that allows this."""

    code = "conflict"
    status = 409


class ConfigError(QuenError):
    """A setting, file or command-line argument is wrong: a person must change it."""

    code = "config"
    status = 500


class TemporaryError(QuenError):
    """Try again later: nothing is wrong with what was asked."""

    code = "unavailable"
    status = 503
    retryable = True


class PermanentError(QuenError):
    """Trying again cannot help (an address refused for good, a template that does not render)."""

    code = "permanent"
    status = 422
