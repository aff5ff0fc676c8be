"""Settings: which value of a trait counts, and applying that to the present data."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.pages import tabs
from quen.errors import Conflict, InvalidInput
from quen.events import catalogue
from quen.profiles import strategy_store
from quen.profiles.queries import source_names
from quen.profiles.strategies import (
    LATEST,
    MAX_TRAIT_NAME,
    MAX_TRAITS_SET,
    NAMES,
    SINGLE,
    Strategies,
    Strategy,
    read_strategies,
    strategy_document,
    to_document,
)


class Row(msgspec.Struct):
    """A trait as the list shows it; `count`: how often it was seen."""

    name: str
    count: int
    strategy: str
    label: str
    sources: list[str]


def strategy_labels() -> dict[str, str]:
    return {
        "latest": _("Latest"),
        "first": _("First"),
        "most_frequent": _("Most frequent"),
        "source_priority": _("By source"),
        "keep_all": _("All values"),
    }


def _explained() -> list[tuple[str, str, str]]:
    """(strategy, label, what it does)."""
    words = {
        "latest": _("The value of the latest event. What every trait does unless you choose otherwise."),
        "first": _("The value of the earliest event, such as where a customer came from."),
        "most_frequent": _("The value seen most often; of equals the one seen last."),
        "source_priority": _("The latest value of the source that stands highest in your order."),
        "keep_all": _("A list of all values, oldest first."),
    }
    labels = strategy_labels()
    return [(name, labels[name], words[name]) for name in NAMES]


@require_GET
@require("data.edit")
def trait_settings(request: HttpRequest) -> HttpResponseBase:
    name = request.GET.get("trait", "").strip()[:MAX_TRAIT_NAME]
    return _page(request, name, strategy_store.current().of(name))


def _page(request: HttpRequest, name: str, strategy: Strategy, problem: str = "") -> HttpResponse:
    """The list, with the form for one trait; `strategy` is what the form shows."""
    strategies = strategy_store.current()
    sources = source_names()
    order = {source_id: place for place, source_id in enumerate(strategy.sources, 1)}
    versions = strategy_store.versions(1)
    context = {
        "tabs": tabs(request, "trait_settings"),
        "rows": _rows(strategies, sources),
        "name": name,
        "chosen": strategy.name,
        "choices": _explained(),
        "sources": sorted(
            ((source_id, label, order.get(source_id, "")) for source_id, label in sources.items()),
            key=lambda row: (row[2] or len(sources) + 1, row[1]),
        ),
        "problem": problem,
        "last": versions[0] if versions else None,
        **_rebuild(),
    }
    return render(request, "profiles/trait_settings.html", context, status=422 if problem else 200)


def _rows(strategies: Strategies, sources: dict[int, str]) -> list[Row]:
    """Traits that were seen, and those that have a strategy: these first."""
    seen = {trait.name: trait.count for trait in catalogue.traits(limit=300)}
    labels = strategy_labels()
    rows = []
    for name in {**seen, **strategies.special}:
        strategy = strategies.of(name)
        named = [sources.get(i, str(i)) for i in strategy.sources]
        rows.append(Row(name, seen.get(name, 0), strategy.name, labels[strategy.name], named))
    return sorted(rows, key=lambda row: (row.name not in strategies.special, -row.count, row.name))


def _rebuild() -> dict[str, Any]:
    rebuild = strategy_store.last_rebuild()
    return {"rebuild": rebuild, "percent": strategy_store.rebuild_percent(rebuild) if rebuild else 0}


@require_POST
@require("data.edit")
def save_strategy(request: HttpRequest) -> HttpResponseBase:
    """Set the strategy of one trait."""
    name = request.POST.get("trait", "").strip()
    chosen = next((each for each in NAMES if each == request.POST.get("strategy")), LATEST.name)
    strategy = Strategy(chosen, tuple(_order(request)) if chosen == "source_priority" else ())
    try:
        strategies = read_strategies(to_document(strategy_store.current()) | {name: strategy_document(strategy)})
    except InvalidInput:
        return _page(request, name, strategy, _problem(name, strategy))
    strategy_store.save(strategies, by=user_of(request).email)
    messages.success(request, _("Saved. It counts for what comes from now on."))
    return redirect("trait_settings")


def _problem(name: str, strategy: Strategy) -> str:
    if not name:
        return _("Write the name of a trait.")
    if strategy.name == "source_priority" and not strategy.sources:
        return _("Give at least one source a place.")
    if strategy.name == "keep_all" and name in SINGLE:
        return _("Messages are sent to one e-mail address and one phone number: choose which value counts.")
    return _(
        "A name has at most %(most)d characters, and at most %(traits)d traits can have a choice of their own."
    ) % {
        "most": MAX_TRAIT_NAME,
        "traits": MAX_TRAITS_SET,
    }


def _order(request: HttpRequest) -> list[int]:
    """Source ids by the numbers that were written beside them; those without one are left out."""
    places: list[tuple[int, int]] = []
    for source_id in source_names():
        text = request.POST.get(f"place-{source_id}", "").strip()
        if text.isascii() and text.isdigit() and int(text[:6]) > 0:
            places.append((int(text[:6]), source_id))
    return [source_id for _place, source_id in sorted(places)]


@require_POST
@require("data.edit")
def rebuild_present(request: HttpRequest) -> HttpResponseBase:
    """Apply the strategies to the present data."""
    try:
        strategy_store.start_rebuild(by=user_of(request).email)
    except Conflict:
        messages.error(request, _("The present data is being made anew already."))
    return redirect(f"{reverse('trait_settings')}#present")


@require_GET
@require("data.edit")
def rebuild_progress(request: HttpRequest) -> HttpResponseBase:
    """Polled while the present data is made anew."""
    return render(request, "profiles/trait_rebuild.html", _rebuild())
