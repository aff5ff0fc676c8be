"""Who enters and leaves which segment: by what this batch brought, and by time alone at the instant it is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from quen.engine.batch import Batch, ids_whole
from quen.engine.context import Context
from quen.profiles import store
from quen.profiles.state import COMPUTED, ProfileState
from quen.segments.facts import Fact, LiveState
from quen.segments.live import Program
from quen.segments.rebuild import histories

# Flips that are due at once (after downtime, or at midnight for a birthday segment) are taken in portions, so that
# events keep flowing between them.
FLIPS_A_BATCH = 2_000


def run(batch: Batch, context: Context) -> None:
    program = context.program
    if batch.timers:
        for profile in store.due(batch.now, FLIPS_A_BATCH):
            batch.profiles.setdefault(profile.id, profile)
    facts: dict[int, list[Fact]] = defaultdict(list)  # what some segment asks about
    asked, profiles = program.events, batch.profiles
    for message, profile_id, row_id in zip(batch.messages, batch.profile_ids, batch.row_ids, strict=True):
        if message.event in asked and profile_id is not None and profile_id in profiles:
            facts[profile_id].append(Fact(message.event, message.properties, message.time, row_id))
    survivors = _merge(batch, program)
    if program.has_chains or survivors:
        _retell(batch, context, facts, survivors)
    for profile in batch.profiles.values():
        if profile.id not in batch.merged:
            _follow(batch, program, profile, facts.get(profile.id, ()), profile.id in survivors)


def _merge(batch: Batch, program: Program) -> set[int]:
    """Fold the live state of merged people into the survivor's, in the order of the merges."""
    assert batch.resolution is not None
    survivors: set[int] = set()
    for survivor, other in batch.resolution.merges:
        batch.live[survivor] = program.merge(_live(batch, program, survivor), _live(batch, program, other))
        survivors.add(survivor)
    return survivors


def _retell(batch: Batch, context: Context, facts: Mapping[int, Sequence[Fact]], survivors: Collection[int]) -> None:
    """Of the history, with one query: sequences of which too much is folded for what came late, or for a merge; and
    what is being computed, for whom it is half known who became one with somebody."""
    program = context.program
    late = {
        id_: numbers
        for id_ in ({*facts, *survivors} if program.has_chains else ())
        if id_ not in batch.merged
        and (numbers := program.late(_live(batch, program, id_), facts.get(id_, ()), id_ in survivors))
    }
    half = {
        id_: numbers
        for id_ in survivors
        if id_ not in batch.merged
        and (numbers := program.unfinished(id_, [other for other, into in batch.merged.items() if into == id_]))
    }
    if not (late or half):
        return
    ids_of = ids_whole(batch, late.keys() | half.keys())
    # Of a batch that is repeated after a crash, the history has these rows already.
    told = histories(program, context.store, ids_of, min(batch.row_ids, default=None))
    for id_, numbers in half.items():
        for number in numbers:  # the facts of this batch are added to it like to everyone's
            program.retell(_live(batch, program, id_), number, told[id_], batch.now)
    for id_, numbers in late.items():
        happened = sorted([*told[id_], *facts.get(id_, ())], key=lambda f: (f.time, f.id))
        for number in numbers:
            program.retell(_live(batch, program, id_), number, happened, batch.now)


def _follow(batch: Batch, program: Program, profile: ProfileState, facts: Sequence[Fact], has_merged: bool) -> None:
    changed = batch.changed_traits.get(profile.id, ())
    due = profile.due_at is not None and profile.due_at <= batch.now
    if not (due or has_merged or facts or profile.live is None or program.depends_on(changed)):
        return  # no segment asks about any of it
    state = _live(batch, program, profile.id)
    changes = program.apply(state, profile, facts, changed, batch.now)
    if has_merged:
        changes += program.evaluate_all(state, profile, batch.now)
    batch.changes += [(profile.id, change) for change in changes]
    if profile.valued:
        batch.changed_traits[profile.id].add(COMPUTED)
    live = program.encode(state)
    if live != profile.live or state.due_at != profile.due_at:
        profile.live, profile.due_at = live, state.due_at
        batch.active.add(profile.id)


def _live(batch: Batch, program: Program, profile_id: int) -> LiveState:
    state = batch.live.get(profile_id)
    if state is None:
        state = batch.live[profile_id] = program.decode(batch.profiles[profile_id].live)
    return state
