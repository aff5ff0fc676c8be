"""Traits by their strategies, first and last seen, and the folding together of merged profiles.

What a message's traits came to is put into `batch.taken` by the message's index, and recorded with its event: replaying
the taken traits of all events gives the same profiles. Left out are what the resolver withheld, and what a browser says
against a contact trait that has a value: whoever holds a public key could else turn a customer's mail to himself. Marks
(consents, lists, …) are taken with the traits.
"""

from __future__ import annotations

from typing import Any

from quen.delivery import store as delivery
from quen.delivery.addresses import suppression_key
from quen.engine.batch import Batch, ids_whole
from quen.engine.context import Context
from quen.profiles import history, store
from quen.profiles.marks import SUPPRESSED, noted
from quen.profiles.rebuilding import Observation, rebuild_all, rebuild_traits
from quen.profiles.state import ProfileState, merge_profiles, renew, set_traits
from quen.protocol.messages import Message, sets_traits

CONTACT_TRAITS = ("email", "phone")


def run(batch: Batch, context: Context) -> None:
    resolution = batch.resolution
    assert resolution is not None
    created = resolution.created
    wanted = {p for p in batch.profile_ids if p is not None and p not in created}
    for survivor, other in resolution.merges:
        wanted |= {p for p in (survivor, other) if p not in created}
    profiles = batch.profiles
    profiles.update(store.load(wanted))
    for profile_id, message in created.items():
        profiles[profile_id] = _fresh(profile_id, message)
        batch.created.add(profile_id)
    for survivor, other in resolution.merges:
        batch.changed_traits[survivor] |= merge_profiles(profiles[survivor], profiles[other], context.strategies)
    joined = _joined(batch)
    for index, (message, of) in enumerate(zip(batch.messages, batch.profile_ids, strict=True)):
        profile = profiles.get(of) if of is not None else None
        if profile is not None:
            if not profile.first_seen <= message.time <= profile.last_seen:
                _seen(batch, profile, message)
            marks = noted(message, resolution.used[index])
            if marks is not None or sets_traits(message):
                _take(batch, context, profile, index, message, marks)
    _suppressed(batch, context)
    _renew(batch, context, joined)


def _joined(batch: Batch) -> set[int]:
    """Whom an order made one. Addresses that a separation took from both of them are theirs again."""
    assert batch.resolution is not None
    found = {batch.merged.get(p, p) for people in batch.resolution.ordered.values() for p in people}
    for person in found & batch.profiles.keys():
        batch.profiles[person].stale |= frozenset(CONTACT_TRAITS)
    return found


def _fresh(profile_id: int, message: Message) -> ProfileState:
    return ProfileState(profile_id, message.received_at, message.time, message.time, message.source_id)


def _seen(batch: Batch, profile: ProfileState, message: Message) -> None:
    if message.source_id:  # Quen's own events are no visit of the person
        if message.time > profile.last_seen:
            profile.last_seen = message.time
            batch.active.add(profile.id)
        elif message.time < profile.first_seen:
            profile.first_seen, profile.first_source_id = message.time, message.source_id
            batch.active.add(profile.id)


def _take(
    batch: Batch,
    context: Context,
    profile: ProfileState,
    index: int,
    message: Message,
    marks: dict[str, Any] | None,
) -> None:
    traits = message.traits if sets_traits(message) else {}
    left_out = _left_out(batch, profile, index, message) if traits else ()
    if left_out:
        traits = {name: value for name, value in traits.items() if name not in left_out}
    if marks is not None:
        traits = {**traits, **marks}
    if not traits:
        return
    batch.taken[index] = traits
    changed = set_traits(profile, traits, message.time, message.source_id, batch.row_ids[index], context.strategies)
    batch.changed_traits[profile.id] |= changed
    if profile.meta_changed:
        batch.active.add(profile.id)


def _left_out(batch: Batch, profile: ProfileState, index: int, message: Message) -> frozenset[str]:
    assert batch.resolution is not None
    withheld = batch.resolution.withheld.get(index, frozenset())
    if message.trusted:
        return withheld
    given, had = message.traits, profile.traits
    return withheld | {n for n in CONTACT_TRAITS if n in given and n in had and given[n] != had[n]}


def _suppressed(batch: Batch, context: Context) -> None:
    """Mark who came to have an e-mail address that gets nothing: one look-up for all of them."""
    given: dict[int, tuple[str, int]] = {}  # profile → its new address, and the message that said it
    for index, traits in batch.taken.items():
        profile_id = batch.profile_ids[index]
        if profile_id is not None and "email" in traits and "email" in batch.changed_traits.get(profile_id, ()):
            email = batch.profiles[profile_id].traits.get("email")
            if isinstance(email, str):
                given[profile_id] = suppression_key("email", email), index
    found = delivery.suppressions("email", {key for key, _ in given.values()}) if given else {}
    for profile_id, (key, index) in given.items():
        if key in found:
            mark = {f"{SUPPRESSED}email": key}
            batch.taken[index] = {**batch.taken[index], **mark}
            message, profile = batch.messages[index], batch.profiles[profile_id]
            at = message.time, message.source_id, batch.row_ids[index]
            batch.changed_traits[profile_id] |= set_traits(profile, mark, *at, context.strategies)


def _renew(batch: Batch, context: Context, joined: set[int]) -> None:
    """Make anew what a deletion that came late, or an order, has left open: rare, and one look at the history for all.

    Of the `joined` what their profiles know counts too: nothing of it is in doubt.
    """
    stale = {p.id: p for p in batch.profiles.values() if p.stale and p.id not in batch.merged}
    if not stale:
        return
    ids_of = ids_whole(batch, stale)
    # Of a batch that is repeated after a crash, the history has these rows already.
    before = min(batch.row_ids, default=None)
    seen = history.observations(context.store, ids_of, before_id=before)
    for index, traits in batch.taken.items():
        of, message = batch.profile_ids[index], batch.messages[index]
        if of in stale:
            place = message.time, batch.row_ids[index], message.source_id
            seen[of].append(Observation(*place, traits))
    for profile in stale.values():
        if profile.id in joined:
            made = rebuild_all(profile, seen[profile.id], context.strategies)
        else:
            made = rebuild_traits(seen[profile.id], context.strategies)
        batch.changed_traits[profile.id] |= renew(profile, profile.stale, *made)
        profile.stale = frozenset()
