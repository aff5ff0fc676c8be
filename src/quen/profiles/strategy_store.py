"""The strategies in force, their history, and applying them to the present data."""

from __future__ import annotations

from django.db import transaction

from quen.db import fetch
from quen.errors import Conflict
from quen.profiles.models import StrategiesVersion, TraitsRebuild
from quen.profiles.strategies import ALL_LATEST, Strategies, read_strategies, to_document


def version() -> int:
    """Another one after every change; 0 while every trait goes by `latest`. One small query."""
    return int(fetch("SELECT COALESCE(MAX(id), 0) FROM profiles_strategiesversion")[0][0])


def current() -> Strategies:
    last = StrategiesVersion.objects.order_by("-id").first()
    return ALL_LATEST if last is None else read_strategies(last.document)


def save(strategies: Strategies, by: str) -> None:
    """Put strategies in force for what comes from now on; the same ones again are no new version.

    A rebuild that is under way begins anew.
    """
    document = to_document(strategies)
    read_strategies(document)
    with transaction.atomic():
        if document != to_document(current()):
            StrategiesVersion.objects.create(document=document, by=by)
            TraitsRebuild.objects.filter(done_at=None).update(through=0, people=0, changed=0)


def versions(limit: int = 20) -> list[StrategiesVersion]:
    """The latest first."""
    return list(StrategiesVersion.objects.order_by("-id")[:limit])


def start_rebuild(by: str) -> TraitsRebuild:
    """Have the engine make everybody's traits anew. Raises Conflict while it is at it already."""
    if waiting_rebuild() is not None:
        raise Conflict("the present data is being made anew already: wait until that is done")
    return TraitsRebuild.objects.create(by=by)


def waiting_rebuild() -> TraitsRebuild | None:
    return TraitsRebuild.objects.filter(done_at=None).order_by("id").first()


def last_rebuild() -> TraitsRebuild | None:
    return TraitsRebuild.objects.order_by("-id").first()


def rebuild_percent(rebuild: TraitsRebuild) -> int:
    if rebuild.done_at is not None:
        return 100
    total = fetch("SELECT COUNT(*) FROM profiles_profile")[0][0]
    return min(99, rebuild.people * 100 // total) if total else 0
