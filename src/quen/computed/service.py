"""What people do with computed traits: make, change, pause, delete, preview; and what the engine follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import get_language

from quen.computed import sql, store
from quen.computed.definitions import ComputedTrait, checked_label, checked_name, parse_computed
from quen.computed.models import FOLLOWED, Definition, DefinitionVersion
from quen.config import config
from quen.errors import Conflict, NotFound
from quen.events.store import event_store
from quen.ids import new_id, now_ms
from quen.profiles import store as profiles
from quen.profiles.state import COMPUTED, NEXT
from quen.profiles.store import EVERYONE
from quen.segments import following
from quen.segments import service as segments
from quen.segments import store as segment_store
from quen.segments.conditions.trait import Trait
from quen.segments.definitions import ComputedDef
from quen.segments.live import Program
from quen.segments.models import Segment
from quen.segments.own_traits import OwnTrait
from quen.segments.rules import RuleError, parse_rule
from quen.segments.words import tongue

log = structlog.get_logger("quen.computed")
MOST = 100  # definitions: each is asked for everybody
# What else uses a computed trait, by its name: slices above this one add a look-up here, for it cannot import them.
USERS: list[Callable[[str], list[str]]] = []
# What is added to a spec that is saved, by kind; of the spec and the one before. Kinds themselves ask no store.
PREPARE: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {}
_TYPES = {"number": "number", "text": "string", "value": "string", "list": "array", "object": "object"}


def listed() -> QuerySet[Definition]:
    """All but those being deleted, by label."""
    return Definition.objects.exclude(status="removing").order_by("label", "id")


def find(name: str) -> Definition:
    """Raises NotFound."""
    found = Definition.objects.filter(name=name).exclude(status="removing").first()
    if found is None:
        raise NotFound(f"there is no computed trait {name}")
    return found


def read(definition: Definition) -> ComputedTrait:
    return parse_computed(definition.name, definition.label, definition.spec)


def create(name: Any, label: Any, spec: Any, by: str = "", description: str = "") -> Definition:
    """Make a computed trait; the engine computes it for everyone and follows it from then on.

    Raises RuleError pointing at the place in the spec, InvalidInput for name and label, Conflict for a name in use.
    """
    trait = _prepared(parse_computed(checked_name(name), checked_label(label), spec))
    taken = Definition.objects.filter(name=trait.name).first()
    if taken is not None:
        still = ": it is still being deleted, try again in a moment" if taken.status == "removing" else ""
        raise Conflict(f"there is a computed trait {trait.name} already{still}", details={"name": "taken"})
    if Definition.objects.count() >= MOST:
        raise Conflict(f"there are {MOST} computed traits already, which is the most: delete one first")
    with transaction.atomic():
        definition = Definition.objects.create(
            name=trait.name,
            label=trait.label,
            description=description[:2_000],
            spec=trait.spec,
            next_slot=new_id(),
            updated_at=now_ms(),
            created_by=by,
        )
        profiles.prepare_side(trait.name)
        _keep_version(definition, by)
        segment_store.number_atoms(trait.atom_specs(config().zone))
    return definition


def update(
    definition: Definition, *, label: Any = None, description: str | None = None, spec: Any = None, by: str = ""
) -> Definition:
    """Another label, or another question: a new version, computed anew. Everybody's value is that of the version
    before, and follows what happens, until all have their new one. The name stays: rules and templates hold it."""
    fields = ["updated_at"]
    if label is not None:
        definition.label = checked_label(label)
        fields.append("label")
    if description is not None:
        definition.description = description[:2_000]
        fields.append("description")
    trait = None
    if spec is not None:
        trait = _prepared(parse_computed(definition.name, definition.label, spec), definition.spec)
    with transaction.atomic():
        if trait is not None and trait.spec != definition.spec:
            definition.spec = trait.spec
            definition.version += 1
            fields += ["spec", "version"]
            if definition.status != "paused":
                fields += _begin(definition)
            _keep_version(definition, by)
            segment_store.number_atoms(trait.atom_specs(config().zone))
        _save(definition, fields)
    return definition


def _prepared(trait: ComputedTrait, before: Any = None) -> ComputedTrait:
    prepare = PREPARE.get(trait.kind)
    return trait if prepare is None else parse_computed(trait.name, trait.label, prepare(trait.spec, before))


def _keep_version(definition: Definition, by: str) -> None:
    DefinitionVersion.objects.create(
        definition=definition, number=definition.version, spec=definition.spec, created_by=by
    )


def pause(definition: Definition, problem: str = "") -> None:
    """Follow it no more, from the engine's next look at definitions on; values stay as they are.

    `problem`: why Quen does it by itself.
    """
    if definition.status in FOLLOWED:
        definition.status, definition.problem = "paused", problem[:300]
        definition.next_slot, definition.computed_through = 0, 0
        _save(definition, ["status", "problem", "next_slot", "computed_through", "updated_at"])
        if problem:
            log.error("a computed trait costs too much and is paused", trait=definition.name, problem=problem)


def pause_by_id(trait_id: int, problem: str) -> bool:
    """Whether there is a computed trait of this id."""
    definition = Definition.objects.filter(id=trait_id).first()
    if definition is not None:
        pause(definition, problem)
    return definition is not None


def resume(definition: Definition) -> None:
    """Follow a paused one again: it is computed anew."""
    if definition.status == "paused":
        _save(definition, ["updated_at", *_begin(definition)])


def delete(definition: Definition) -> None:
    """Its values are taken from everyone, and then it is gone. Raises Conflict naming what uses it."""
    if users := used_by(definition.name):
        names = ", ".join(f"“{name}”" for name in users)
        raise Conflict(f"the computed trait is used by {names}: change those first", details={"used_by": users})
    definition.status, definition.computed_through, definition.next_slot = "removing", 0, 0
    definition.version += 1
    _save(definition, ["status", "computed_through", "next_slot", "version", "updated_at"])


def _begin(definition: Definition) -> list[str]:
    """Let its version be computed; the names of the fields that changed. What is shown goes on being followed, but for
    a paused one's: nobody knows what happened since."""
    definition.stands = definition.shown_version > 0 and (definition.stands or definition.status == "paused")
    definition.status, definition.computed_through, definition.problem = "computing", 0, ""
    definition.next_slot = new_id()
    return ["status", "computed_through", "problem", "stands", "next_slot"]


