"""Traits by latest event time, first and last seen, and the folding together of merged profiles."""

from __future__ import annotations

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.profiles import store
from quen.profiles.state import ProfileState, merge_profiles, set_traits
from quen.protocol.messages import Message, sets_traits


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
        batch.changed_traits[survivor] |= merge_profiles(profiles[survivor], profiles[other])
    for message, of in zip(batch.messages, batch.profile_ids, strict=True):
        profile = profiles.get(of) if of is not None else None
        if profile is not None:
            _apply(batch, profile, message)


def _fresh(profile_id: int, message: Message) -> ProfileState:
    return ProfileState(profile_id, message.received_at, message.time, message.time, message.source_id)


def _apply(batch: Batch, profile: ProfileState, message: Message) -> None:
    if message.source_id:  # Quen's own events are no visit of the person
        if message.time > profile.last_seen:
            profile.last_seen = message.time
            batch.active.add(profile.id)
        elif message.time < profile.first_seen:
            profile.first_seen, profile.first_source_id = message.time, message.source_id
            batch.active.add(profile.id)
    if sets_traits(message):
        changed = set_traits(profile, message.traits, message.time, message.source_id)
        batch.changed_traits[profile.id] |= changed
