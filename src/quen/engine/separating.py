"""Carrying out the orders that take people apart: cut, split, move. Between two batches, each alone.

The engine decides and makes everything anew from what it reads; writes the state in one transaction, with what is then
still to be done; and does that: moves the events, and tells readers of SQL and the journal. A crash at any point is
followed by the same again. Before the transaction nothing has been changed, and an order that fails again and again is
refused; after it there is no way but on, and what fails is tried again between batches.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec
import structlog
from django.db import transaction

from quen import failpoints
from quen.computed import history
from quen.db import execute
from quen.delivery import hooks
from quen.engine import plan
from quen.engine.context import Context
from quen.engine.rebuilding import Rebuilt, rebuild
from quen.engine.steps.commit import READER
from quen.engine.system import entries_of, segment_messages
from quen.events import moving
from quen.events.moving import Apart
from quen.events.store import LinkRow, ProfileRow
from quen.identity import apart as identity
from quen.identity import ordered, parting
from quen.identity import store as identifiers
from quen.identity.models import Edge, Identifier, Order
from quen.identity.parting import Parting, Refused, Signed, Whole
from quen.ids import BatchIds
from quen.journeys import parting as journeys
from quen.journeys.parting import RunOf
from quen.profiles import store as profiles
from quen.profiles.mirror import mirrored
from quen.profiles.state import NewValue
from quen.segments import store as segments
from quen.segments.facts import Change

log = structlog.get_logger("quen.engine")

MOST_TRIES = 5
RETRY_MS = 30_000  # what is left to be told, once it has failed so often: events go on in between
MISSING, FAILED = "missing", "failed"


class Due(msgspec.Struct):
    """What is still to be done once the state is written. `links`: id → where it leads now, to itself when it is
    somebody's own again; `gone`: profiles that went into another; `changes`: of segments; `valued`: whose computed
    traits are others now."""

    keys: dict[str, int]
    ids: dict[int, int]
    runs: dict[int, int]
    links: dict[int, int]
    gone: list[int]
    changes: list[tuple[int, Change]]
    edges: list[int]
    valued: list[tuple[int, NewValue]] = []


class OrderPlan(msgspec.Struct):
    """What a repetition must find again. `version`: the number of the batch whose place the order takes; `again`: when
    it may be tried next, ms UTC."""

    now: int
    ids_base: int
    version: int
    tries: int = 0
    again: int = 0
    due: Due | None = None


class _Decided(msgspec.Struct):
    """An order's outcome, before anything is written."""

    wholes: list[Whole]
    parting: Parting


def carry_out(order_id: int, context: Context, now: int) -> bool:
    """Carry an order out, or go on with it; False when it waits for its next try."""
    order = Order.objects.get(id=order_id)
    work = msgspec.convert(order.plan, OrderPlan, strict=False) if order.plan else _begin(order, now)
    if now < work.again:
        return False
    if work.due is None and not _apart(order, work, context):
        return True
    assert work.due is not None
    _finish(order, work, work.due, context, now)
    return True


def _begin(order: Order, now: int) -> OrderPlan:
    """Plan the order: the ids and the number it takes are no batch's."""
    last, position = plan.last(), plan.position()
    base = now if last is None else max(now, last.ids_base + 1)
    work = OrderPlan(now, base, position.batch + 1)
    with transaction.atomic():
        ordered.keep_plan(order.id, msgspec.to_builtins(work))
        execute("UPDATE engine_plan SET ids_base = %s WHERE reader = %s", [base, READER])
    failpoints.hit("separating.planned")
    return work


def _apart(order: Order, work: OrderPlan, context: Context) -> bool:
    """Decide, make anew, and write the state; False when the order is refused."""
    work.tries += 1
    ordered.keep_plan(order.id, msgspec.to_builtins(work))
    if work.tries > MOST_TRIES:
        log.error("an order about people failed again and again; it is refused", order=order.id, op=order.op)
        ordered.close(order.id, FAILED, (), (), work.now)
        return False
    new_id = BatchIds(work.ids_base)
    found = _decide(order, Signed(order.id, order.by, order.note, work.now), context, new_id)
    if isinstance(found, Refused):
        ordered.close(order.id, found.problem, (), found.edges, work.now)
        return False
    edges = [edge for whole in found.wholes for edge in whole.edges]
    apart = Apart(found.parting.owner, found.parting.leads)
    runs = journeys.runs_of([whole.id for whole in found.wholes])
    messages = [message for run in runs for message in run.messages]
    apart.runs = journeys.owners(runs, moving.owners_of_messages(context.store, apart, messages))
    before = profiles.load([whole.id for whole in found.wholes])
    rebuilt = rebuild(context, apart, _identifiers(found), edges, before, work.now)
    gone = sorted(before.keys() - {p.id for p in rebuilt.profiles})
    with transaction.atomic():
        work.due = _write(order, work, found, apart, rebuilt, gone, runs)
        ordered.keep_plan(order.id, msgspec.to_builtins(work))
    context.separations = None
    context.known_pairs.clear()
    failpoints.hit("separating.written")
    return True


