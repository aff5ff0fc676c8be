"""What people do: write templates, look at them as someone, try them out, suppress addresses, send again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from django.apps import apps
from django.db import transaction

from quen.config import config
from quen.db import fetch
from quen.delivery import mjml, rendering, store, templating
from quen.delivery.addresses import deliverable_email, suppression_key
from quen.delivery.channels import ACCEPTED, Letter, Outcome
from quen.delivery.channels.email.server import parse_smtp_url
from quen.delivery.channels.email.smtp import SmtpChannel
from quen.delivery.models import Message, Suppression, Template
from quen.delivery.rendering import Person
from quen.delivery.starters import SAMPLE_EVENT, SAMPLE_TRAITS
from quen.delivery.telling import tell_suppressed
from quen.delivery.templating import Content, Rendered
from quen.errors import Conflict, InvalidInput, NotFound
from quen.events.timeline import timeline
from quen.identity.store import canonical, find, merged_ids
from quen.ids import new_id, now_ms

MAX_NAME = 200
SAMPLE_ID = 0


# Templates


def get_template(template_id: int) -> Template:
    template = Template.objects.filter(pk=template_id).first()
    if template is None:
        raise NotFound(f"there is no template {template_id}")
    return template


def create_template(name: str, subject: str, body: str, by: str) -> Template:
    """Raises InvalidInput (TemplateError with the line) for what could never be sent."""
    subject, body = mjml.clean_text(subject), mjml.clean_text(body)
    _check(name, subject, body)
    now = now_ms()
    return Template.objects.create(
        name=name.strip(), subject=subject, body=body, created_at=now, updated_at=now, created_by=by
    )


def update_template(template: Template, changes: Mapping[str, str]) -> Template:
    """`changes`: any of name, subject, body. Messages already sent keep what they were."""
    for field, value in changes.items():
        setattr(template, field, mjml.clean_text(value))
    _check(template.name, template.subject, template.body)
    template.name = template.name.strip()
    template.updated_at = now_ms()
    template.save()
    return template


def delete_template(template: Template) -> None:
    """Raises Conflict while a journey uses it."""
    if names := journeys_using(template.pk):
        raise Conflict(f"the template is used by: {', '.join(names)}; change those journeys first")
    template.delete()


def journeys_using(template_id: int) -> list[str]:
    """Names of the journeys, archived ones apart, whose draft or some version has the template's id in it."""
    needle = f"%{template_id}%"  # ids are long enough to be found by nothing else
    rows = fetch(
        "SELECT DISTINCT j.name FROM journeys_journey j LEFT JOIN journeys_version v ON v.journey_id = j.id"
        " WHERE j.status <> 'archived' AND (j.draft LIKE %s OR v.graph LIKE %s) ORDER BY j.name",
        [needle, needle],
    )
    return [row[0] for row in rows]


def using_computed(name: str) -> list[str]:
    """Names of the templates, and of the journeys that are not archived, that say `computed.NAME` somewhere."""
    path = f"computed.{name}"
    rows = fetch(
        "SELECT name, subject, body FROM delivery_template WHERE subject LIKE %s OR body LIKE %s UNION ALL"
        " SELECT j.name, j.draft, COALESCE(v.graph, '') FROM journeys_journey j"
        " LEFT JOIN journeys_version v ON v.journey_id = j.id"
        " WHERE j.status <> 'archived' AND (j.draft LIKE %s OR v.graph LIKE %s)",
        [f"%{path}%"] * 4,
    )
    said = re.compile(rf"(?<!\w){re.escape(path)}(?!\w)")
    return sorted({row[0] for row in rows if said.search(row[1]) or said.search(row[2])})


def _check(name: str, subject: str, body: str) -> None:
    if not name.strip() or len(name) > MAX_NAME:
        raise InvalidInput(
            f"name: give the template a name of 1 to {MAX_NAME} characters", details={"name": "required"}
        )
    check_content(Content(subject, body))


def check_content(content: Content) -> None:
    """Raises TemplateError, with place and line, for what a made-up person could not get either."""
    templating.check(content)
    preview(content, None)


# Previews and tests


class Preview(msgspec.Struct, frozen=True):
    """`sample_event`: there was no fitting real event, so a made-up one was used."""

    rendered: Rendered
    sample_event: bool


def preview(content: Content, person: Person | None, event: Mapping[str, Any] | None = None) -> Preview:
    """As this person would get it; without a person as a made-up one would. Raises TemplateError."""
    sample = event is None
    if event is None and person is not None and "event." in content.subject + content.body:
        event = latest_event(person.id, with_products="products" in content.body)
        sample = event is None
    rendered = rendering.render(
        content, person or Person(SAMPLE_ID, SAMPLE_TRAITS), event or SAMPLE_EVENT, rendering.setting_of(config())
    )
    return Preview(rendered, sample and "event." in content.subject + content.body)


