"""Whose message it is, for the whole batch at once."""

from __future__ import annotations

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.identity import store
from quen.identity.resolve import Knowledge, may_meet, resolve


def run(batch: Batch, context: Context) -> None:
    batch.known = store.known({k.key for keys in batch.keys for k in keys})
    owner = {key: found.profile_id for key, found in batch.known.items()}
    wanted = may_meet(batch.keys, owner)
    named = {m.profile_id for m in batch.messages if m.profile_id is not None}
    resolution = resolve(
        batch.messages,
        batch.keys,
        Knowledge(owner, store.keys_by_profile(wanted)),
        batch.new_id,
        store.canonical(named),
    )
    batch.resolution = resolution
    batch.profile_ids = resolution.profile_ids
    into = {other: survivor for survivor, other in resolution.merges}
    for other in into:
        survivor = into[other]
        while survivor in into:
            survivor = into[survivor]
        batch.merged[other] = survivor
