"""One person, put together from every slice for the console and the API. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from quen.config import config
from quen.db import fetch, in_list
from quen.delivery.models import Message, Suppression
from quen.errors import Conflict, InvalidInput, NotFound
from quen.events.timeline import TimelineItem
from quen.identity.models import Identifier, Link
from quen.identity.rules import anonymous_types, shown
from quen.identity.store import merged_ids, merged_ids_of
from quen.journeys.models import Run
from quen.profiles.cards import Card, make_card
from quen.profiles.marks import consents, without_marks
from quen.profiles.masking import mask, mask_identifier
from quen.profiles.orders import Value, values
from quen.profiles.search import find_identifier
from quen.profiles.state import COMPUTED, ProfileState
from quen.profiles.store import load
from quen.web.times import rfc3339

MOST_IDENTIFIERS = 500  # of each sort: a test robot signed in as one user may have made a hundred thousand visitors
QUEN = "Quen"  # the name of source 0


class Membership(msgspec.Struct):
    segment_id: int
    name: str
    since: int  # ms UTC


class Person(msgspec.Struct):
    """All that a person's page and API document show. `ids`: every id merged into this one, itself first."""

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
    profile = load([profile_id]).get(profile_id)
    if profile is None:
        link = Link.objects.filter(from_id=profile_id).first()
        profile = load([link.to_id]).get(link.to_id) if link else None
    if profile is None:
        raise NotFound(f"there is no profile {profile_id}")
    return Person(
        profile=profile,
        ids=merged_ids(profile.id),
        identifiers=by_strength(_identifiers(profile.id)),
        segments=memberships(profile.id),
        sources=source_names(),
        masked=masked,
    )


def _identifiers(profile_id: int) -> list[Identifier]:
    """Plain SQL: this is read with every look at a person."""
    anonymous, types = in_list(anonymous_types(), column="type")
    columns = [column.attname for column in Identifier._meta.concrete_fields]
    return [
        Identifier.from_db("default", columns, row)
        for condition in (f"NOT ({anonymous})", anonymous)
        for row in fetch(
            f"SELECT {', '.join(columns)} FROM identity_identifier WHERE profile_id = %s AND {condition}"
            f" ORDER BY last_seen DESC, key LIMIT {MOST_IDENTIFIERS}",
            [profile_id, types],
        )
    ]


def by_strength(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """user_id, e-mail, phone, external ids, anonymous ids; of each type the last seen first."""
    return sorted(identifiers, key=_strength)


def _strength(identifier: Identifier) -> tuple[int, str, int]:
    return shown().type_of(identifier.type).priority, identifier.type, -identifier.last_seen


def resolve_key(key: str, *, scope: str | None = None) -> int:
    """Profile id of `123…` or `type:value`. Raises NotFound, or Conflict when people of several scopes have it."""
    type_, colon, value = key.partition(":")
    if not colon:
        if not key.isascii() or not key.isdigit() or len(key) > 18:
            raise InvalidInput(
                f"profile: {key[:60]!r} is neither an id nor type:value (such as email:lan@example.com)",
                details={"profile": "malformed"},
            )
        return int(key)
    found = find_identifier(type_, value, scope=scope, region=str(config().phone_region))
    if not found:
        raise NotFound("there is no profile with this identifier", details={"type": type_})
    if len(found) > 1:
        scopes = Identifier.objects.filter(type=type_, profile_id__in=found, value=value).values_list(
            "scope", flat=True
        )
        raise Conflict(
            f"{len(found)} people have this {type_}, each in another scope; add ?scope=",
            details={"scopes": sorted(set(scopes))},
        )
    return found[0]


def memberships(profile_id: int) -> list[Membership]:
    """Segments that people made, the latest entered first."""
    rows = fetch(
        "SELECT s.id, s.name, m.since FROM segments_member m JOIN segments_segment s ON s.id = m.segment_id"
        " WHERE m.profile_id = %s AND s.kind = 'segment' AND s.status <> 'archived' ORDER BY m.since DESC, s.id",
        [profile_id],
    )
    return [Membership(*row) for row in rows]


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
