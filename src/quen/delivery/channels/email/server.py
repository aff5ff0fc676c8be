"""SMTP_URL taken apart. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from quen.errors import ConfigError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}


class SmtpServer(msgspec.Struct, frozen=True):
    """`starttls`: auto (when offered), always, never. Times in seconds."""

    host: str
    port: int
    tls: bool  # from the first byte (smtps)
    starttls: str = "auto"
    user: str = ""
    password: str = ""
    timeout: float = 20.0

    @property
    def is_loopback(self) -> bool:
        return self.host in _LOOPBACK

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_smtp_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:587?starttls=always&timeout=20`. Raises ConfigError."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    try:
        port = parts.port or _PORTS[parts.scheme]
        timeout = float(options.pop("timeout", "20"))
    except KeyError:
        raise ConfigError(f"SMTP_URL: begins with {parts.scheme!r}; expected smtp:// or smtps://") from None
    except ValueError as error:
        raise ConfigError(f"SMTP_URL: {error}") from None
    starttls = options.pop("starttls", "auto")
    if starttls not in {"auto", "always", "never"}:
        raise ConfigError("SMTP_URL: starttls is auto, always or never")
    if options:
        raise ConfigError(f"SMTP_URL: unknown option {', '.join(sorted(options))}; known are starttls and timeout")
    if not parts.hostname:
        raise ConfigError("SMTP_URL: names no host; expected smtp://user:password@host:587")
    return SmtpServer(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "smtps",
        starttls=starttls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        timeout=timeout,
    )
