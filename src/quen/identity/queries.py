"""The log of one person. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from django.db.models import Q

from quen.events.store import event_store
from quen.identity.evidence import TIES, Tie, live_ties
from quen.identity.models import Edge

MOST_EDGES = 500
MOST_TIES = 20_000  # evidence that is read to say what a cut would do
_CHUNK = 5_000


def edges_of(profile_ids: Sequence[int], keys: Collection[str] = (), limit: int = MOST_EDGES) -> list[Edge]:
    """What was decided about a person, about all who were merged into them, and about these identifiers, newest first.

    The identifiers of a person who was split off have their past under the other's profile id.
    """
    ids = list(profile_ids)[:500]
    about = Q(profile_id__in=ids) | Q(other_profile_id__in=ids) | Q(left__in=list(keys)[:500])
    return list(Edge.objects.filter(about).order_by("-at", "-id")[:limit])


class Evidence(msgspec.Struct):
    """What holds a person together. `whole`: all of it was read; if not, nothing is foretold of a cut."""

    ties: list[Tie]
    whole: bool

    @property
    def live(self) -> set[int]:
        return {entry.pk for tie in self.ties for entry in tie.entries}


def evidence_of(keys: Collection[str], most: int = MOST_TIES) -> Evidence:
    """The live ties among identifiers: of one person, or of several, who have none in common."""
    home = list(keys)
    rows: list[Edge] = []
    for start in range(0, len(home), _CHUNK):
        if len(rows) > most:
            break
        some = Edge.objects.filter(left__in=home[start : start + _CHUNK], kind__in=[*TIES, "remove", "shared"])
        rows += some.order_by("id")[: most + 1 - len(rows)]
    wanted = set(home)
    ties = [tie for tie in live_ties(rows) if tie.left in wanted and tie.right in wanted]
    return Evidence(ties, len(rows) <= most)


def events_by_identifier(profile_ids: Sequence[int]) -> dict[str, int]:
    """Identifier key → how many events of a person have it as their strongest; "" for those without any."""
    rows = event_store().rows(
        "SELECT if(empty(identifiers), '', identifiers[1]) AS key, count() FROM events"
        " WHERE profile_id IN {ids:Array(UInt64)} GROUP BY key LIMIT 10000",
        {"ids": list(profile_ids)},
    )
    return {key: int(number) for key, number in rows}
