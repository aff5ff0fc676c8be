"""Alerts to people: by e-mail straight to the mail server, and to Slack. Not by the outbox, which may be what is ill.

They carry counts and names of checks, never anything about a customer.
"""

from __future__ import annotations

from html import escape

import httpx
import msgspec
import structlog
from django.utils import translation
from django.utils.translation import gettext as _

from quen.config import Config
from quen.delivery.channels import ACCEPTED, Letter
from quen.delivery.channels.email.server import parse_smtp_url
from quen.delivery.channels.email.smtp import SmtpChannel
from quen.errors import ConfigError
from quen.ids import new_id
from quen.system.incidents import Untold
from quen.system.judging import BAD, OK
from quen.system.models import Incident
from quen.system.words import say
from quen.web.times import local

log = structlog.get_logger("quen.system")
SLACK_TIMEOUT_S = 10.0


class Alert(msgspec.Struct, frozen=True):
    subject: str
    lines: list[str]
    link: str


def compose(what: Untold, config: Config) -> Alert:
    """In the workspace's language."""
    with translation.override(config.language):
        lines = [line for incident in what.begun for line in _begun(incident)]
        lines += [_ended(incident) for incident in what.ended]
        names = ", ".join(say(i.check_name, OK, {}).name for i in [*what.begun, *what.ended])
        subject = _("Quen needs a look: %(names)s") if what.begun else _("Quen is well again: %(names)s")
        return Alert(_subject(subject % {"names": names}, config), lines, f"{config.base_url}/system")


def _begun(incident: Incident) -> list[str]:
    said = say(incident.check_name, BAD, incident.figures)
    since = _("since %(time)s") % {"time": _clock(incident.opened_at)}
    return [f"● {said.name} ({since}): {said.text}", *([f"   {said.todo}"] if said.todo else [])]


def _ended(incident: Incident) -> str:
    name, again = say(incident.check_name, OK, {}).name, _("is well again")
    return f"✓ {name}: {again} ({_clock(incident.opened_at)} – {_clock(incident.closed_at)})"


def _subject(text: str, config: Config) -> str:
    return f"[{config.workspace_name}] {text}"


def compose_test(config: Config) -> Alert:
    with translation.override(config.language):
        subject = _("A test alert of Quen")
        return Alert(_subject(subject, config), [_("Alerts reach you. Nothing is wrong.")], f"{config.base_url}/system")


def tell(alert: Alert, config: Config) -> list[str]:
    """Send to everybody who is set; what went wrong, in words for the log and the page. Empty: all is told."""
    problems = []
    addresses = [a for part in config.alert_email.split(",") if (a := part.strip())]
    if addresses:
        problems += _mail(alert, addresses, config)
    if config.alert_slack_url:
        problems += _slack(alert, config.alert_slack_url)
    return problems


def is_set(config: Config) -> bool:
    return bool(config.alert_email or config.alert_slack_url)


def _mail(alert: Alert, addresses: list[str], config: Config) -> list[str]:
    if not config.smtp_url:
        return ["e-mail: SMTP_URL is not set"]
    try:
        channel = SmtpChannel(parse_smtp_url(config.smtp_url), config.email_from)
    except ConfigError as error:
        return [f"e-mail: {error.message}"]
    text = "\n".join([*alert.lines, "", alert.link])
    html = "".join(f"<p>{escape(line)}</p>" for line in alert.lines)
    html += f'<p><a href="{escape(alert.link)}">{escape(alert.link)}</a></p>'
    problems = []
    try:
        for address in addresses:
            letter = Letter(0, f"alert-{new_id()}", address, alert.subject, html, text, "")
            outcome = channel.send(letter)
            if outcome.status != ACCEPTED:
                problems.append(f"e-mail: {outcome.reason}: {outcome.detail}")
    finally:
        channel.close()
    return problems


def _slack(alert: Alert, url: str) -> list[str]:
    text = "\n".join([f"*{alert.subject}*", *alert.lines, alert.link])
    try:
        answer = httpx.post(url, json={"text": text}, timeout=SLACK_TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [f"Slack: {type(error).__name__}"]  # the address is a secret: not in the words
    return [] if answer.is_success else [f"Slack: status {answer.status_code}"]


def _clock(at: int | None) -> str:
    return "" if at is None else f"{local(at):%H:%M %d/%m}"
