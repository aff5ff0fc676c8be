"""The timeline tab: a person's history by day, newest first, loading on scroll and growing while one looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.events.store import event_store
from quen.events.timeline import TimelineItem, timeline
from quen.events.words import KINDS, PHRASES, Words, describe, events_of_kind
from quen.ids import now_ms
from quen.profiles.masking import mask
from quen.profiles.pages import find_person, is_masked, shell
from quen.profiles.queries import Person, person
from quen.web.paging import read_place, write_cursor
from quen.web.templatetags.quen import localtime
from quen.web.times import local

PAGE = 50


class Shown(msgspec.Struct):
    """One event as the timeline shows it."""

    item: TimelineItem
    words: Words
    source: str
    raw: str  # pretty JSON


class Day(msgspec.Struct):
    label: str
    date: str  # ISO; "" for what came just now
    items: list[Shown]


class Filters(msgspec.Struct):
    kind: str
    source: int | None
    event: str

    @property
    def query(self) -> dict[str, str]:
        found = {"kind": self.kind, "source": "" if self.source is None else str(self.source), "event": self.event}
        return {name: value for name, value in found.items() if value}

    def read(self, ids: Sequence[int], **more: Any) -> list[TimelineItem]:
        events = [self.event] if self.event else events_of_kind(self.kind)
        excluding = list(PHRASES) if self.kind == "other" and not self.event else None
        sources = None if self.source is None else [self.source]
        return timeline(ids, events=events, excluding=excluding, sources=sources, **more)


def _filters(request: HttpRequest) -> Filters:
    kind, source = request.GET.get("kind", ""), request.GET.get("source", "")
    number = int(source) if source.isascii() and source.isdigit() and len(source) < 19 else None
    return Filters(kind if kind in KINDS else "", number, request.GET.get("event", "")[:200])


@require_GET
@require("customers.view")
def customer(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer")
    if isinstance(found, HttpResponseRedirect):
        return found
    filters = _filters(request)
    context = shell(request, found, "customer") | _choices(found, filters) | _piece(found, filters, None, "")
    return render(request, "profiles/customer_timeline.html", context)


@require_GET
@require("customers.view")
def more(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """The next days on scroll."""
    found = person(profile_id, masked=is_masked(request))
    before = read_place(request.GET.get("cursor"), 2)
    start = (before[0], before[1]) if before else None
    context = _piece(found, _filters(request), start, request.GET.get("day", ""))
    return render(request, "profiles/timeline_days.html", {"person": found, **context})


@require_GET
@require("customers.view")
def newer(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """What was stored since the page was drawn; 204 when there is nothing."""
    found = person(profile_id, masked=is_masked(request))
    filters = _filters(request)
    after = read_place(request.GET.get("after"), 1)
    items = filters.read(found.ids, after_id=after[0], limit=PAGE) if after else []
    if not items:
        return HttpResponse(status=204)
    days = [Day(_("Just now"), "", [_show(item, found) for item in items])]
    newest = _newer_url(found, filters, max(item.id for item in items))
    return render(request, "profiles/timeline_newer.html", {"person": found, "days": days, "newer_url": newest})


def _piece(found: Person, filters: Filters, before: tuple[int, int] | None, last_day: str) -> dict[str, Any]:
    rows = filters.read(found.ids, before=before, limit=PAGE + 1)
    items = rows[:PAGE]
    days = _by_day(found, items)
    if days and days[0].date == last_day:
        days[0].label = ""  # goes on with the day that ended the piece before
    next_url = None
    if len(rows) > PAGE:
        cursor = {"cursor": write_cursor([items[-1].time, items[-1].id]), "day": days[-1].date}
        next_url = f"{reverse('customer_timeline', args=[found.id])}?{urlencode({**filters.query, **cursor})}"
    newest = max((item.id for item in items), default=0)
    return {"days": days, "more": next_url, "newer_url": _newer_url(found, filters, newest)}


def _newer_url(found: Person, filters: Filters, newest: int) -> str:
    return (
        f"{reverse('customer_newer', args=[found.id])}?{urlencode({**filters.query, 'after': write_cursor([newest])})}"
    )


def _by_day(found: Person, items: Sequence[TimelineItem]) -> list[Day]:
    days = []
    for date, group in groupby(items, key=lambda item: local(item.time).date().isoformat()):
        group_items = list(group)
        days.append(Day(_day_label(group_items[0].time), date, [_show(item, found) for item in group_items]))
    return days


def _day_label(ms: int) -> str:
    day, today = local(ms).date(), local(now_ms()).date()
    label = localtime(ms, "day")
    if day == today:
        return _("Today") + f" · {label}"
    if day == today - timedelta(days=1):
        return _("Yesterday") + f" · {label}"
    return label


def _show(item: TimelineItem, found: Person) -> Shown:
    properties = mask(item.properties) if found.masked else item.properties
    raw = msgspec.json.format(msgspec.json.encode(properties), indent=2).decode()
    return Shown(item, describe(item.event, item.type, properties), found.source_name(item.source_id), raw)


def _choices(found: Person, filters: Filters) -> dict[str, Any]:
    """Kinds and sources that this person's history has, with counts: one query."""
    rows = event_store().rows(
        "SELECT event, source_id, count() FROM events WHERE profile_id IN {ids:Array(UInt64)}"
        " GROUP BY event, source_id",
        {"ids": found.ids},
    )
    kinds: dict[str, int] = {}
    sources: dict[int, int] = {}
    for event, source_id, count in rows:
        kind = PHRASES[event].kind if event in PHRASES else "other"
        kinds[kind] = kinds.get(kind, 0) + int(count)
        sources[int(source_id)] = sources.get(int(source_id), 0) + int(count)
    return {
        "total": sum(kinds.values()),
        "kinds": [(kind, label, kinds[kind]) for kind, label in KINDS.items() if kind in kinds],
        "sources": sorted(((i, found.source_name(i), n) for i, n in sources.items()), key=lambda s: -s[2]),
        "filters": filters,
    }
