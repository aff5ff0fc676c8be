"""Claims: what browsers asked for and may not do. A person accepts or refuses."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from quen.errors import Conflict, NotFound
from quen.identity import orders
from quen.identity.models import Claim, Identifier, Order
from quen.ids import now_ms

STATUSES = ("open", "accepted", "refused", "confirmed")
MOST_COUNTED = 100


def open_count() -> int:
    """How many wait for an answer, at most MOST_COUNTED: every page of the console asks."""
    return Claim.objects.filter(status="open")[:MOST_COUNTED].count()


def listed(status: str) -> QuerySet[Claim]:
    """Asked for most often and last first."""
    return Claim.objects.filter(status=status).order_by("-last_at", "-id")


def counts() -> dict[str, int]:
    """Status → how many."""
    found = dict(Claim.objects.values_list("status").annotate(number=Count("id")))
    return {status: found.get(status, 0) for status in STATUSES}


def get(claim_id: int) -> Claim:
    claim = Claim.objects.filter(pk=claim_id).first()
    if claim is None:
        raise NotFound(f"there is no claim {claim_id}")
    return claim


def accept(claim: Claim, *, by: str, note: str = "") -> Order:
    """Order what was asked for. The engine marks the claim when that is done; what it refuses stays open."""
    if claim.status not in ("open", "refused"):
        raise Conflict(f"the claim is {claim.status} already", details={"status": claim.status})
    origin = f"claim:{claim.pk}"
    waiting = Order.objects.filter(origin=origin, status__in=["waiting", "working"]).first()
    if waiting is not None:
        return waiting
    owned = Identifier.objects.filter(key=claim.right).exists()
    if owned:
        return orders.join([(claim.left, claim.right)], by=by, note=note, origin=origin)
    return orders.attach(claim.left, claim.right, by=by, note=note, origin=origin)


def refuse(claim: Claim, *, by: str) -> Claim:
    """Remembered: asked again, it is counted and not listed as open again."""
    changed = Claim.objects.filter(pk=claim.pk, status="open").update(
        status="refused", decided_at=now_ms(), decided_by=by
    )
    if not changed:
        raise Conflict("the claim is not open any more", details={"status": claim.status})
    return get(claim.pk)


def reopen(claim: Claim) -> Claim:
    """Take a refusal back."""
    Claim.objects.filter(pk=claim.pk, status="refused").update(status="open", decided_at=None, decided_by="")
    return get(claim.pk)


def claim_of(order: Order) -> int | None:
    """The claim that an order carries out."""
    kind, _colon, number = order.origin.partition(":")
    return int(number) if kind == "claim" and number.isdigit() else None
