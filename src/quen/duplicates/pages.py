"""Data → Duplicates: the search and its report, and the queue in which people decide."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.duplicates import review, store, worker
from quen.duplicates.comparing import side_by_side
from quen.duplicates.models import Candidate, Run, Settings
from quen.duplicates.pairs import probability
from quen.duplicates.words import waterfall
from quen.errors import Conflict, InvalidInput
from quen.identity import orders
from quen.identity.pages.common import by_of, item, note_of, show_for, sides
from quen.identity.words import rule_text
from quen.ids import now_ms
from quen.profiles.masking import mask_text
from quen.profiles.pages import is_masked
from quen.web.charts import chart
from quen.web.templatetags.quen import percent
from quen.web.times import last_days, local

DAYS = 30
SHOWN = 50
MOST_CERTAIN = 0.999
WAIT_S = 4.0  # for the engine to carry a merge out


@require_GET
@require("customers.view")
def overview(request: HttpRequest) -> HttpResponseBase:
    store.settle()
    counts = review.counts()
    settings = Settings.objects.get_or_create(pk=1)[0]
    days = review.by_day(last_days(now_ms(), DAYS), _day)
    context = {
        **_progress(),
        "counts": counts,
        "runs": Run.objects.order_by("-pk")[:10],
        "settings": settings,
        "percent": f"{settings.threshold * 100:g}",
        "auto_percent": f"{settings.auto_threshold * 100:g}",
        "schedules": [("off", _("Only on demand")), ("daily", _("Every night")), ("weekly", _("Every Monday night"))],
        "hour": worker.HOUR,
        "filters": _filters(counts),
        "chart": chart(
            _("Pairs found and decided, by day"),
            [f"{d.day:%d/%m}" for d in days],
            {
                _("Found"): [d.found for d in days],
                pgettext("duplicates", "Merged"): [d.merged for d in days],
                _("Not the same"): [d.not_same for d in days],
            },
            kind="bar",
        ),
    }
    return render(request, "duplicates/overview.html", context)


@require_GET
@require("customers.view")
def progress(request: HttpRequest) -> HttpResponseBase:
    """The state of the last search alone; when it has ended the page is loaded anew."""
    context = _progress()
    response = render(request, "duplicates/progress.html", context)
    if not context["working"]:
        response["HX-Refresh"] = "true"
    return response


@require_GET
@require("customers.view")
def days_csv(request: HttpRequest) -> HttpResponseBase:
    """The chart's numbers as a file."""
    out = io.StringIO()
    out.write("\ufeff")  # without it Excel reads Vietnamese as Latin-1
    rows = csv.writer(out)
    rows.writerow(["day", "found", "merged", "not_same"])
    for each in review.by_day(last_days(now_ms(), DAYS), _day):
        rows.writerow([each.day.isoformat(), each.found, each.merged, each.not_same])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="duplicates.csv"'
    return response


@require_POST
@require("customers.edit")
def search(request: HttpRequest) -> HttpResponseBase:
    try:
        worker.order(by_of(request))
    except Conflict:
        messages.info(request, _("A search is at work already."))
    return HttpResponseRedirect(reverse("duplicates"))


@require_POST
@require("customers.edit")
def change_settings(request: HttpRequest) -> HttpResponseBase:
    try:
        values = {
            "schedule": request.POST.get("schedule", ""),
            "threshold": _percent(request, "threshold"),
            "auto_merge": request.POST.get("auto_merge") == "on",
            "auto_threshold": _percent(request, "auto_threshold"),
        }
        review.change_settings(values, by=by_of(request))
        messages.success(request, _("Saved."))
    except InvalidInput as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(f"{reverse('duplicates')}#settings")


@require_GET
@require("customers.view")
def queue(request: HttpRequest) -> HttpResponseBase:
    """The next pair to decide; `pair` names one, `done` counts those decided since the queue was opened."""
    store.settle()
    asked = request.GET.get("pair", "")
    candidate = review.get(int(asked)) if asked.isdecimal() and len(asked) < 20 else review.listed("open").first()
    done = request.GET.get("done", "0")
    done_count = int(done) if done.isdecimal() and len(done) < 6 else 0
    waiting = review.counts()["open"]
    context: dict[str, Any] = {"number": done_count + 1, "whole": done_count + waiting, "done": done_count}
    undo = request.GET.get("undo", "")
    if undo.isdecimal() and len(undo) < 20:
        context["undo"] = Candidate.objects.filter(pk=int(undo), status__in=["not_same", "later"]).first()
    if candidate is not None:
        context |= _shown(candidate, masked=is_masked(request))
    return render(request, "duplicates/queue.html", context)


