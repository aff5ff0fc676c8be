"""What people and journeys do with segments: make, change, archive, preview, follow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet

from quen.config import config
from quen.db import fetch
from quen.errors import Conflict, InvalidInput, NotFound
from quen.events.store import event_store
from quen.ids import new_id, now_ms
from quen.profiles import store as profiles
from quen.profiles.mirror import Sides
from quen.segments import sql, store
from quen.segments.conditions.base import Condition
from quen.segments.definitions import atom_specs
from quen.segments.grammar import N_, Place
from quen.segments.models import FOLLOWED, Segment, SegmentVersion
from quen.segments.naming import Naming
from quen.segments.own_traits import own_traits
from quen.segments.rules import Rule, parse_rule
from quen.segments.why import facts

log = structlog.get_logger("quen.segments")
MOST_FACTS = 20  # sentences of a preview that come with their facts
# What else uses a segment, by name: slices above this one add a look-up here, for it cannot import them.
USERS: list[Callable[[int], list[str]]] = []
_parsed: dict[str, Rule] = {}


def listed() -> QuerySet[Segment]:
    """The segments that people made, not archived, by name."""
    return Segment.objects.filter(kind="segment").exclude(status="archived").order_by("name", "id")


def find(segment_id: int) -> Segment:
    """A segment that people made, archived or not. Raises NotFound."""
    segment = Segment.objects.filter(id=segment_id, kind="segment").first()
    if segment is None:
        raise NotFound(f"there is no segment {segment_id}")
    return segment


def create_segment(
    name: str, rule: Any, kind: str = "segment", by: str = "", description: str = "", *, draft: bool = False
) -> Segment:
    """Make a segment; the engine computes it and follows it from then on, a draft only once it is started (`restore`).

    Raises RuleError pointing at the place in the rule, InvalidInput for the name.
    """
    name = checked_name(name)
    parsed = check_rule(rule)
    with transaction.atomic():
        segment = Segment.objects.create(
            name=name,
            description=description[:2_000],
            kind=kind,
            rule=parsed.json,
            rule_hash=parsed.hash,
            status="draft" if draft else "computing",
            next_slot=0 if draft else new_id(),
            updated_at=now_ms(),
            created_by=by,
        )
        SegmentVersion.objects.create(segment=segment, number=1, rule=parsed.json, created_by=by)
        store.number_atoms(atom_specs(parsed))
    return segment


def update_segment(
    segment: Segment, *, name: str | None = None, description: str | None = None, rule: Any = None, by: str = ""
) -> Segment:
    """Rename a segment, or give it another rule: a new version, which is computed anew.

    Until it is whole the segment goes on having the members of the version before, who enter and leave as ever.
    """
    fields = ["updated_at"]
    if segment.status == "archived":
        raise Conflict(f"the segment “{segment.name}” is archived: restore it first")
    if name is not None:
        segment.name = checked_name(name)
        fields.append("name")
    if description is not None:
        segment.description = description[:2_000]
        fields.append("description")
    with transaction.atomic():
        if rule is not None:
            parsed = check_rule(rule, segment.id)
            if parsed.hash != segment.rule_hash:
                segment.rule, segment.rule_hash = parsed.json, parsed.hash
                segment.version += 1
                fields += ["rule", "rule_hash", "version"]
                if segment.status != "draft":
                    fields += _begin(segment)
                SegmentVersion.objects.create(segment=segment, number=segment.version, rule=parsed.json, created_by=by)
                store.number_atoms(atom_specs(parsed))
        segment.updated_at = max(now_ms(), segment.updated_at + 1)
        segment.save(update_fields=fields)
    return segment


def archive(segment: Segment) -> None:
    """Stop following a segment and forget its members. Raises Conflict naming what uses it."""
    users = used_by(segment.id)
    if users:
        names = ", ".join(f"“{name}”" for name in users)
        raise Conflict(f"the segment is used by {names}: change those first", details={"used_by": users})
    with transaction.atomic():
        fields = _give_up_next(segment)
        segment.status, segment.count, segment.shown_version, segment.slot = "archived", 0, 0, 0
        segment.updated_at = max(now_ms(), segment.updated_at + 1)
        segment.save(update_fields=["status", "count", "shown_version", "slot", "updated_at", *fields])
        store.delete_members(segment.id)


def restore(segment: Segment) -> None:
    """Take an archived or paused segment back, or start a draft; it is computed anew."""
    if segment.status not in ("archived", "paused", "draft"):
        return
    check_rule(segment.rule, segment.id)
    with transaction.atomic():
        fields = _begin(segment)
        segment.updated_at = max(now_ms(), segment.updated_at + 1)
        segment.save(update_fields=["updated_at", *fields])


def _begin(segment: Segment) -> list[str]:
    """Let its version be computed; the names of the fields that changed. What is shown goes on being followed, but for
    a paused one's: nobody knows what happened since."""
    fields = _give_up_next(segment)
    segment.stands = segment.shown_version > 0 and (segment.stands or segment.status == "paused")
    segment.status, segment.problem, segment.next_slot = "computing", "", new_id()
    return ["status", "problem", "stands", *fields]


