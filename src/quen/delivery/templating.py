"""From a template and a person to the e-mail: subject, HTML and plain text. Pure.

Order: Liquid first, then MJML, then links. Liquid may stand anywhere in the template, also around whole sections (a
loop over the products of a cart), which MJML could not read before it is filled in. Values are HTML-escaped as Liquid
puts them in; mrml passes entities on untouched in text and attributes, so a value can neither open an element in the
MJML nor in the HTML. Nothing is read as Liquid twice.
"""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.delivery import links, mjml, safe_liquid
from quen.delivery.errors import TemplateError
from quen.delivery.html_text import html_to_text
from quen.protocol.links import read_click, sign_click, sign_open

MAX_SUBJECT = 300
# Line breaks of every kind would end a header; control and direction marks deceive the eye.
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)

_FOOTER = {
    "vi": ("Bạn nhận được thư này từ {workspace}.", "Hủy đăng ký nhận thư"),
    "en": ("You receive this e-mail from {workspace}.", "Unsubscribe"),
}


class Content(msgspec.Struct, frozen=True):
    """What people write: Liquid in both, the body MJML."""

    subject: str
    body: str


class RenderWarning(msgspec.Struct, frozen=True):
    """Something odd that does not stop the e-mail.

    `code`: undefined (a name stands for nothing), mjml, link (an address that was taken out), script, no_subject,
    footer (the unsubscribe link was missing and is added below). `detail` is the name, message or address; a message
    (mjml) may hold `%(name)s` for `values`.
    """

    code: str
    detail: str = ""
    line: int | None = None
    place: str = "body"
    values: dict[str, str] = {}


class Rendered(msgspec.Struct, frozen=True):
    subject: str
    html: str
    text: str
    warnings: list[RenderWarning]


class Setting(msgspec.Struct, frozen=True):
    """What is the same for every message of the workspace."""

    zone: ZoneInfo
    language: str
    workspace: str
    edge_url: str
    secret: str


def render(
    content: Content, data: Mapping[str, Any], setting: Setting, *, unsubscribe_url: str, message_id: int | None = None
) -> Rendered:
    """The finished e-mail. With `message_id` opens and clicks are followed; without (previews, tests) not.

    Raises TemplateError with place and line.
    """
    data = {**data, "workspace": {"name": setting.workspace}, "unsubscribe_url": unsubscribe_url}
    subject, warnings = render_subject(content.subject, data, setting)
    filled, missing = safe_liquid.render(content.body, data, zone=setting.zone, form="html", place="body")
    warnings += [RenderWarning("undefined", m.name, m.line) for m in missing]
    html, problems = mjml.to_html(mjml.clean_text(filled), content.body)
    warnings += [RenderWarning("mjml", p.text, p.line, values=p.values) for p in problems]
    html, refused = links.disarm(html)
    warnings += [RenderWarning("link", address) for address in refused]
    if _SCRIPT.search(html):
        warnings.append(RenderWarning("script"))
    if not links.has_link(html, unsubscribe_url):
        warnings.append(RenderWarning("footer"))
        html = links.append(html, _footer(setting, unsubscribe_url))
    text = html_to_text(html)
    if message_id is not None:
        html = _tracked(html, setting, unsubscribe_url, message_id)
    return Rendered(subject, html, text, warnings)


def render_subject(source: str, data: Mapping[str, Any], setting: Setting) -> tuple[str, list[RenderWarning]]:
    """One line without control characters, whatever the data holds."""
    filled, missing = safe_liquid.render(source, data, zone=setting.zone, form="text", place="subject")
    subject = _BREAKS.sub(" ", _MARKS.sub("", filled)).strip()[:MAX_SUBJECT]
    warnings = [RenderWarning("undefined", m.name, m.line, "subject") for m in missing]
    if not subject:
        warnings.append(RenderWarning("no_subject", place="subject"))
    return subject, warnings


def render_json(source: str, data: Mapping[str, Any], setting: Setting) -> Any:
    """The value of a JSON text with Liquid. Raises TemplateError, also when what comes out is not JSON."""
    filled, _ = safe_liquid.render(source, data, zone=setting.zone, form="json", place="body")
    try:
        return msgspec.json.decode(filled)
    except msgspec.DecodeError as error:
        raise TemplateError("with this person's data it is not JSON: %(error)s", {"error": str(error)}) from error


def check(content: Content) -> None:
    """Raises TemplateError for what is wrong whoever the person is: Liquid that does not parse, no MJML at all."""
    safe_liquid.check(content.subject, form="text", place="subject")
    safe_liquid.check(content.body, form="html", place="body")
    if "<mjml" not in content.body.lower():
        raise TemplateError(mjml.NO_MJML, line=1)


def without_tracking(html: str, setting: Setting) -> str:
    """A sent e-mail as its author wrote it: no pixel, links that lead straight where they lead."""
    click, opened = f"{setting.edge_url}/c/", f"{setting.edge_url}/o/"

    def target(address: str) -> str:
        read = read_click(setting.secret, address.removeprefix(click)) if address.startswith(click) else None
        return read[1] if read else address

    return re.sub(rf'<img src="{re.escape(opened)}[^>]*>', "", links.rewrite(html, target))


def _footer(setting: Setting, unsubscribe_url: str) -> str:
    line, link = _FOOTER.get(setting.language, _FOOTER["en"])
    escape = html_module.escape
    return (
        '<div style="margin:0 auto;max-width:600px;padding:16px 25px;text-align:center;font-family:Arial,sans-serif;'
        f'font-size:12px;line-height:18px;color:#6b7280;">{escape(line.format(workspace=setting.workspace))} '
        f'<a href="{escape(unsubscribe_url)}" style="color:#6b7280;">{escape(link)}</a></div>'
    )


def _tracked(html: str, setting: Setting, unsubscribe_url: str, message_id: int) -> str:
    followed = links.follow(
        html,
        lambda address: f"{setting.edge_url}/c/{sign_click(setting.secret, message_id, address)}",
        except_for=frozenset({unsubscribe_url}),
    )
    return links.append(followed, links.pixel(f"{setting.edge_url}/o/{sign_open(setting.secret, message_id)}"))
