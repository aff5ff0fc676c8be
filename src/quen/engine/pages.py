"""What arrives now and what became of it (Live events), and what was not stored and why (Quarantine)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.connectors.models import Source
from quen.engine.models import Quarantined, Recent
from quen.engine.quarantine import MOST_AT_ONCE, REASONS, Filter, can_replay, count_by_reason, explain, replay
from quen.errors import NotFound
from quen.events.words import describe
from quen.profiles.masking import mask, mask_text
from quen.web.paging import read_place, write_cursor

SHOWN = 100  # rows of Live events at a time
PAGE = 50


def pretty(body: str, *, masked: bool) -> str:
    """JSON laid out to be read; text that is not JSON as it is."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return mask_text(body) if masked else body
    return msgspec.json.format(msgspec.json.encode(mask(value) if masked else value), indent=2).decode()


def _is_masked(request: HttpRequest) -> bool:
    return not can(user_of(request).role, "customers.pii")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _sources() -> dict[int, str]:
    return {0: "Quen", **dict(Source.objects.order_by("name").values_list("id", "name"))}


@require_GET
@require("data.view")
def live(request: HttpRequest) -> HttpResponseBase:
    """The page; an HTMX request with `after` gets only the rows since, 204 when there are none."""
    chosen = {name: request.GET.get(name, "").strip()[:200] for name in ("source", "event", "fate", "text")}
    masked = _is_masked(request)
    rows = Recent.objects.order_by("-id")
    if (source := _number(chosen["source"])) is not None:
        rows = rows.filter(source_id=source)
    if chosen["event"]:
        rows = rows.filter(event__icontains=chosen["event"])
    if chosen["fate"] == "dropped":
        rows = rows.exclude(fate="stored")
    elif chosen["fate"]:
        rows = rows.filter(fate=chosen["fate"])
    if chosen["text"]:
        text = chosen["text"]
        rows = rows.filter(Q(body__icontains=text) | Q(message_id=text))
    fresh = request.headers.get("HX-Request") and request.GET.get("after")
    if fresh:
        rows = rows.filter(id__gt=(read_place(request.GET.get("after"), 1) or [0])[0])
    found = list(rows[:SHOWN])
    if fresh and not found:
        return HttpResponse(status=204)
    names = _sources()
    newest = found[0].pk if found else Recent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    kept = {k: v for k, v in chosen.items() if v}
    context: dict[str, Any] = {
        "rows": [_live_row(row, names, masked=masked) for row in found],
        "poll_url": f"{reverse('live_events')}?{urlencode({**kept, 'after': write_cursor([newest])})}",
        "sees_people": can(user_of(request).role, "customers.view"),
        "masked": masked,
    }
    if fresh:
        return render(request, "engine/live_rows.html", {**context, "fresh": True})
    context |= {
        "chosen": chosen,
        "filtered": bool(kept),
        "sources": [(i, name) for i, name in names.items() if i],
        "source": source,
        "fates": [(reason, REASONS[reason].title) for reason in REASONS],
        "events": list(Recent.objects.order_by("event").values_list("event", flat=True).distinct()[:300]),
    }
    return render(request, "engine/live.html", context)


def _live_row(row: Recent, names: dict[int, str], *, masked: bool) -> dict[str, Any]:
    body = pretty(row.body, masked=masked)
    try:
        properties = msgspec.json.decode(body).get("properties") or {}
    except (msgspec.DecodeError, AttributeError):
        properties = {}
    words = describe(row.event, row.type, properties if isinstance(properties, dict) else {})
    return {
        "row": row,
        "source": names.get(row.source_id, str(row.source_id)),
        "words": words,
        "reason": None if row.fate == "stored" else explain(row.fate),
        "detail": mask_text(row.detail) if masked else row.detail,
        "body": body,
    }


def _filter(data: Any) -> Filter:
    reason = data.get("reason", "")
    return Filter(
        reason=reason if reason in REASONS else "",
        source=_number(data.get("source", "")),
        text=data.get("text", "").strip()[:200],
        replayed=data.get("state") == "replayed",
    )


