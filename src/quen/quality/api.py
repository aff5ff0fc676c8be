"""How good the data of each source is: `/quality`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.connectors.models import Source
from quen.connectors.service import get_source
from quen.errors import InvalidInput
from quen.ids import now_ms
from quen.quality.queries import Overview, examples, overviews, words
from quen.quality.score import Values
from quen.quality.showing import shown
from quen.quality.words import FIELDS, OUTCOMES
from quen.web.times import last_days, rfc3339

router = Router(tags=["Data quality"])
MOST_DAYS = 90


@router.get("/quality", auth=KeyAuth("data.view"), summary="Sources with the quality of their data, the worst first")
def list_quality(
    request: HttpRequest, days: int = Query(30, description=f"The last so many days, up to {MOST_DAYS}")
) -> dict[str, Any]:
    """`score` is from 0 to 100; `trend` the last 7 days' score less that of the 7 before."""
    names = dict(Source.objects.values_list("id", "name"))
    found = [one for one in overviews(last_days(now_ms(), _days(days))) if one.source_id in names]
    return {"items": [_overview(one, names[one.source_id]) for one in found], "next": None}


@router.get("/quality/{int:source_id}", auth=KeyAuth("data.view"), summary="Fields of a source: how filled, how good")
def one_quality(
    request: HttpRequest, source_id: int, days: int = Query(30, description=f"The last so many days, up to {MOST_DAYS}")
) -> dict[str, Any]:
    """`fixed_how`, `rejected_why` and `hints` say how often each word was said of a value of the field."""
    source, period = get_source(source_id), last_days(now_ms(), _days(days))
    one = next(iter(overviews(period, source_id)), None) or Overview(source_id, 0, [])
    said = words(source_id, period[0])
    fields = []
    for field, values in one.fields.items():
        told = said.get(field)
        fields.append(
            {
                "field": field,
                **_values(values),
                "fixed_how": _words(told.done if told else []),
                "rejected_why": _words(told.problem if told else []),
                "hints": _words(told.hint if told else []),
            }
        )
    by_day = [
        {"day": day.day.isoformat(), "score": day.score, "fields": {f: _values(v) for f, v in day.fields.items()}}
        for day in one.days
        if day.fields
    ]
    return {**_overview(one, source.name), "fields": fields, "days": by_day}


@router.get(
    "/quality/{int:source_id}/examples", auth=KeyAuth("data.view"), summary="The latest values of which a word was said"
)
def list_examples(
    request: HttpRequest,
    source_id: int,
    field: str = Query(description="Such as phone"),
    outcome: str = Query(description="done, problem or hint"),
    word: str = Query(description="Such as impossible"),
) -> dict[str, Any]:
    """At most 20, the newest first; masked for keys whose role may not see contact data."""
    get_source(source_id)
    if field not in FIELDS:
        raise InvalidInput(f"field: one of {', '.join(FIELDS)}, not {field[:40]!r}", details={"field": "unknown"})
    if outcome not in OUTCOMES:
        raise InvalidInput(f"outcome: one of {', '.join(OUTCOMES)}", details={"outcome": "unknown"})
    masked = not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
    items = [
        {
            "id": str(each.pk),
            "at": rfc3339(each.at),
            "trait": each.trait,
            "given": shown(field, each.given, masked=masked),
            "stored": shown(field, each.stored, masked=masked) or None,
            "message_id": each.message_id,
            "profile_id": None if each.profile_id is None else str(each.profile_id),
        }
        for each in examples(source_id, field, outcome, word[:40])
    ]
    return {"items": items, "next": None}


def _days(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"days: a number from 1 to {MOST_DAYS}", details={"days": "out of range"})
    return days


def _overview(one: Overview, name: str) -> dict[str, Any]:
    return {
        "source_id": str(one.source_id),
        "source": name,
        "score": one.score,
        "trend": one.trend,
        "messages": one.messages,
        **_values(one.total),
    }


def _values(values: Values) -> dict[str, int]:
    return {
        "filled": values.filled,
        "valid": values.valid,
        "fixed": values.fixed,
        "rejected": values.rejected,
        "doubtful": values.doubtful,
    }


def _words(found: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"word": word, "count": count} for word, count in found]
