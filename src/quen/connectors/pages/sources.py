"""Data → Sources: what sends data, with keys, snippets to paste, and whether anything arrives."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.config import config
from quen.connectors.activity import Activity, by_source
from quen.connectors.declared import workspace_locale
from quen.connectors.models import Source
from quen.connectors.service import change_source, create_source, get_source, rotate_key
from quen.connectors.snippets import snippets
from quen.engine.models import Recent
from quen.errors import InvalidInput

ICONS = {"browser": "world", "server": "server", "file": "file-import", "internal": "settings"}


@require_GET
@require("data.view")
def source_list(request: HttpRequest) -> HttpResponseBase:
    activity = by_source()
    rows = [
        {"source": source, "icon": ICONS.get(source.kind, "plug"), "activity": activity.get(source.pk, Activity())}
        for source in Source.objects.order_by("name")
    ]
    return render(request, "connectors/sources.html", {"rows": rows})


@require("data.edit")
def new_source(request: HttpRequest) -> HttpResponseBase:
    name = request.POST.get("name", "")
    kind = request.POST.get("kind", "browser")
    error = ""
    if request.method == "POST":
        try:
            source = create_source(name, kind if kind in ("browser", "server") else "")
        except InvalidInput as problem:
            error = problem.message if name.strip() else _("Give the source a name.")
        else:
            return redirect("source", source.pk)
    context = {"name": name, "kind": kind, "error": error}
    return render(request, "connectors/source_new.html", context, status=422 if error else 200)


@require_GET
@require("data.view")
def source_page(request: HttpRequest, source_id: int) -> HttpResponseBase:
    source = get_source(source_id)
    return render(request, "connectors/source.html", _shown(request, source, source.settings.get("locale") or {}))


def _shown(request: HttpRequest, source: Source, locale: dict[str, Any]) -> dict[str, Any]:
    """`locale`: what the form of the source's way of writing holds."""
    offered = snippets(source.kind, source.write_key, config().edge_url)
    chosen = request.GET.get("sdk", "")
    shown = next((one for one in offered if one.key == chosen), offered[0])
    return {
        "source": source,
        "icon": ICONS.get(source.kind, "plug"),
        "locale": locale,
        "usual": workspace_locale(config()),
        "edge_url": config().edge_url,
        "shown": shown,
        "tabs": [{"url": f"?sdk={one.key}", "label": one.label, "active": one is shown} for one in offered],
        **_arrivals(source),
    }


@require_GET
@require("data.view")
def source_arrivals(request: HttpRequest, source_id: int) -> HttpResponseBase:
    """What has just arrived; asked again and again while the page is open."""
    source = get_source(source_id)
    return render(request, "connectors/arrivals.html", {"source": source, **_arrivals(source)})


def _arrivals(source: Source) -> dict[str, Any]:
    recent = list(Recent.objects.filter(source_id=source.pk).order_by("-id")[:5])
    activity = by_source().get(source.pk, Activity())
    return {"recent": recent, "activity": activity, "waiting": not recent and not activity.total}


@require_POST
@require("data.edit")
def rename_source(request: HttpRequest, source_id: int) -> HttpResponseBase:
    source = get_source(source_id)
    try:
        change_source(source, name=request.POST.get("name", ""))
    except InvalidInput:
        messages.error(request, _("A name has from 1 to 120 characters."))
    else:
        messages.success(request, _("Saved."))
    return redirect("source", source_id)


@require_POST
@require("data.edit")
def source_locale(request: HttpRequest, source_id: int) -> HttpResponseBase:
    """How the source writes; an empty field is as the workspace has it. A wrong one is answered with the form."""
    given: dict[str, Any] = {
        name: request.POST.get(name, "").strip() for name in ("region", "currency", "decimal", "zone")
    }
    given["day_first"] = {"day": True, "month": False}.get(request.POST.get("dates", ""))
    source = get_source(source_id)
    try:
        change_source(source, locale=given)
    except InvalidInput as problem:
        name = next(iter(problem.details), "")
        form = {**given, "wrong": name, "error": _WRONG.get(name, problem.message)}
        return render(request, "connectors/source.html", _shown(request, get_source(source_id), form), status=422)
    messages.success(request, _("Saved. It holds for what arrives from now on."))
    return redirect("source", source_id)


_WRONG = {
    "region": gettext_lazy("Two letters of a country, such as VN."),
    "currency": gettext_lazy("Three letters of a currency, such as VND."),
    "zone": gettext_lazy("A time zone, such as Asia/Ho_Chi_Minh."),
}


@require_POST
@require("data.edit")
def switch_source(request: HttpRequest, source_id: int) -> HttpResponseBase:
    source = change_source(get_source(source_id), enabled=request.POST.get("enabled") == "1")
    text = (
        _("The source is on again.")
        if source.enabled
        else _("The source is off: what it sends is answered and dropped.")
    )
    messages.success(request, text)
    return redirect("source", source_id)


@require_POST
@require("data.edit")
def new_key(request: HttpRequest, source_id: int) -> HttpResponse:
    rotate_key(get_source(source_id))
    messages.success(request, _("The source has a new key. Put it wherever the old one is: that one is refused now."))
    return redirect("source", source_id)
