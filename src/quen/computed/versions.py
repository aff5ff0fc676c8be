"""Versions of computed traits and segments that take the place of those before: whole, and all at once.

What is computed anew changes what refers to it: a segment over a computed trait, a segment over that one. So each of
them is computed beside what it shows too, upon the new ones, and they take their places together, in one transaction.
Everything before it can be done again, and what is left after it (telling who entered and left, writing the values into
each profile) goes on from where it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import msgspec

from quen.computed import store
from quen.computed.models import Definition
from quen.db import execute
from quen.ids import new_id
from quen.profiles.store import EVERYONE
from quen.segments import following
from quen.segments import store as segment_store
from quen.segments.definitions import references_first
from quen.segments.following import Versions
from quen.segments.rules import digest


class _Coming(msgspec.Struct):
    """What is being computed: name of a trait → definition; id of a segment → its versions."""

    traits: dict[str, Definition]
    segments: dict[int, Versions]

    def is_whole(self, key: str | int) -> bool:
        each = self.traits[key] if isinstance(key, str) else self.segments[key].segment
        return each.computed_through == EVERYONE

    def upon(self, key: str | int) -> set[str | int]:
        """What it is computed upon, of what is being computed."""
        if isinstance(key, str):
            return set()
        rule = self.segments[key].rule
        return (rule.computed() & self.traits.keys()) | (rule.segments() & self.segments.keys())


def keep_in_step() -> bool:
    """Let be computed anew what refers to something that is, and no more what does not; whether anything changed.

    Of each it is remembered upon which slots it is computed: if those are others now, it begins from the start.
    """
    coming, followed = _coming(), following.versions()
    if not (coming.traits or any(each.segment.next_slot for each in followed)):
        return False
    slots = {each.segment.id: each.segment.slot for each in followed}
    values = {d.name: d.next_slot or d.slot for d in Definition.objects.exclude(status="removing")}
    begun = {each.segment.id: each.segment.next_slot for each in followed if each.segment.next_slot}
    by_id = {each.segment.id: each for each in followed}
    changed = False
    for segment_id in references_first({id_: each.rule.segments() for id_, each in by_id.items()}):
        each = by_id[segment_id]
        segment, others = each.segment, each.rule.segments()
        traits = each.rule.computed()
        if segment.status == "live" and not (traits & coming.traits.keys() or others & begun.keys()):
            if segment.next_slot:
                changed |= _set_next(each, 0, "")
                begun.pop(segment_id, None)
            continue
        asks = digest(
            [
                [[name, values.get(name, 0)] for name in sorted(traits)],
                [[other, begun.get(other) or slots.get(other, 0)] for other in sorted(others)],
            ]
        )
        slot = segment.next_slot
        if slot and segment.asks in ("", asks):
            if not segment.asks:
                _set_next(each, slot, asks)
            continue
        begun[segment_id] = new_id()
        changed |= _set_next(each, begun[segment_id], asks)
    return changed


def _set_next(each: Versions, slot: int, asks: str) -> bool:
    """Whether it could be: not when the segment was changed meanwhile."""
    segment = each.segment
    through = segment.computed_through if slot == segment.next_slot else 0
    done = execute(
        "UPDATE segments_segment SET next_slot = %s, asks = %s, computed_through = %s"
        " WHERE id = %s AND next_slot = %s AND version = %s AND status = %s",
        [slot, asks, through, segment.id, segment.next_slot, segment.version, segment.status],
    )
    if done and slot != segment.next_slot:
        segment_store.forget_next(segment.next_slot)
    return bool(done)


def take_place(now: int) -> bool:
    """Let what is whole, with all that changes because of it, take the place of what is shown. Whether anything is
    other than before; load the program anew then. The caller has the transaction.

    Since the last look somebody may have changed what another was computed upon: that one begins anew instead.
    """
    done = keep_in_step()
    coming = _coming()
    ready = _ready(coming)
    for name in [key for key in ready if isinstance(key, str)]:
        done |= store.take_place(coming.traits[name].next_slot, now)
    for segment_id in [key for key in ready if isinstance(key, int)]:
        done |= segment_store.take_place(coming.segments[segment_id].segment.next_slot, now)
    return done


def _coming() -> _Coming:
    return _Coming(
        {d.name: d for d in Definition.objects.exclude(next_slot=0).exclude(status="removing")},
        {each.segment.id: each for each in following.versions() if each.segment.next_slot},
    )


def _ready(coming: _Coming) -> list[str | int]:
    """What is whole, with all that must take its place at the same moment; and so is what it was computed upon, which
    takes its place then too if it has not done so before."""
    groups = [keys for keys in _together(coming) if all(map(coming.is_whole, keys))]
    while True:
        ready = [key for keys in groups for key in keys]
        left = [keys for keys in groups if all(coming.upon(key).issubset(ready) for key in keys)]
        if len(left) == len(groups):
            return ready
        groups = left


def _together(coming: _Coming) -> list[Collection[str | int]]:
    """What must take its place at one moment: whatever of it is shown refers to what is shown of another.

    What refers to something that is to change, and is not computed anew itself yet, holds it back.
    """
    group: dict[str | int, str | int] = {}
    group.update({name: name for name in coming.traits})
    group.update({segment_id: segment_id for segment_id in coming.segments})

    def root(key: str | int) -> str | int:
        while group[key] != key:
            key = group[key]
        return key

    held: set[str | int] = set()
    for each in following.versions():
        if each.shown is None:
            continue
        asked: set[str | int] = {*each.shown.computed(), *each.shown.segments()}
        for other in asked & group.keys():
            if each.segment.id in coming.segments:
                group[root(other)] = root(each.segment.id)
            else:
                held.add(other)
    found: dict[str | int, list[str | int]] = defaultdict(list)
    for key in group:
        found[root(key)].append(key)
    return [keys for keys in found.values() if held.isdisjoint(keys)]
