"""One person, put together from every slice for the console and the API. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from quen.config import config
from quen.db import fetch, in_list, json_rows
from quen.delivery.models import Message, Suppression
from quen.errors import Conflict, InvalidInput, NotFound
from quen.events.timeline import TimelineItem
from quen.identity.models import Identifier, Link
from quen.identity.rules import anonymous_types, shown
from quen.identity.store import merged_ids_of
from quen.journeys.models import Run
from quen.profiles.cards import Card, make_card
from quen.profiles.marks import consents, without_marks
from quen.profiles.masking import mask, mask_identifier
from quen.profiles.orders import Value, values
from quen.profiles.search import is_identifier
from quen.profiles.state import COMPUTED, ProfileState
from quen.profiles.store import COLUMNS, states_of
from quen.web.times import rfc3339

MOST_IDENTIFIERS = 500  # of each sort: a test robot signed in as one user may have made a hundred thousand visitors
QUEN = "Quen"  # the name of source 0
_IDENTIFIER = tuple(column.attname for column in Identifier._meta.concrete_fields)
_rows = msgspec.json.Decoder(list[list[Any]]).decode


class Membership(msgspec.Struct):
    segment_id: int
    name: str
    since: int  # ms UTC


class Person(msgspec.Struct):
    """All that a person's page and API document show.

    `ids`: every id merged into this one, itself first. `segments`: the latest entered first.
    """

    profile: ProfileState
    ids: list[int]
    identifiers: list[Identifier]
    segments: list[Membership]
    sources: dict[int, str]
    masked: bool

    @property
    def id(self) -> int:
        return self.profile.id

    @property
    def traits(self) -> dict[str, Any]:
        traits = without_marks(self.profile.traits)
        return dict(mask(traits)) if self.masked else traits

    @property
    def computed(self) -> dict[str, Any]:
        """Computed traits by name."""
        values = self.profile.traits.get(COMPUTED, {})
        return dict(mask(values)) if self.masked else values

    @property
    def card(self) -> Card:
        p = self.profile
        return make_card(
            p.id, p.first_seen, p.last_seen, p.traits, [(i.type, i.value) for i in self.identifiers], masked=self.masked
        )

    @property
    def suppressions(self) -> list[Suppression]:
        """Of the person's addresses; asked for when it is shown."""
        emails = [i.value for i in self.identifiers if i.type == "email"]
        if isinstance(email := self.profile.traits.get("email"), str):
            emails += [email, email.lower()]
        return list(Suppression.objects.filter(channel="email", address__in=emails))

    def shown(self, identifier: Identifier) -> str:
        return mask_identifier(identifier.type, identifier.value) if self.masked else identifier.value

    def source_name(self, source_id: int) -> str:
        return self.sources.get(source_id, str(source_id))


def person(profile_id: int, *, masked: bool) -> Person:
    """Raises NotFound. An id that was merged away gives the person it leads to: compare `.id` to redirect."""
    found = _with_all("p.id = %s", [profile_id])
    if not found:
        link = Link.objects.filter(from_id=profile_id).first()
        found = _with_all("p.id = %s", [link.to_id]) if link else []
    if not found:
        raise NotFound(f"there is no profile {profile_id}")
    return _person(found[0], masked=masked)


def person_by_key(key: str, *, scope: str | None = None, masked: bool) -> Person:
    """By `123…` or `type:value`. Raises NotFound, or Conflict when people of several scopes have it."""
    type_, colon, value = key.partition(":")
    if not colon:
        if not key.isascii() or not key.isdigit() or len(key) > 18:
            raise InvalidInput(
                f"profile: {key[:60]!r} is neither an id nor type:value (such as email:lan@example.com)",
                details={"profile": "malformed"},
            )
        return person(int(key), masked=masked)
    is_it, params = is_identifier(type_, value, scope=scope, region=str(config().phone_region))
    found = _with_all(f"p.id IN (SELECT profile_id FROM identity_identifier WHERE {is_it}) LIMIT 2", params)
    if not found:
        raise NotFound("there is no profile with this identifier", details={"type": type_})
    if len(found) > 1:
        owners = fetch(f"SELECT scope, profile_id FROM identity_identifier WHERE {is_it}", params)
        raise Conflict(
            f"{len({owner for _, owner in owners})} people have this {type_}, each in another scope; add ?scope=",
            details={"scopes": sorted({scope for scope, _ in owners})},
        )
    return _person(found[0], masked=masked)


