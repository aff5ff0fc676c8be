"""Traits and identifiers of each message in clean form; who has no identifier that can be used is set aside.

Traits are cleaned as the source declares that it writes; what was given stays in the event's properties. Those of
Quen's own names are not taken from anybody. What became of each value is counted for the data quality of its source.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from quen.cleaning.trait_readers import CleanTrait
from quen.cleaning.traits import clean_traits
from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.engine.steps.decode import reject
from quen.identity.keys import Key, keys_of
from quen.profiles import marks
from quen.protocol.messages import DropReason, Message, sets_traits
from quen.quality import store as quality
from quen.quality.tally import OWN_NAME, RESERVED, Tally

UNUSABLE = "no identifier of this message can be matched: each is missing, malformed, or a placeholder such as null"


def run(batch: Batch, context: Context) -> None:
    usable: list[Message] = []
    keys: list[list[Key]] = []
    tally = Tally()
    for message in batch.messages:
        locale = context.source_locale(message.source_id)
        given, found = message.traits, None
        if sets_traits(message):
            own_names = marks.own_names(given)
            theirs = marks.without_marks(given) if own_names else given
            cleaned = clean_traits(theirs, locale, today=_today(batch.now, locale.zone))
            message.traits, found = cleaned.traits, cleaned.found
            if own_names:
                found += tuple(
                    (name, CleanTrait(RESERVED, given[name], "rejected", problem=OWN_NAME)) for name in own_names
                )
        named = message.profile_id is not None  # by Quen itself
        own = [] if named else keys_of(message, context.rules, phone_region=locale.region)
        stored = bool(own) or named
        if found is not None and message.source_id:
            tally.add(message.source_id, given, found, message.message_id, len(usable) if stored else None)
        if stored:
            usable.append(message)
            keys.append(own)
        else:
            message.traits = given  # as a replay is to find them
            batch.rejected.append(reject(message, DropReason.NO_IDENTITY, UNUSABLE))
    batch.messages, batch.keys = usable, keys
    batch.row_ids = [batch.new_id() for _ in usable]
    if tally:
        day = _today(batch.now, context.config.timezone).isoformat()
        batch.writers.append(lambda: quality.write(tally, day, batch.now, batch.new_id, batch.profile_ids))


def _today(now: int, zone: str) -> date:
    return _day(now // 60_000, zone)


@lru_cache(maxsize=64)
def _day(minute: int, zone: str) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).date()
