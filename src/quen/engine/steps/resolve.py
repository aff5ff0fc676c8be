"""Whose message it is, for the whole batch at once; and the people whom an order joins."""

from __future__ import annotations

from quen.engine.batch import Batch
from quen.engine.context import Context
from quen.identity import ordered, store
from quen.identity.bridges import bridges
from quen.identity.resolution import Knowledge
from quen.identity.resolve import may_meet, resolve

MOST_PAIRS = 500_000  # remembered; past it the log is asked anew


def run(batch: Batch, context: Context) -> None:
    joins = ordered.joins(batch.orders, context.rules, context.config.phone_region)
    asked = {key for join in joins for key in (join.left, join.right)}
    batch.known = store.known({k.key for keys in batch.keys for k in keys} | asked)
    owner = {key: found.profile_id for key, found in batch.known.items()}
    wanted = may_meet(batch.keys, owner) | {owner[key] for key in asked if key in owner}
    named = {m.profile_id for m in batch.messages if m.profile_id is not None}
    if context.separations is None:
        context.separations = store.separations()
    knowledge = Knowledge(
        owner,
        store.known_by_profile(wanted),
        shared={key for key, found in batch.known.items() if found.shared},
        merges=store.merge_counts(wanted),
        separations=context.separations,
        pairs=_known_pairs(batch, context),
        claims=context.open_claims,
    )
    canonical = store.canonical(named)
    resolution = resolve(
        batch.messages, batch.keys, knowledge, batch.new_id, canonical, context.rules, joins, now=batch.now
    )
    if resolution.moved:
        held = set().union(*resolution.left_behind.values(), resolution.moved)
        resolution.edges += bridges(resolution, store.log_of(held), batch.new_id)
    batch.resolution = resolution
    batch.profile_ids = resolution.profile_ids
    into = {other: survivor for survivor, other in resolution.merges}
    for other in into:
        survivor = into[other]
        while survivor in into:
            survivor = into[survivor]
        batch.merged[other] = survivor


def _known_pairs(batch: Batch, context: Context) -> set[int]:
    """Which pairs of identifiers that exist are in the log as evidence."""
    if len(context.known_pairs) > MOST_PAIRS:
        context.known_pairs.clear()
    context.known_pairs |= store.pairs_in_log(batch.keys, batch.known, context.known_pairs)
    return context.known_pairs