@require_GET
@require("customers.view")
def listed(request: HttpRequest) -> HttpResponseBase:
    """Pairs of one status; what was decided can be taken back here."""
    store.settle()
    status = request.GET.get("status", "open")
    status = status if status in review.STATUSES else "open"
    rows = list(review.listed(status)[:SHOWN])
    masked = is_masked(request)
    pairs = review.people_of(rows)
    people = sides([p for pair in pairs for p in pair if p is not None], masked=masked)
    counts = review.counts()
    context = {
        "rows": [
            {
                "candidate": candidate,
                "probability": _likely(candidate),
                "sides": [people.get(p or 0) for p in dict.fromkeys(pair)],
            }
            for candidate, pair in zip(rows, pairs, strict=True)
        ],
        "status": status,
        "filters": _filters(counts),
        "left": max(0, counts[status] - SHOWN),
    }
    return render(request, "duplicates/listed.html", context)


@require_POST
@require("customers.edit")
def merge(request: HttpRequest, pair_id: int) -> HttpResponseBase:
    candidate = review.get(pair_id)
    order = orders.outcome(review.merge(candidate, by=by_of(request), note=note_of(request)).pk, WAIT_S)
    store.settle()
    if order.status == "done":
        messages.success(request, _("They are one person now. Splitting them again is on the customer’s page."))
    elif order.status == "refused":
        messages.error(request, _("It was refused: %(why)s") % {"why": _problem(order.problem, request)})
        return HttpResponseRedirect(f"{reverse('duplicates_queue')}?pair={pair_id}&done={_done(request)}")
    else:
        messages.info(request, _("The merge is on its way."))
    return _next(request)


@require_POST
@require("customers.edit")
def not_same(request: HttpRequest, pair_id: int) -> HttpResponseBase:
    candidate = review.get(pair_id)
    return _decide(request, lambda: review.not_same(candidate, by=by_of(request)), pair_id)


@require_POST
@require("customers.edit")
def later(request: HttpRequest, pair_id: int) -> HttpResponseBase:
    candidate = review.get(pair_id)
    return _decide(request, lambda: review.later(candidate, by=by_of(request)), pair_id)


@require_POST
@require("customers.edit")
def reopen(request: HttpRequest, pair_id: int) -> HttpResponseBase:
    review.reopen(review.get(pair_id))
    done = max(0, _done(request) - 1)
    return HttpResponseRedirect(f"{reverse('duplicates_queue')}?pair={pair_id}&done={done}")


def _decide(request: HttpRequest, decide: Callable[[], Candidate], pair_id: int) -> HttpResponseBase:
    decide()
    return _next(request, undo=pair_id)


def _next(request: HttpRequest, undo: int | None = None) -> HttpResponseBase:
    query = f"?done={_done(request) + 1}" + (f"&undo={undo}" if undo is not None else "")
    return HttpResponseRedirect(reverse("duplicates_queue") + query)


def _done(request: HttpRequest) -> int:
    value = request.POST.get("done", "0")
    return int(value) if value.isdecimal() and len(value) < 6 else 0


def _shown(candidate: Candidate, *, masked: bool) -> dict[str, Any]:
    left, right = review.people_of([candidate])[0]
    two = left is not None and right is not None and left != right
    people = sides([p for p in (left, right) if p is not None], masked=masked)
    show = show_for(masked=masked)
    problem = rule_text(candidate.problem) if candidate.problem else ""
    return {
        "candidate": candidate,
        "probability": _likely(candidate),
        "sides": [people.get(left or 0), people.get(right or 0)],
        "lines": side_by_side(left, right, masked=masked) if left is not None and right is not None and two else [],
        "known_by": [item(candidate.left, show), item(candidate.right, show)],
        "waterfall": waterfall(candidate.parts, candidate.bits),
        "problem": mask_text(problem) if masked else problem,
        "two": two,
    }


def _likely(candidate: Candidate) -> str:
    """The probability, never as a certainty: `> 99.9%`."""
    share = probability(candidate.bits)
    return percent(share) if share < MOST_CERTAIN else f"> {percent(MOST_CERTAIN)}"


def _problem(problem: str, request: HttpRequest) -> str:
    text = rule_text(problem) if problem else ""
    return mask_text(text) if is_masked(request) else text


def _progress() -> dict[str, Any]:
    last = review.last_run()
    steps = {
        "read": _("Reading the profiles"),
        "table": _("Preparing"),
        "candidates": _("Looking for pairs that may be one"),
        "learn": _("Learning how careless the data is"),
        "compare": _("Comparing"),
        "group": _("Grouping"),
        "keep": _("Writing down"),
    }
    working = last is not None and last.status in worker.ACTIVE
    return {"last": last, "working": working, "step": steps.get(last.step, _("Beginning")) if last else ""}


def _filters(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    names = {
        "open": pgettext("duplicates", "To decide"),
        "later": _("Put off"),
        "merging": _("On its way"),
        "merged": pgettext("duplicates", "Merged"),
        "not_same": _("Not the same"),
        "gone": _("No longer likely"),
    }
    return [(name, names[name], counts[name]) for name in review.STATUSES]


def _percent(request: HttpRequest, name: str) -> float:
    text = request.POST.get(name, "").replace(",", ".").strip()
    try:
        return round(float(text) / 100, 8)
    except ValueError:
        raise InvalidInput(_("A percentage is missing: write a number such as 99.9.")) from None


def _day(ms: int) -> Any:
    return local(ms).date()
