"""What resolution is given and what it gives back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from quen.identity.keys import Key
from quen.identity.limits import Known
from quen.protocol.messages import Message


class NewEdge(msgspec.Struct):
    """A row for the append-only log (identity.models.Edge)."""

    id: int
    at: int
    kind: str
    left: str
    right: str
    pair: int
    profile_id: int
    other_profile_id: int | None
    source_id: int
    message_id: str
    rule: str
    by: str = ""
    note: str = ""


class NewClaim(msgspec.Struct):
    """What a browser asked for and may not have (identity.models.Claim)."""

    id: int
    pair: int
    kind: str  # merge, attach
    left: str
    right: str
    profile_id: int
    other_profile_id: int | None
    source_id: int
    message_id: str
    at: int
    count: int = 1


class IdentifierChange(msgspec.Struct):
    """An identifier that is new to a profile, or seen again."""

    key: Key
    profile_id: int
    first_seen: int
    last_seen: int
    source_id: int
    tie: int = 0  # the pair by which a new one came in


class Join(msgspec.Struct, frozen=True):
    """An order of a person: the owners of two identifiers are one. `new`: the second belongs to nobody yet."""

    order_id: int
    left: str
    right: str
    by: str
    note: str = ""
    new: Key | None = None
    two_accounts: bool = False  # a person knows that two values of a unique type are one human being's


class Knowledge(msgspec.Struct):
    """What the state database says about the identifiers of a batch."""

    owner: dict[str, int]  # identifier key → profile id
    known: dict[int, list[Known]]  # profile id → its identifiers, for profiles that may meet another
    shared: Collection[str] = frozenset()  # identifier keys that tie nobody
    merges: Mapping[int, int] = msgspec.field(default_factory=dict)  # profile id → how many were merged into it
    separations: Mapping[str, Collection[str]] = msgspec.field(default_factory=dict)  # key → keys it was cut from
    pairs: Collection[int] = frozenset()  # pairs (keys.pair_of) that the log has as evidence
    claims: Collection[int] = frozenset()  # pairs that open claims are about


class Resolution(msgspec.Struct):
    """What the batch does to identity."""

    profile_ids: list[int | None]  # of each message, in order, after all merges of the batch; None: no identifier
    used: list[list[Key]]  # of each message: the identifiers it was matched by, strongest first
    withheld: dict[int, frozenset[str]]  # message index → traits it may not set
    created: dict[int, Message]  # new profile → the message that made it
    new_identifiers: dict[str, IdentifierChange]
    seen_identifiers: dict[str, IdentifierChange]  # known before; last_seen may have moved
    moved: dict[str, int]  # shared identifier → its own fresh profile
    left_behind: dict[int, set[str]]  # profile that a shared identifier left → the identifiers it has
    left_from: dict[int, set[str]]  # the same profile → the shared identifiers that left it
    merges: list[tuple[int, int]]  # (survivor, merged away), in order
    edges: list[NewEdge]
    set_aside: list[tuple[Key, str, Message]]  # identifier, rule, the message it came with
    claims: dict[int, NewClaim]  # by pair
    confirmed: set[int]  # pairs of open claims that a trusted message named
    orders: dict[int, str]  # order → the rule that refused it, "" when done
    ordered: dict[int, list[int]]  # order → the profiles it made one
    reunited: set[int]  # separated pairs that an order brought together