def _give_up_next(segment: Segment) -> list[str]:
    if segment.next_slot:
        store.forget_next(segment.next_slot)
    segment.next_slot, segment.computed_through, segment.asks = 0, 0, ""
    return ["next_slot", "computed_through", "asks"]


def pause(segment_id: int, problem: str = "") -> None:
    """Follow a segment no more, from the engine's next look at definitions on; its members stay as they are.

    `problem`: why Quen does it by itself.
    Raises Conflict naming the segments that refer to it: they would go on with members that are no longer right. When
    Quen pauses it by itself they do go on, with those who were in it last, and say so (`paused_within`); but where it
    never had members, what waits for them is paused too.
    """
    segment = Segment.objects.filter(id=segment_id, status__in=FOLLOWED).first()
    if segment is None:
        return
    if not problem and (users := _segments_with(segment_id)):
        names = ", ".join(f"“{name}”" for name in users)
        raise Conflict(f"the segment is used by {names}: pause those first", details={"used_by": users})
    with transaction.atomic():
        fields = _give_up_next(segment)
        segment.status, segment.problem = "paused", problem[:300]
        segment.updated_at = max(now_ms(), segment.updated_at + 1)
        segment.save(update_fields=["status", "problem", "updated_at", *fields])
    if problem:
        log.error("a segment costs too much and is paused", segment=segment_id, problem=problem)
    if problem and not segment.shown_version:
        for other in _referring(segment_id):
            if not other.shown_version:
                pause(other.id, f"it refers to “{segment.name}”, which is paused: {problem}")


def paused_within(segment: Segment) -> list[Segment]:
    """The paused segments that a segment refers to, also through others: who was in them last counts as in them."""
    known = {each.id: each for each in Segment.objects.filter(kind="segment").exclude(status="archived")}
    found: dict[int, Segment] = {}
    waiting, seen = [segment], {segment.id}
    while waiting:
        for other in sorted(read(waiting.pop()).segments() - seen):
            seen.add(other)
            if other in known and known[other].status == "paused":
                found[other] = known[other]
            elif other in known:
                waiting.append(known[other])
    return list(found.values())


def used_by(segment_id: int) -> list[str]:
    """Names of the segments and journeys that need this one."""
    return [*_segments_with(segment_id), *(name for names_of in USERS for name in names_of(segment_id))]


def _segments_with(segment_id: int) -> list[str]:
    """Names of the segments that are followed and refer to this one."""
    return [segment.name or f"journey rule {segment.id}" for segment in _referring(segment_id)]


def _referring(segment_id: int) -> list[Segment]:
    return [
        segment
        for segment in Segment.objects.filter(status__in=FOLLOWED).exclude(id=segment_id)
        if segment_id in (rule := read(segment)).segments() | rule.lists()
    ]


def watch(rule: Any) -> Segment:
    """The internal segment that follows a rule for journeys: the one there is, or a new one."""
    parsed = check_rule(rule)
    found = Segment.objects.filter(kind="internal", rule_hash=parsed.hash, status__in=FOLLOWED).first()
    return found or create_segment(parsed.hash[:12], parsed.json, kind="internal")


def preview(rule: Any) -> dict[str, Any]:
    """What a rule holds for now: `{count, total, with_email, with_phone, sample: [{profile_id, why}]}`.

    `why` is a list of (sql.Reason, why.Facts or None). Raises RuleError.
    """
    parsed = check_rule(rule)
    now, zone, rule_of, store = now_ms(), config().zone, roots(), event_store()

    def ask(sides: Sides) -> tuple[sql.Preview, dict[int, list[sql.Reason]]]:
        found = sql.preview(parsed, store, now, zone, rule_of, sides)
        return found, sql.explain(parsed, found.sample, store, now, zone, rule_of, sides)

    found, reasons = profiles.at_one_moment(ask)
    people = profiles.load(found.sample)
    conditions = [reason.condition for reason in next(iter(reasons.values()), [])][:MOST_FACTS]
    told = facts(conditions, people, store, now, zone) if people else {}
    why = {id_: list(zip_longest(each, told.get(id_, []))) for id_, each in reasons.items()}
    return {
        "count": found.count,
        "total": found.total,
        "with_email": found.with_email,
        "with_phone": found.with_phone,
        "sample": [{"profile_id": id, "why": why.get(id, [])} for id in found.sample],
    }


