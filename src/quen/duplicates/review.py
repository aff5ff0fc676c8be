"""Decisions about pairs, and what pages and programs are told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from django.db.models import Count, QuerySet

from quen.duplicates import store
from quen.duplicates.models import Candidate, Run, Settings
from quen.duplicates.worker import SCHEDULES
from quen.errors import Conflict, InvalidInput, NotFound
from quen.identity import rules
from quen.identity.models import Identifier, Order
from quen.ids import now_ms

STATUSES = ("open", "later", "merging", "merged", "not_same", "gone")
LATER_MS = 7 * 24 * 3600 * 1000
REMEMBERED = 3  # identifiers of each person by which "not the same" is remembered
DAYS = 90


class Day(msgspec.Struct, frozen=True):
    day: date
    found: int
    merged: int
    not_same: int


def get(candidate_id: int) -> Candidate:
    candidate = Candidate.objects.filter(pk=candidate_id).select_related("run").first()
    if candidate is None:
        raise NotFound(f"there is no pair {candidate_id}")
    return candidate


def listed(status: str) -> QuerySet[Candidate]:
    """Those to decide the likeliest first, the others as they were decided, the last first."""
    rows = Candidate.objects.filter(status=status)
    return rows.order_by("-bits", "pk") if status in ("open", "later") else rows.order_by("-decided_at", "-pk")


def counts() -> dict[str, int]:
    found = dict(Candidate.objects.values_list("status").annotate(number=Count("id")))
    return {status: found.get(status, 0) for status in STATUSES}


def open_count() -> int:
    return Candidate.objects.filter(status="open")[:100].count()


def people_of(candidates: Sequence[Candidate]) -> list[tuple[int | None, int | None]]:
    """Whose the two identifiers are today, of each pair."""
    owner = store.owners(key for c in candidates for key in (c.left, c.right))
    return [(owner.get(c.left), owner.get(c.right)) for c in candidates]


def merge(candidate: Candidate, *, by: str, note: str = "") -> Order:
    """Order the merge. A person who looked may join two accounts, which no rule does."""
    if candidate.status == "merging" and candidate.order_id:
        return Order.objects.get(pk=candidate.order_id)
    _expect(candidate, "open", "later")
    return store.order_merge(candidate, by=by, note=note, two_accounts=candidate.two_accounts)


def not_same(candidate: Candidate, *, by: str) -> Candidate:
    """Remember, by the strongest identifiers of both, that they are two: whoever has them later."""
    _expect(candidate, "open", "later")
    left, right = people_of([candidate])[0]
    if left is None or right is None or left == right:
        raise Conflict("they are not two people any more; look at the list again")
    store.remember_not_same(
        candidate,
        [(one, other) for one in _strongest(left, candidate.left) for other in _strongest(right, candidate.right)],
    )
    return _decide(candidate, "not_same", by)


def later(candidate: Candidate, *, by: str) -> Candidate:
    """Put it off for a week."""
    _expect(candidate, "open")
    candidate.later_until = now_ms() + LATER_MS
    return _decide(candidate, "later", by)


def reopen(candidate: Candidate) -> Candidate:
    """Take back `not the same` or `later`."""
    _expect(candidate, "not_same", "later")
    store.forget_not_same(candidate)
    candidate.later_until = None
    candidate.decided_at, candidate.decided_by, candidate.status = None, "", "open"
    candidate.save(update_fields=["status", "decided_at", "decided_by", "later_until"])
    return candidate


def change_settings(values: dict[str, Any], *, by: str) -> Settings:
    """`schedule`, `threshold`, `auto_merge`, `auto_threshold`, as far as given. Raises InvalidInput."""
    settings = Settings.objects.get_or_create(pk=1)[0]
    problems: dict[str, str] = {}
    for name, value in values.items():
        if name == "schedule" and value not in SCHEDULES:
            problems[name] = f"one of {', '.join(SCHEDULES)}"
        elif name == "threshold" and not 0.05 <= value <= 0.999:
            problems[name] = "a probability from 0.05 to 0.999"
        elif name == "auto_threshold" and not 0.9 <= value <= 0.999999:
            problems[name] = "a probability from 0.9 to 0.999999"
        setattr(settings, name, value)
    if not problems and settings.auto_threshold < settings.threshold:
        problems["auto_threshold"] = "not below the threshold from which pairs are shown"
    if problems:
        name, problem = next(iter(problems.items()))
        raise InvalidInput(f"{name}: {problem}", details=problems)
    settings.changed_at, settings.changed_by = now_ms(), by
    settings.save()
    return settings


def by_day(days: Sequence[date], day_of: Any) -> list[Day]:
    """What was found and decided on each day. `day_of`: a moment in ms → its day in the workspace's zone."""
    found = Counter(day_of(at) for at in Candidate.objects.values_list("found_at", flat=True))
    decided = Counter(
        (day_of(at), status)
        for at, status in Candidate.objects.filter(
            status__in=["merged", "merging", "not_same"], decided_at__isnull=False
        ).values_list("decided_at", "status")
    )
    return [
        Day(day, found[day], decided[day, "merged"] + decided[day, "merging"], decided[day, "not_same"]) for day in days
    ]


def last_run() -> Run | None:
    return Run.objects.order_by("-pk").first()


def _strongest(profile_id: int, key: str) -> list[str]:
    """The identifier that the pair is known by, and the person's strongest ones."""
    types = rules.current()
    mine = [i for i in Identifier.objects.filter(profile_id=profile_id)[:500] if not types.type_of(i.type).anonymous]
    mine.sort(key=lambda i: (types.type_of(i.type).priority, i.key))
    return list(dict.fromkeys([key, *(i.key for i in mine[:REMEMBERED])]))


def _expect(candidate: Candidate, *statuses: str) -> None:
    if candidate.status not in statuses:
        raise Conflict(f"the pair is {candidate.status} already", details={"status": candidate.status})


def _decide(candidate: Candidate, status: str, by: str) -> Candidate:
    candidate.status, candidate.decided_at, candidate.decided_by = status, now_ms(), by
    candidate.save(update_fields=["status", "decided_at", "decided_by", "later_until"])
    return candidate