def _address(chosen: Filter) -> str:
    """The quarantine page with this filter."""
    kept = {"reason": chosen.reason, "source": chosen.source, "text": chosen.text}
    kept |= {"state": "replayed" if chosen.replayed else ""}
    query = urlencode({name: value for name, value in kept.items() if value not in {"", None}})
    return f"{reverse('quarantine')}?{query}" if query else reverse("quarantine")


@require_GET
@require("data.view")
def quarantine(request: HttpRequest) -> HttpResponseBase:
    chosen = _filter(request.GET)
    masked = _is_masked(request)
    rows = chosen.rows().order_by("-at", "-id")
    if before := read_place(request.GET.get("cursor"), 2):
        rows = rows.filter(Q(at__lt=before[0]) | Q(at=before[0], id__lt=before[1]))
    found = list(rows[: PAGE + 1])
    names = _sources()
    context: dict[str, Any] = {
        "rows": [
            {
                "row": row,
                "reason": explain(row.reason),
                "source": names.get(row.source_id, str(row.source_id)),
                "detail": mask_text(row.detail) if masked else row.detail,
                "body": pretty(row.body, masked=masked),
                "can_replay": row.replayed_at is None and can_replay(row),
            }
            for row in found[:PAGE]
        ],
        "chosen": chosen,
        "masked": masked,
    }
    if len(found) > PAGE:
        last = found[PAGE - 1]
        separator = "&" if "?" in _address(chosen) else "?"
        context["more"] = f"{_address(chosen)}{separator}{urlencode({'cursor': write_cursor([last.at, last.pk])})}"
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "engine/quarantine_rows.html", context)
    counts = count_by_reason(chosen)
    context |= {
        "reasons": [(reason, explain(reason), number, last) for reason, number, last in counts],
        "total": sum(number for _reason, number, _last in counts),
        "matching": chosen.rows().count(),
        "sources": [(i, name) for i, name in names.items() if i],
        "chosen_reason": explain(chosen.reason) if chosen.reason else None,
        "ever": Quarantined.objects.exists(),
    }
    return render(request, "engine/quarantine.html", context)


@require_POST
@require("data.edit")
def replay_page(request: HttpRequest) -> HttpResponseBase:
    """Send round again: one message (`id`), or all that the filter shows."""
    chosen = _filter(request.POST)
    if (one := _number(request.POST.get("id", ""))) is not None:
        ids = [one]
    else:
        ids = list(chosen.rows().order_by("at", "id").values_list("id", flat=True)[:MOST_AT_ONCE])
    done = replay(ids)
    stay = len(ids) - done
    said = ngettext(
        "%(done)d message was sent round again; within moments it is stored, or back here.",
        "%(done)d messages were sent round again; within moments they are stored, or back here.",
        done,
    ) % {"done": done}
    if done:
        messages.success(request, said)
    if stay:
        cut = ngettext(
            "%(stay)d message stays: only a part of it was kept, or it is not JSON.",
            "%(stay)d messages stay: only a part of each was kept, or it is not JSON.",
            stay,
        ) % {"stay": stay}
        messages.warning(request, cut)
    return HttpResponseRedirect(_address(chosen))


@require_POST
@require("data.edit")
def delete_page(request: HttpRequest) -> HttpResponseBase:
    """Delete one message for good (`id`), or all that the filter shows."""
    chosen = _filter(request.POST)
    one = _number(request.POST.get("id", ""))
    rows = Quarantined.objects.filter(pk=one) if one is not None else chosen.rows()
    number, _by_model = rows.delete()
    if one is not None and not number:
        raise NotFound(f"there is no quarantined message {one}")
    messages.success(request, ngettext("%(n)d message deleted.", "%(n)d messages deleted.", number) % {"n": number})
    return HttpResponseRedirect(_address(chosen))