def check_rule(rule: Any, segment_id: int | None = None) -> Rule:
    """Parse a rule that is to be followed: what it refers to exists, and nothing refers back to it."""
    parsed = parse_rule(rule)
    known = {segment.id: segment for segment in Segment.objects.filter(kind="segment").exclude(status="archived")}
    waiting, seen = sorted(parsed.segments()), set()
    for other in waiting:
        if other != segment_id and other not in known:
            raise _place_of(parsed.json, "segment", other).error(N_("there is no segment {id}"), id=other)
        if other != segment_id and known[other].status in ("draft", "paused"):
            why = N_("the segment “{name}” is not followed now: start it first")
            raise _place_of(parsed.json, "segment", other).error(why, name=known[other].name)
    if asked := parsed.lists():
        there = (
            Segment.objects.filter(kind="list", id__in=asked).exclude(status="archived").values_list("id", flat=True)
        )
        for missing in sorted(asked.difference(there)):
            raise _place_of(parsed.json, "list", missing).error(N_("there is no list {id}"), id=missing)
    while waiting:
        other = waiting.pop()
        if other == segment_id:
            raise Place().error(N_("a segment cannot refer to itself, not even through others"))
        if other not in seen and other in known:
            seen.add(other)
            waiting += sorted(read(known[other]).segments())
    return parsed


def roots() -> Callable[[int], Condition]:
    """Gives the root of a segment's rule by id: what SQL puts in place of a reference."""
    found: dict[int, Condition] = {}

    def root_of(segment_id: int) -> Condition:
        if segment_id not in found:
            found[segment_id] = read(find(segment_id)).root
        return found[segment_id]

    return root_of


def namer() -> Callable[[int], str]:
    """Gives the name of a segment or list by id, for sentences; asks the database at most once."""
    found: dict[int, str] = {}

    def name_of(segment_id: int) -> str:
        if not found:
            found.update(Segment.objects.filter(kind__in=("segment", "list")).values_list("id", "name"))
        return found.get(segment_id, str(segment_id))

    return name_of


def naming() -> Naming:
    """What people call what rules name, for pages: what a program reads names traits and values as rules do."""
    return Naming(namer(), {trait.name: trait for trait in own_traits()})


def people() -> int:
    """How many profiles there are."""
    return int(fetch("SELECT COUNT(*) FROM profiles_profile")[0][0])


def definitions_version() -> tuple[int, int]:
    """Changes whenever a segment is made, changed, archived or restored. One small query."""
    count, stamp = fetch("SELECT COUNT(*), COALESCE(SUM(updated_at), 0) FROM segments_segment")[0]
    return int(count), int(stamp)


def progress(segment: Segment) -> int:
    """Percent of the profiles that are computed."""
    if segment.status != "computing":
        return 100
    done, total = fetch(
        "SELECT (SELECT COUNT(*) FROM profiles_profile WHERE id <= %s), (SELECT COUNT(*) FROM profiles_profile)",
        [segment.computed_through],
    )[0]
    return min(99, done * 100 // total) if total else 0


def read(segment: Segment) -> Rule:
    """The rule of a stored segment; parsed once for each version of it."""
    rule = _parsed.get(segment.rule_hash)
    if rule is None:
        rule = _parsed[segment.rule_hash] = parse_rule(segment.rule)
    return rule


def checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput("name: a segment needs a name", details={"path": "name"})
    if len(name.strip()) > 200:
        raise InvalidInput("name: at most 200 characters", details={"path": "name"})
    return name.strip()


def _place_of(rule: Any, kind: str, id_: int, place: Place | None = None) -> Place:
    """Where a rule refers to a segment or list."""
    place = place or Place()
    if isinstance(rule, dict):
        if rule.get(kind) == str(id_):
            return place[kind]
        for key, value in rule.items():
            if isinstance(value, (dict, list)) and (found := _place_of(value, kind, id_, place[key])).path != "$":
                return found
    if isinstance(rule, list):
        for index, value in enumerate(rule):
            if (found := _place_of(value, kind, id_, place[index])).path != "$":
                return found
    return Place()
