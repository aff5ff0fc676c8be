"""An e-mail as bytes. Pure."""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime, parseaddr
from typing import Any

from quen.delivery.channels import Letter
from quen.errors import ConfigError


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header that is written as it is: folded as text a long address would become an encoded word, which no mail
    program reads as an address (RFC 2047, 5)."""

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
for _name in ("list-unsubscribe", "message-id"):
    _headers.map_to_type(_name, _Verbatim)
_POLICY = policy.SMTP.clone(cte_type="7bit", max_line_length=76, header_factory=_headers)
_ID_SAFE = re.compile(r"[^A-Za-z0-9._-]")


def sender_address(given: str) -> Address:
    """`Name <a@b.vn>` of EMAIL_FROM. Raises ConfigError."""
    name, spec = parseaddr(given)
    try:
        return Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError) as error:
        raise ConfigError(f"EMAIL_FROM: {given!r} is not an address like Shop <shop@example.com>: {error}") from None


def message_id(idempotency_key: str, sender: Address) -> str:
    """The same for every attempt of one message, so that receivers can see a repeat."""
    return f"<{_ID_SAFE.sub('-', idempotency_key)}.quen@{sender.domain.encode('idna').decode() or 'localhost'}>"


def to_bytes(letter: Letter, sender: Address, now: datetime | None = None) -> bytes:
    """The whole message, lines ending in CRLF, 7-bit. Raises ValueError for an address no header can hold."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now or datetime.now(UTC))
    message["Message-ID"] = message_id(letter.idempotency_key, sender)
    if letter.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Precedence"] = "bulk"
    message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"
    message.make_alternative()
    message.attach(_part(letter.text, "plain"))
    message.attach(_part(letter.html, "html"))
    return message.as_bytes()


def _part(text: str, subtype: str) -> EmailMessage:
    """Quoted-printable by the C encoder: the email package's own is most of the time that a message takes."""
    part = EmailMessage(policy=_POLICY)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    # Lines of any length are folded; a carriage return of the text must not become one of the message.
    part.set_payload(binascii.b2a_qp(text.replace("\r\n", "\n").replace("\r", "\n").encode()).decode("ascii"))
    return part
