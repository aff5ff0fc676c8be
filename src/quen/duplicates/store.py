"""What a run found, kept: pairs to decide, by an identifier of each person. Set-based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction

from quen.db import fetch_in
from quen.duplicates.models import Candidate, NotSame, Run
from quen.duplicates.pairs import Found, Pair, bits_of
from quen.duplicates.people import People
from quen.identity import orders
from quen.identity.keys import pair_of
from quen.identity.models import Order
from quen.ids import now_ms

WAITING = ("open", "later")  # for a person
GUARDS = "guard"


class Proposal(msgspec.Struct):
    left: str  # identifier keys
    right: str
    bits: float
    parts: list[tuple[str, str, float]]
    two_accounts: bool


def proposals(found: Found, people: People) -> list[Proposal]:
    """Of each cluster the likeliest pairs that hold it together: one fewer than it has people. Pure."""
    chosen: list[Proposal] = []
    first = {member: members[0] for members in found.clusters for member in members}
    by_cluster: dict[int, list[Pair]] = {members[0]: [] for members in found.clusters}
    for pair in found.inside.values():
        by_cluster[first[pair.left]].append(pair)
    for members in found.clusters:
        pairs = sorted(by_cluster[members[0]], key=lambda pair: (-pair.bits, pair.left, pair.right))
        group = {member: member for member in members}
        for pair in pairs:
            one, other = group[pair.left], group[pair.right]
            if one != other:
                group = {member: one if of == other else of for member, of in group.items()}
                chosen.append(_proposal(pair, found.prior_bits, people))
    return chosen


def _proposal(pair: Pair, prior_bits: float, people: People) -> Proposal:
    parts = [("prior", "", prior_bits), *pair.parts]
    guard = pair.bits - sum(bits for _, _, bits in parts)
    if abs(guard) > 0.05:
        parts.append((GUARDS, "", guard))
    one, other = people.unique[pair.left], people.unique[pair.right]
    return Proposal(
        people.keys[pair.left],
        people.keys[pair.right],
        pair.bits,
        parts,
        any(values.isdisjoint(other[type_]) for type_, values in one.items() if type_ in other),
    )


def keep(run: Run, proposed: Sequence[Proposal]) -> list[Candidate]:
    """Write what a run found; the pairs that are new. Pairs that wait and were not found again are gone."""
    with transaction.atomic():
        settle()
        known = {c.pair: c for c in Candidate.objects.filter(pair__in=[pair_of(p.left, p.right) for p in proposed])}
        waiting = list(Candidate.objects.filter(status__in=WAITING))
        owner = owners(
            [key for c in waiting for key in (c.left, c.right)] + [k for p in proposed for k in (p.left, p.right)]
        )
        # A person may have a stronger identifier by now: the same two people are the same pair.
        by_people = {_people(c.left, c.right, owner): c for c in waiting}
        fresh, again = [], []
        for proposal in proposed:
            pair = pair_of(proposal.left, proposal.right)
            candidate = known.get(pair) or by_people.get(_people(proposal.left, proposal.right, owner))
            if candidate is None:
                candidate = Candidate(pair=pair, left=proposal.left, right=proposal.right)
                fresh.append(candidate)
            else:
                again.append(candidate)
            if candidate.status in ("gone", "merged"):  # it holds again, or was taken back
                candidate.status, candidate.decided_at, candidate.decided_by = "open", None, ""
            candidate.run, candidate.bits = run, proposal.bits
            candidate.parts, candidate.two_accounts = proposal.parts, proposal.two_accounts
        Candidate.objects.bulk_create(fresh, batch_size=500)
        fields = ["run", "bits", "parts", "two_accounts", "status", "decided_at", "decided_by"]
        Candidate.objects.bulk_update(again, fields, batch_size=200)
        Candidate.objects.filter(status__in=WAITING).exclude(run=run).update(status="gone")
    return fresh


def owners(keys: Iterable[str]) -> dict[str, int]:
    """Identifier → whose it is now."""
    wanted = set(keys)
    if not wanted:
        return {}
    return dict(fetch_in("SELECT key, profile_id FROM identity_identifier WHERE {in}", wanted, column="key"))


def settle() -> None:
    """Bring pairs to what holds: merges that were carried out or refused, pairs that became one person otherwise."""
    now = now_ms()
    merging = list(Candidate.objects.filter(status="merging"))
    outcome = {o.pk: o for o in Order.objects.filter(pk__in=[c.order_id for c in merging if c.order_id])}
    for candidate in merging:
        order = outcome.get(candidate.order_id or 0)
        if order is None or order.status == "refused":
            candidate.status, candidate.problem = "open", order.problem[:200] if order else "missing"
        elif order.status == "done":
            candidate.status, candidate.problem = "merged", ""
    Candidate.objects.bulk_update(merging, ["status", "problem"], batch_size=200)
    waiting = list(Candidate.objects.filter(status__in=WAITING).only("pk", "left", "right"))
    owner = owners(key for c in waiting for key in (c.left, c.right))
    one = [c.pk for c in waiting if c.left in owner and owner[c.left] == owner.get(c.right)]
    nobody = [c.pk for c in waiting if c.left not in owner or c.right not in owner]
    Candidate.objects.filter(pk__in=one).update(status="merged", decided_at=now)
    Candidate.objects.filter(pk__in=nobody).update(status="gone")
    Candidate.objects.filter(status="later", later_until__lte=now).update(status="open", later_until=None)


def waiting_from(probability: float) -> list[Candidate]:
    """Pairs so likely that Quen may merge them by itself: never two accounts, never what was refused once."""
    return list(
        Candidate.objects.filter(
            status="open", bits__gte=bits_of(probability), two_accounts=False, problem="", order_id=None
        ).order_by("-bits", "pk")
    )


def order_merge(candidate: Candidate, *, by: str, note: str = "", two_accounts: bool = False) -> Order:
    """Place the order and mark the pair. The engine carries it out."""
    order = orders.join(
        [(candidate.left, candidate.right)],
        by=by,
        note=note,
        origin=f"duplicate:{candidate.pk}",
        two_accounts=two_accounts,
    )
    candidate.status, candidate.order_id, candidate.problem = "merging", order.pk, ""
    candidate.decided_at, candidate.decided_by = now_ms(), by
    candidate.save(update_fields=["status", "order_id", "problem", "decided_at", "decided_by"])
    return order


def remember_not_same(candidate: Candidate, pairs: Iterable[tuple[str, str]]) -> None:
    NotSame.objects.bulk_create(
        [
            NotSame(pair=pair_of(left, right), left=left, right=right, candidate_id=candidate.pk)
            for left, right in pairs
        ],
        ignore_conflicts=True,
    )


def forget_not_same(candidate: Candidate) -> None:
    NotSame.objects.filter(candidate_id=candidate.pk).delete()


def _people(left: str, right: str, owner: Mapping[str, int]) -> Any:
    return frozenset((owner.get(left, left), owner.get(right, right)))