def _save(definition: Definition, fields: list[str]) -> None:
    definition.updated_at = max(now_ms(), definition.updated_at + 1)
    definition.save(update_fields=fields)


def used_by(name: str) -> list[str]:
    """Names of the segments, journeys and templates that need it."""
    path = f"{COMPUTED}.{name}"
    found = []
    for segment in Segment.objects.filter(kind="segment").exclude(status="archived").order_by("name", "id"):
        try:
            conditions = list(parse_rule(segment.rule).conditions())
        except RuleError:
            continue
        if any(isinstance(c, Trait) and (c.trait == path or c.trait.startswith(path + ".")) for c in conditions):
            found.append(segment.name)
    return found + [user for names_of in USERS for user in names_of(name)]


def progress(definition: Definition) -> int:
    """Percent of the profiles that are computed."""
    if definition.status != "computing":
        return 100
    done, total = store.people_through(definition.computed_through)
    return min(99, done * 100 // total) if total else 0


def preview(spec: Any) -> dict[int, Any]:
    """Profile id → value of up to ten people who have one. Raises RuleError."""
    return sql.sample(tried(spec), event_store(), now_ms(), config().zone)


def tried(spec: Any) -> ComputedTrait:
    """What a spec would be if it were saved. Raises RuleError."""
    return _prepared(parse_computed("preview", "preview", spec))


def traits() -> Iterator[tuple[Definition, ComputedTrait]]:
    """The definitions that are there, read."""
    for definition in listed():
        try:
            yield definition, read(definition)
        except RuleError as error:
            log.error("a computed trait is left out: it cannot be read", trait=definition.name, error=error.message)


def definitions_version() -> tuple[int, int, int, int]:
    """Changes whenever a segment or a computed trait is made, changed, paused or deleted."""
    return *segments.definitions_version(), *store.definitions_version()


def load_program() -> Program:
    """Everything to follow, compiled: computed traits, segments, and the rules of journeys."""
    zone = config().zone
    followed = [(d, trait) for d, trait in traits() if d.status in FOLLOWED]
    shown = [(d, before) for d, trait in followed if d.is_followed and (before := _shown(d, trait)) is not None]
    coming = [(d, trait) for d, trait in followed if d.next_slot]
    numbers = following.atom_numbers([(trait.atom_specs(zone), trait.former_keys(zone)) for _, trait in shown + coming])
    # What a workspace in another zone counts by other days is left out until it is computed anew.
    shown, coming = (
        [(d, trait) for d, trait in each if trait.atom_specs(zone).keys() <= numbers.keys()] for each in (shown, coming)
    )
    defs = []
    for d, trait in shown:
        told = trait.of_kind.told
        defs.append(ComputedDef(d.slot, d.name, trait.live, numbers, None, d.shown_version, told, d.id))
    for d, trait in coming:
        through = None if d.computed_through == EVERYONE else d.computed_through
        name = str(d.next_slot)
        defs.append(ComputedDef(d.next_slot, name, trait.live, numbers, through, d.version, False, d.id, next=True))
    # Read after the definitions: a new one's side is prepared with it. Only the engine turns them, and loads this then.
    sides = profiles.sides({str(d.next_slot): d.name for d, _ in followed if d.next_slot})
    return following.load_program(defs, {d.name: f"{NEXT}.{d.next_slot}" for d, _ in coming}, sides)


def _shown(definition: Definition, latest: ComputedTrait) -> ComputedTrait | None:
    """The version whose values are shown."""
    if definition.shown_version == definition.version:
        return latest
    before = DefinitionVersion.objects.filter(definition=definition, number=definition.shown_version).first()
    return parse_computed(definition.name, definition.label, before.spec) if before else None


def own_traits() -> list[OwnTrait]:
    """What rules may name: each computed trait, and the parts of those that have some."""
    found, spoken = [], tongue(get_language() or "vi")
    for definition, trait in traits():
        kind = trait.of_kind
        named = {part: {value: text[spoken] for value, text in names.items()} for part, names in kind.named.items()}
        found.append(OwnTrait(trait.path, _TYPES[kind.gives], definition.label, named.get("", {})))
        for part, (label, gives) in kind.parts.items():
            said = f"{definition.label}: {label[spoken]}"
            found.append(OwnTrait(f"{trait.path}.{part}", _TYPES[gives], said, named.get(part, {})))
    return found