def _person(row: tuple[Any, ...], *, masked: bool) -> Person:
    *state, strong, anonymous, merged, segments, sources = row
    (profile,) = states_of([tuple(state)])
    return Person(
        profile=profile,
        ids=[profile.id, *sorted(from_id for (from_id,) in _rows(merged))],
        identifiers=by_strength(
            Identifier.from_db("default", _IDENTIFIER, row) for rows in (strong, anonymous) for row in _rows(rows)
        ),
        segments=sorted((Membership(*row) for row in _rows(segments)), key=lambda m: (-m.since, m.segment_id)),
        sources={0: QUEN, **dict(_rows(sources))},
        masked=masked,
    )


def _with_all(condition: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """One statement: it is read with every look at a person, and each statement is a wait for the interpreter."""
    is_anonymous, types = in_list(anonymous_types(), column="type")
    strong, anonymous = (
        json_rows(
            ", ".join(_IDENTIFIER),
            f"FROM (SELECT * FROM identity_identifier WHERE profile_id = p.id AND {condition}"
            f" ORDER BY last_seen DESC, key LIMIT {MOST_IDENTIFIERS}) AS latest",
        )
        for condition in (f"NOT ({is_anonymous})", is_anonymous)
    )
    merged = json_rows("from_id", "FROM identity_link WHERE to_id = p.id")
    segments = json_rows(  # that people made
        "s.id, s.name, m.since",
        "FROM segments_member m JOIN segments_segment s ON s.id = m.segment_id"
        " WHERE m.profile_id = p.id AND s.kind = 'segment' AND s.status <> 'archived'",
    )
    sources = json_rows("id, name", "FROM connectors_source")
    return fetch(
        f"SELECT {COLUMNS}, {strong}, {anonymous}, {merged}, {segments}, {sources} FROM profiles_profile p"
        f" WHERE {condition}",
        [types, types, *params],
    )


def by_strength(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """user_id, e-mail, phone, external ids, anonymous ids; of each type the last seen first."""
    return sorted(identifiers, key=_strength)


def _strength(identifier: Identifier) -> tuple[int, str, int, str]:
    return shown().type_of(identifier.type).priority, identifier.type, -identifier.last_seen, identifier.key


def source_names() -> dict[int, str]:
    """Id → name of every source; 0 is Quen itself."""
    return {0: QUEN, **dict(fetch("SELECT id, name FROM connectors_source"))}


def values_of(people: Iterable[int]) -> dict[int, Value]:
    """Orders and total of many people, with all that was merged into them: two queries."""
    return values(merged_ids_of(list(people)))


def messages_of(profile_ids: Sequence[int], *, before: int | None = None, limit: int = 50) -> list[Message]:
    """Messages to a person, newest first; `before` is the id of the last one seen."""
    rows = Message.objects.filter(profile_id__in=profile_ids).order_by("-id").defer("html", "text", "payload")
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def runs_of(profile_ids: Sequence[int], limit: int = 100) -> list[Run]:
    return list(
        Run.objects.filter(profile_id__in=profile_ids)
        .select_related("journey", "version")
        .order_by("-entered_at")[:limit]
    )


def document(found: Person) -> dict[str, Any]:
    """The contract's shape of a profile, of the state alone: programs look people up hundreds of times a second."""
    profile = found.profile
    return {
        "id": str(profile.id),
        "identifiers": [identifier_document(found, i) for i in found.identifiers],
        "traits": found.traits,
        "computed": found.computed,
        "segments": [{"id": str(m.segment_id), "name": m.name, "since": rfc3339(m.since)} for m in found.segments],
        "consents": {
            c.purpose: {"granted": c.granted, "at": rfc3339(c.at), "source": found.source_name(c.source_id)}
            for c in consents(profile.traits, profile.trait_meta)
        },
        "created_at": rfc3339(profile.created_at),
        "last_seen_at": rfc3339(profile.last_seen),
    }


def identifier_document(found: Person, identifier: Identifier) -> dict[str, Any]:
    return {
        "type": identifier.type,
        "value": found.shown(identifier),
        "scope": identifier.scope,
        "first_seen": rfc3339(identifier.first_seen),
        "last_seen": rfc3339(identifier.last_seen),
        "source": {"id": str(identifier.source_id), "name": found.source_name(identifier.source_id)},
    }


def event_document(item: TimelineItem, sources: dict[int, str], *, masked: bool) -> dict[str, Any]:
    """An event as the API shows it."""
    context = msgspec.json.decode(item.context) if item.context else {}
    return {
        "id": str(item.id),
        "time": rfc3339(item.time),
        "event": item.event,
        "type": item.type,
        "properties": mask(item.properties) if masked else item.properties,
        "context": mask(context) if masked else context,
        "source": {"id": str(item.source_id), "name": sources.get(item.source_id, "")},
        "message_id": item.message_id,
        "user_id": mask(item.user_id) if masked else item.user_id,
        "anonymous_id": item.anonymous_id,
        "received_at": rfc3339(item.received_at),
    }
