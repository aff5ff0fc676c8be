"""What the engine follows: of each segment the version that is shown, and the one that is to take its place.

What is shown is followed upon what is shown. What is being computed is followed upon what else is being computed: that
takes its place before it or with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog

from quen.config import config
from quen.profiles.mirror import AS_NAMED, Sides
from quen.profiles.store import EVERYONE
from quen.segments import store
from quen.segments.backfill import Job
from quen.segments.definitions import ComputedDef, SegmentDef, atom_specs, former_keys, references_first
from quen.segments.live import Program
from quen.segments.models import FOLLOWED, Segment, SegmentVersion
from quen.segments.rules import Rule, RuleError, parse_rule, placed
from quen.segments.service import read

log = structlog.get_logger("quen.segments")
_NOTHING: Mapping[str, str] = {}


class Versions(NamedTuple):
    """`rule` is that of its latest version, `shown` that of the version that is shown; None: that one is not
    followed."""

    segment: Segment
    rule: Rule
    shown: Rule | None

    @property
    def next(self) -> Rule | None:
        """The rule that is being computed, if one is."""
        return self.rule if self.segment.next_slot else None


def versions() -> list[Versions]:
    """The segments and rules of journeys that are followed, by id; those whose rule cannot be read are left out."""
    segments = list(Segment.objects.filter(status__in=FOLLOWED).order_by("id"))
    changed = [each.id for each in segments if each.is_followed and each.shown_version != each.version]
    old = {(v.segment_id, v.number): v.rule for v in SegmentVersion.objects.filter(segment_id__in=changed)}
    found = []
    for each in segments:
        try:
            rule = shown = read(each)
            if each.shown_version != each.version and each.is_followed:
                shown = parse_rule(old[each.id, each.shown_version])
        except RuleError as error:
            log.error("a segment is left out: its rule cannot be read", segment=each.id, error=error.message)
            continue
        found.append(Versions(each, rule, shown if each.is_followed else None))
    return found


def load_program(
    computed: Sequence[ComputedDef] = (), values: Mapping[str, str] = _NOTHING, sides: Sides = AS_NAMED
) -> Program:
    """Everything to follow, compiled: computed traits; segments, computed or live; and the rules of journeys.

    `values`: where a profile has the values of the computed traits that are being computed: name → path; `sides`: where
    its mirror has those of all.
    """
    followed = versions()
    rules = [rule for each in followed for rule in (each.shown, each.next) if rule is not None]
    asked = {other for rule in rules for other in rule.segments()}
    slots = dict(Segment.objects.filter(id__in=asked, shown_version__gt=0).values_list("id", "slot"))
    here = {each.segment.id for each in followed if each.shown is not None}
    held = {slot: segment_id for segment_id, slot in slots.items() if segment_id not in here}
    coming = slots | {each.segment.id: each.segment.next_slot for each in followed if each.next is not None}
    numbers = atom_numbers([(atom_specs(rule), former_keys(rule)) for rule in rules])
    defs = []
    for segment, _, shown in followed:
        if shown is not None:
            rule = placed(shown, slots, _NOTHING)
            defs.append(SegmentDef(segment.slot, rule, numbers, None, segment.shown_version, segment.id))
    for each in followed:
        if each.next is not None:
            segment, rule = each.segment, placed(each.next, coming, values)
            through = None if segment.computed_through == EVERYONE else segment.computed_through
            defs.append(SegmentDef(segment.next_slot, rule, numbers, through, segment.version, segment.id, next=True))
    return Program.compile(defs, config().zone, computed, held, sides)


def atom_numbers(asked: Sequence[tuple[Mapping[str, Mapping[str, Any]], set[str]]]) -> dict[str, int]:
    """Of what is kept for some questions, each as key → spec and the keys by which an older Quen kept it, and of what
    that kept: what it followed gets its number now."""
    numbers = store.atom_numbers({key for specs, former in asked for key in (*specs, *former)})
    followed = [specs for specs, former in asked if former and former <= numbers.keys()]
    missing = {key: spec for specs in followed for key, spec in specs.items() if key not in numbers}
    return numbers | store.number_atoms(missing) if missing else numbers


def computing() -> list[Job]:
    """What is still to be computed, those that others refer to first."""
    followed = {each.segment.id: each for each in versions() if each.next is not None}
    found = []
    for segment_id in references_first({id_: each.rule.segments() for id_, each in followed.items()}):
        segment = followed[segment_id].segment
        if segment.computed_through != EVERYONE:
            again = segment.status == "live"
            found.append(Job(segment_id, segment.version, segment.computed_through, segment.next_slot, again))
    return found