def _decide(order: Order, signed: Signed, context: Context, new_id: BatchIds) -> _Decided | Refused:
    """Read whom the order is about, and decide what it comes to."""
    arguments = order.arguments
    key = str(arguments["key"]) if order.op == "move" else ""
    keys = [key] if key else list(arguments.get("keys", ()))
    if order.op == "cut":
        entry = Edge.objects.filter(id=arguments["edge"]).first()
        keys = [entry.left] if entry is not None else []
    owner_of = identifiers.known(keys)
    if not keys or len(owner_of) < len(set(keys)):
        return Refused(MISSING)
    whole = identity.read(owner_of[keys[0]].profile_id)
    wholes = [whole]
    found: Parting | Refused
    if order.op == "cut":
        found = parting.cut(whole, int(arguments["edge"]), signed, new_id)
    elif order.op == "split":
        found = parting.split(whole, keys, signed, new_id)
    else:
        to = int(arguments["to"])
        other = identity.read(identifiers.canonical([to]).get(to, to))
        if not other.identifiers:
            return Refused(MISSING)
        wholes.append(other)
        separations = identifiers.separations()
        found = parting.move(whole, key, other, signed, new_id, context.rules, separations)
    return found if isinstance(found, Refused) else _Decided(wholes, found)


def _identifiers(found: _Decided) -> dict[int, list[Identifier]]:
    """Person → the identifiers they have then, oldest first."""
    people: dict[int, list[Identifier]] = defaultdict(list)
    for whole in found.wholes:
        for identifier in whole.identifiers:
            people[found.parting.owner[identifier.key]].append(identifier)
    return dict(people)


def _write(
    order: Order, work: OrderPlan, found: _Decided, apart: Apart, rebuilt: Rebuilt, gone: list[int], runs: list[RunOf]
) -> Due:
    """The state, in the caller's transaction; what is left to do."""
    parting_, now = found.parting, work.now
    before = {id_: whole.id for whole in found.wholes for id_ in whole.ids if id_ != whole.id}
    links = identity.links_after(parting_.leads, before)
    stood = {i.key: whole.id for whole in found.wholes for i in whole.identifiers}
    moved = {key: person for key, person in parting_.owner.items() if stood[key] != person}
    identity.write(moved, links, parting_.edges, parting_.separated, order.id, now)
    identifiers.forget_separations(parting_.reunited)
    existing = {whole.id for whole in found.wholes}
    profiles.insert(p for p in rebuilt.profiles if p.id not in existing)
    profiles.save(p for p in rebuilt.profiles if p.id in existing)
    profiles.delete(gone)
    segments.apply_changes(rebuilt.changes, {})
    hooks.queue(rebuilt.changes, f"o{order.id}-{now}", now)
    journeys.write(runs, apart.runs)
    execute("UPDATE engine_position SET batch = %s WHERE reader = %s", [work.version, READER])
    return Due(
        keys=apart.keys,
        ids=apart.ids,
        runs=apart.runs,
        links=links.moved | {id_: id_ for id_ in links.ended},
        gone=gone,
        changes=[(person, change) for person, change in rebuilt.changes if person not in gone],
        edges=[edge.id for edge in parting_.edges],
        valued=[(p.id, new) for p in rebuilt.profiles for new in p.valued],
    )


def _finish(order: Order, work: OrderPlan, due: Due, context: Context, now: int) -> None:
    """Move the events and tell of it. To do it again changes nothing."""
    try:
        _tell(order, work, due, context)
    except Exception as error:
        work.tries += 1
        work.again = now + RETRY_MS if work.tries > 2 * MOST_TRIES else 0
        ordered.keep_plan(order.id, msgspec.to_builtins(work))
        if not work.again:
            raise
        log.error("events of people who were taken apart are not moved yet", order=order.id, exc_info=error)
        return
    ordered.close(order.id, "", sorted(set(due.keys.values())), due.edges, work.now)


def _tell(order: Order, work: OrderPlan, due: Due, context: Context) -> None:
    store = context.store
    moving.move(store, Apart(due.keys, due.ids, due.runs))
    failpoints.hit("separating.moved")
    store.insert_links([LinkRow(from_id, to, work.version) for from_id, to in sorted(due.links.items())])
    people = profiles.load(set(due.keys.values()))
    sides = context.program.sides
    rows = [ProfileRow(p.id, work.version, 0, p.created_at, mirrored(p.traits, sides)) for p in people.values()]
    rows += [ProfileRow(id_, work.version, 1, 0, {}) for id_ in due.gone]
    store.insert_profiles(rows)
    for person, new in due.valued:
        if person in people:
            people[person].valued += (new,)
    store.insert_computed(history.rows(context.program, people.values()))
    entries = entries_of(segment_messages(due.changes, f"order{order.id}"))
    if entries:
        context.journal.append(entries)
    failpoints.hit("separating.told")
