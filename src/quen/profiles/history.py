"""What messages said of people's traits, read from the event store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from quen.events.store import EventStore
from quen.identity import store as identity
from quen.profiles.rebuilding import Observation, without_others

_decode = msgspec.json.decode


def observations(
    store: EventStore, ids_of: Mapping[int, Sequence[int]], *, before_id: int | None = None
) -> dict[int, list[Observation]]:
    """Person → all that set traits, oldest first. `ids_of`: person → every profile id that is theirs. One query.

    Addresses that are somebody else's today are left out. `before_id`: only rows with smaller ids.
    """
    found: dict[int, list[Observation]] = {person: [] for person in ids_of}
    person_of = {id_: person for person, ids in ids_of.items() for id_ in ids}
    bound = " AND id < {before:UInt64}" if before_id is not None else ""
    rows = store.rows(
        "SELECT profile_id, toUnixTimestamp64Milli(time), id, source_id, traits, identifiers FROM events"
        f" WHERE profile_id IN {{ids:Array(UInt64)}} AND traits != ''{bound} ORDER BY time, id",
        {"ids": list(person_of), "before": before_id or 0},
    )
    there = identity.known({key for *_, keys in rows for key in keys})
    owner = {key: person_of.get(known.profile_id, known.profile_id) for key, known in there.items()}
    for profile_id, time, row_id, source_id, traits, keys in rows:
        person = person_of[int(profile_id)]
        taken = without_others(_decode(traits), keys, owner, person)
        found[person].append(Observation(int(time), int(row_id), int(source_id), taken))
    return found
