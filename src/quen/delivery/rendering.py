"""What templates are told: the person, the event that started the journey, the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from quen.config import Config
from quen.delivery import templating
from quen.delivery.templating import Content, Rendered, Setting
from quen.profiles.marks import without_marks
from quen.profiles.state import COMPUTED
from quen.protocol.links import sign_unsubscribe

PREVIEW_UNSUBSCRIBE = "#unsubscribe"  # leads nowhere: a preview must not unsubscribe anyone


class Person(msgspec.Struct, frozen=True):
    """`identifiers` are (type, value), oldest first."""

    id: int
    traits: Mapping[str, Any]
    identifiers: Sequence[tuple[str, str]] = ()


def setting_of(config: Config) -> Setting:
    return Setting(
        zone=config.zone,
        language=config.language,
        workspace=config.workspace_name,
        edge_url=config.edge_url.rstrip("/"),
        secret=config.secret_key,
    )


def unsubscribe_url(setting: Setting, message_id: int) -> str:
    return f"{setting.edge_url}/u/{sign_unsubscribe(setting.secret, message_id)}"


def data_for(person: Person | None, event: Mapping[str, Any] | None) -> dict[str, Any]:
    """The names that Liquid knows: `person.<trait>`, `person.id`, `computed.<name>`, `event.name`,
    `event.properties.…`, `event.time`.

    `event` is a run's context: what started it.
    """
    traits = {**person.traits, "id": str(person.id)} if person else {}
    started = dict(event or {})
    if "event" in started:
        started["name"] = started["event"]
    return {"person": traits, "computed": traits.get(COMPUTED, {}), "event": started}


def render(
    content: Content,
    person: Person | None,
    event: Mapping[str, Any] | None,
    setting: Setting,
    *,
    message_id: int | None = None,
) -> Rendered:
    """The finished e-mail; without a message id a preview, which follows no links. Raises TemplateError."""
    link = PREVIEW_UNSUBSCRIBE if message_id is None else unsubscribe_url(setting, message_id)
    return templating.render(content, data_for(person, event), setting, unsubscribe_url=link, message_id=message_id)


def webhook_body(
    source: str,
    person: Person,
    event: Mapping[str, Any],
    setting: Setting,
    *,
    about: Mapping[str, Any],
    created_at: int,
) -> bytes:
    """JSON of a webhook call: what `source` (JSON with Liquid) makes, or without one everything. Raises TemplateError.

    `about` says where it comes from: journey, run, step.
    """
    if source.strip():
        return msgspec.json.encode(templating.render_json(source, data_for(person, event), setting))
    profile = {
        "id": str(person.id),
        "identifiers": [{"type": type_, "value": value} for type_, value in person.identifiers],
        "traits": without_marks(person.traits),
        "computed": person.traits.get(COMPUTED, {}),
    }
    return msgspec.json.encode(
        {
            "type": "journey.webhook",
            "timestamp": moment(created_at),
            "data": {**about, "profile": profile, "event": event},
        }
    )


def moment(at: int) -> str:
    """Milliseconds UTC as RFC 3339."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
