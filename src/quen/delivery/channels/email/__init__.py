"""E-mail over SMTP."""

from quen.delivery.channels.email.server import SmtpServer
from quen.delivery.channels.email.smtp import SmtpChannel

__all__ = ["SmtpChannel", "SmtpServer"]