def latest_event(profile_id: int, *, with_products: bool) -> dict[str, Any] | None:
    """The newest event of a person in the form of a run's context; with products where the template lists them."""
    for item in timeline(merged_ids(profile_id), limit=100):
        if item.type == "track" and (not with_products or isinstance(item.properties.get("products"), list)):
            return {"event": item.event, "time": item.time, "properties": item.properties}
    return None


def person_by_id(profile_id: int) -> Person:
    """Also of an id that was merged into another."""
    found = store.people({profile_id}).get(profile_id)
    if found is None:
        raise NotFound(f"there is no profile {profile_id}")
    return found


def person_by_key(key: str) -> Person:
    """`type:value` of an identifier, or a profile's id."""
    type_, colon, value = key.partition(":")
    if not colon:
        if not (key.isascii() and key.isdigit() and len(key) < 19):
            raise InvalidInput(f"person: {key[:60]!r} is neither an id nor type:value", details={"person": "unknown"})
        profile_id: int | None = int(key)
    else:
        profile_id = find(type_, value, phone_region=config().phone_region)
    if profile_id is None:
        raise NotFound(f"nobody, or more than one person, has the identifier {key[:120]!r}")
    return person_by_id(canonical([profile_id]).get(profile_id, profile_id))


def send_test(content: Content, person: Person | None, address: str, mark: str) -> Outcome:
    """Send it now, once, to a colleague: nothing is followed, recorded or unsubscribed. `mark` goes before the subject.

    Raises InvalidInput for an address that is none, TemplateError, Conflict without a mail server.
    """
    deliverable = deliverable_email(address.strip())
    if deliverable is None:
        raise InvalidInput(f"{address[:80]!r} is not an e-mail address", details={"address": "invalid"})
    if not config().smtp_url:
        raise Conflict("no mail server is set up: set SMTP_URL and restart")
    made = preview(content, person).rendered
    server = SmtpChannel(parse_smtp_url(config().smtp_url), config().email_from)
    try:
        return server.send(
            Letter(
                message_id=0,
                idempotency_key=f"test-{new_id()}",
                address=deliverable,
                subject=f"{mark} {made.subject}",
                html=made.html,
                text=made.text,
                unsubscribe_url="",
            )
        )
    finally:
        server.close()


def was_taken(outcome: Outcome) -> bool:
    return outcome.status == ACCEPTED


# Messages


def get_message(message_id: int) -> Message:
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound(f"there is no message {message_id}")
    return message


def send_again(message_id: int) -> None:
    """Queue a message that failed, or of which nobody knows. A person decides that: it may arrive twice."""
    with transaction.atomic():
        message = get_message(message_id)
        if message.status not in {"failed", "unknown"}:
            raise Conflict(f"the message is {message.status}: only failed and unknown ones can be sent again")
        message.status, message.reason, message.detail = "queued", "", ""
        message.attempts, message.not_before, message.done_at, message.noted = 0, 0, None, ""
        # A day's grace counts from now; what a webhook posted before is posted again, unchanged.
        message.created_at = now_ms()
        message.save()


def shown_html(message: Message) -> str:
    """The e-mail as it was sent, for people here to look at: without what would count as its opening."""
    return templating.without_tracking(message.html, rendering.setting_of(config()))


def template_name(template_id: int | None) -> str:
    """Empty when there is none, or none any more."""
    if template_id is None:
        return ""
    return Template.objects.filter(pk=template_id).values_list("name", flat=True).first() or ""


def journey_names(ids: set[int]) -> dict[int, str]:
    return dict(apps.get_model("journeys", "Journey").objects.filter(id__in=ids).values_list("id", "name"))


# Suppressions


def add_suppression(channel: str, address: str) -> Suppression:
    """By hand; one that is there already stays as it is."""
    if channel != "email":
        raise InvalidInput("channel: only e-mail addresses can be suppressed", details={"channel": "unknown"})
    if deliverable_email(address.strip()) is None:
        raise InvalidInput(f"address: {address[:80]!r} is not an e-mail address", details={"address": "invalid"})
    key = suppression_key(channel, address)
    found, _ = Suppression.objects.get_or_create(
        channel=channel, address=key, defaults={"reason": "by_hand", "at": now_ms()}
    )
    tell_suppressed(channel, key, suppressed=True)
    return found


def remove_suppression(channel: str, address: str) -> None:
    """The address gets messages again. The person has asked for it: whoever removes it answers for that."""
    key = suppression_key(channel, address)
    done, _ = Suppression.objects.filter(channel=channel, address=key).delete()
    if not done:
        raise NotFound(f"{address[:80]!r} is not suppressed")
    tell_suppressed(channel, key, suppressed=False)
