"""Rows of customers become identify messages; rows of events become track messages."""

from __future__ import annotations

from typing import Any

import msgspec

from quen.cleaning import Locale, cleaned_date
from quen.connectors.sources.files.reading import Record
from quen.connectors.sources.files.values import Cells, RowError, contacts, content_digest, digest, rfc3339

_TEXTS = ("name", "first_name", "last_name", "gender", "address", "city", "country")


class Made:
    """A message of one row. `key` says whose it is (customers), `version` what it says."""

    __slots__ = ("key", "message", "version")

    def __init__(self, message: dict[str, Any], key: str, version: str) -> None:
        self.message, self.key, self.version = message, key, version


def customer(cells: Cells, values: list[str] | Record, locale: Locale, source_id: int) -> Made:
    """An identify of all that the row says, as it says it: the engine cleans by the source's `locale`.

    Raises RowError when nothing in it identifies a person.
    """
    traits, usable = contacts(cells, values, locale.region)
    for field in _TEXTS:
        if text := cells.text(values, field):
            traits[field] = text
    if birthday := cells.text(values, "birthday"):
        traits["birthday"] = _birthday(birthday, cells, locale)
    if (created := cells.when(values, "created_at")) is not None:
        traits["created_at"] = rfc3339(created)
    traits.update(cells.other(values, "trait"))
    who, key = _who(cells, values, source_id)
    if not key:
        if not usable:
            given = " and ".join(f"{k} {v!r}" for k, v in traits.items() if k in ("email", "phone"))
            raise RowError(
                f"identifies nobody: {given[:80]} cannot be read" if given else "has no customer id, e-mail or phone"
            )
        key = f"contact {traits.get('email', '')} {traits.get('phone', '')}"
    message = {**who, "type": "identify", "traits": traits}
    if (updated := cells.when(values, "updated_at")) is not None:
        message["timestamp"] = rfc3339(updated)
    return Made(message, digest(source_id, "customer", key), content_digest(message))


def event(cells: Cells, values: list[str] | Record, locale: Locale, source_id: int) -> Made:
    """A track. Without an event id of its own, the whole content is its identity: the same row twice is one event."""
    if cells.mapping.as_is:
        assert isinstance(values, Record)
        message = dict(values.whole)
        given = message.get("messageId")
        key = str(given) if isinstance(given, (str, int)) and given else content_digest(message)
        return Made(message, digest(source_id, "event", key), "")
    name = cells.text(values, "event")
    if not name:
        raise RowError("has no event name")
    traits, usable = contacts(cells, values, locale.region)
    who, key = _who(cells, values, source_id)
    if anonymous := cells.identifier(values, "anonymous_id"):
        who["anonymousId"] = anonymous
    if not who and not usable:
        raise RowError("has no customer id, anonymous id, e-mail or phone")
    message = {**who, "type": "track", "event": name, "properties": cells.other(values, "property")}
    context = message.setdefault("context", {})
    extra = cells.other(values, "trait")
    if traits or extra:
        context["traits"] = traits | extra
    if (moment := cells.when(values, "time")) is not None:
        message["timestamp"] = rfc3339(moment)
    elif cells.has("time"):
        raise RowError("has no date")
    own = cells.identifier(values, "message_id")
    return Made(message, digest(source_id, "event", own or content_digest(message)), "")


def _who(cells: Cells, values: list[str] | Record, source_id: int) -> tuple[dict[str, Any], str]:
    if customer_id := cells.identifier(values, "customer_id"):
        who: dict[str, Any] = {"userId": customer_id}
        key = f"id {customer_id}"
    else:
        who, key = {}, ""
    if code := cells.identifier(values, "customer_code"):
        identifier = {"id": code, "type": "customer_code", "scope": str(source_id)}
        who["context"] = {"externalIds": [identifier]}
        key = key or f"code {code}"
    return who, key


def _birthday(given: str, cells: Cells, locale: Locale) -> str:
    """As given, unless this file writes its dates the other way round than its source does."""
    if cells.mapping.dayfirst == locale.day_first:
        return given
    own = msgspec.structs.replace(locale, day_first=cells.mapping.dayfirst)
    return cleaned_date(given, own).clean or given
