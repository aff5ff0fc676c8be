"""Sending over SMTP with what matters after a failure: did the server take the message, refuse it, or who knows."""

from __future__ import annotations

import re
import smtplib
import ssl
import time

from quen.delivery.channels import ACCEPTED, FAILED, RETRY, UNKNOWN, WAIT, Letter, Outcome
from quen.delivery.channels.email import mime
from quen.delivery.channels.email.server import SmtpServer

IDLE_SECONDS = 20.0  # servers drop a connection that says nothing; do it before them
MAX_DETAIL = 300
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOTS = re.compile(rb"^\.", re.MULTILINE)
# The mailbox or its domain does not exist (RFC 3463): writing again harms the sender's name.
_NO_MAILBOX = re.compile(r"\b5\.1\.(?:1|2|3|10)\b")

_Refusals = (smtplib.SMTPException, OSError, ssl.SSLError)


class SmtpChannel:
    """One connection, kept between messages. Used by one thread."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self.server = server
        self.sender = mime.sender_address(sender)
        self._connection: smtplib.SMTP | None = None
        self._used = 0.0

    def send(self, letter: Letter) -> Outcome:
        try:
            data = mime.to_bytes(letter, self.sender)
        except (ValueError, UnicodeError) as error:
            return Outcome(FAILED, "invalid_address", str(error)[:MAX_DETAIL])
        try:
            connection = self._connected()
        except _Refusals as error:
            self.close()
            reason = "smtp_auth" if isinstance(error, smtplib.SMTPAuthenticationError) else "smtp_unreachable"
            return Outcome(WAIT, reason, f"{self.server}: {_text(error)}")
        outcome = self._transact(connection, letter, data)
        self._used = time.monotonic()
        return outcome

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except _Refusals:
                self._connection.close()
            self._connection = None

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            try:
                if time.monotonic() - self._used < IDLE_SECONDS and self._connection.rset()[0] == 250:
                    return self._connection
            except _Refusals:
                pass
            self.close()
        self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        context = ssl.create_default_context()
        made: smtplib.SMTP = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
            if server.tls
            else smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        )
        try:
            made.ehlo_or_helo_if_needed()
            encrypted = server.tls
            if not server.tls and server.starttls != "never" and made.has_extn("starttls"):
                made.starttls(context=context)
                made.ehlo()
                encrypted = True
            if server.starttls == "always" and not encrypted:
                raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, which SMTP_URL asks for")
            if server.user:
                if not encrypted and not server.is_loopback and server.starttls != "never":
                    raise smtplib.SMTPNotSupportedError(
                        "the server offers no encryption: the password is not sent; add ?starttls=never to SMTP_URL to"
                        " send it all the same"
                    )
                made.login(server.user, server.password)
        except BaseException:
            made.close()
            raise
        return made

    def _transact(self, connection: smtplib.SMTP, letter: Letter, data: bytes) -> Outcome:
        """MAIL, RCPT, DATA. Up to the final dot a lost connection means that nothing was taken (RFC 5321, 4.1.1.4)."""
        try:
            code, reply = connection.mail(
                self.sender.addr_spec, ["size=" + str(len(data))] if _size(connection) else []
            )
            if code != 250:
                return self._refused(code, reply, "sender_refused")
            code, reply = connection.rcpt(letter.address)
            if code not in {250, 251}:
                return self._refused(code, reply, "recipient_refused")
            code, reply = connection.docmd("DATA")
            if code != 354:
                return self._refused(code, reply, "content_refused")
            connection.send(_wire(data))
        except _Refusals as error:
            self._drop()
            return Outcome(RETRY, "smtp_lost", _text(error))
        try:
            code, reply = connection.getreply()
        except _Refusals as error:
            self._drop()
            return Outcome(UNKNOWN, "no_answer", f"the mail server did not answer after the message: {_text(error)}")
        if code != 250:
            return self._refused(code, reply, "content_refused")
        message_id = mime.message_id(letter.idempotency_key, self.sender)
        return Outcome(ACCEPTED, provider_id=message_id.strip("<>"), detail=_reply(code, reply))

    def _refused(self, code: int, reply: bytes, reason: str) -> Outcome:
        if code == 421 or code < 0:
            self._drop()
        detail = _reply(code, reply)
        if 500 <= code < 600:
            return Outcome(
                FAILED, reason, detail, bounced=reason == "recipient_refused" and bool(_NO_MAILBOX.search(detail))
            )
        return Outcome(RETRY, reason, detail)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _size(connection: smtplib.SMTP) -> bool:
    return connection.does_esmtp and connection.has_extn("size")


def _wire(data: bytes) -> bytes:
    """CRLF line ends, leading dots doubled, and the dot that ends it all."""
    lines = _LINE_END.sub(b"\r\n", data)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _DOTS.sub(b"..", lines) + b".\r\n"


def _reply(code: int, reply: bytes) -> str:
    return f"{code} {reply.decode('utf-8', 'replace')}".replace("\n", " ")[:MAX_DETAIL]


def _text(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        raw = error.smtp_error
        return _reply(error.smtp_code, raw if isinstance(raw, bytes) else str(raw).encode())
    return f"{type(error).__name__}: {error}"[:MAX_DETAIL]
