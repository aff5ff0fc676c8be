"""The log of one person. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from quen.identity.models import Edge

MOST_EDGES = 500


def edges_of(profile_ids: Sequence[int], limit: int = MOST_EDGES) -> list[Edge]:
    """What was decided about a person and about all who were merged into them, newest first."""
    ids = list(profile_ids)[:500]
    return list(
        Edge.objects.filter(Q(profile_id__in=ids) | Q(other_profile_id__in=ids))
        .order_by("-at", "-id")
        .distinct()[:limit]
    )
