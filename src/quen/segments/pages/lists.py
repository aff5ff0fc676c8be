"""Static lists: making one, putting people on it by file or by picking, taking them off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quen.accounts.access import require, user_of
from quen.config import config
from quen.engine import door
from quen.errors import Conflict, InvalidInput
from quen.identity import rules as identifier_rules
from quen.profiles.search import search
from quen.segments import lists, service, store
from quen.segments.api import MAX_FILE
from quen.segments.models import Member, Segment
from quen.segments.pages.common import cards_of, masked_for, users
from quen.web.paging import page, read_place
from quen.web.templatetags.quen import number

_MEMBERS = 50
_FOUND = 10
_LINES_SHOWN = 20


@require("customers.view")
@require_GET
def all_lists(request: HttpRequest) -> HttpResponseBase:
    return render(request, "segments/lists.html", {"lists": lists.listed().defer("rule")})


@require("segments.edit")
@require_POST
def new_list(request: HttpRequest) -> HttpResponseBase:
    name = request.POST.get("name", "")
    try:
        made = lists.create(name, request.POST.get("description", ""), user_of(request).email)
    except InvalidInput:
        context = {"lists": lists.listed().defer("rule"), "name": name, "problem": True}
        return render(request, "segments/lists.html", context, status=422)
    return redirect("list", made.id)


@require("customers.view")
@require_GET
def one_list(request: HttpRequest, list_id: int) -> HttpResponseBase:
    """A list with its people; `q` finds people to be put on it, `cursor` goes on."""
    found = lists.find(list_id)
    changed = "changed" in request.GET  # the engine does it within moments: look once more
    context = {"list": found, "changed": changed, **_members(request, found)}
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "segments/list_rows.html", context)
    return render(request, "segments/one_list.html", {**context, **_picking(request, found), "types": _types()})


@require("segments.edit")
@require_POST
def change_list(request: HttpRequest, list_id: int) -> HttpResponseBase:
    """Put one person on (`add`) or take one off (`remove`), by profile id."""
    found, on = lists.find(list_id), "add" in request.POST
    profile_id = request.POST.get("add" if on else "remove", "")
    change = lists.change(found, [lists.Named("id", profile_id)], on=on)
    door.append(change.entries)
    if not change.people:
        messages.error(request, _("This person is not there any more."))
    elif on:
        messages.success(request, _("Put on the list. It shows here within moments."))
    else:
        messages.success(request, _("Taken off the list. It shows here within moments."))
    return redirect(f"{reverse('list', args=[list_id])}?changed=1")


@require("segments.edit")
@require_http_methods(["GET", "POST"])
def pick_people(request: HttpRequest) -> HttpResponseBase:
    """The bar under a page of people; posted, it puts those chosen (`person`) on the `list` or a new one (`name`)."""
    if request.method == "GET":
        return render(request, "segments/pick.html", {"lists": lists.listed().defer("rule")})
    chosen = [lists.Named("id", id_) for id_ in request.POST.getlist("person")[: lists.MOST_A_CALL]]
    given, name = request.POST.get("list", ""), request.POST.get("name", "")
    try:
        found = lists.find(int(given)) if given.isdigit() else lists.create(name, by=user_of(request).email)
    except InvalidInput:
        messages.error(request, _("Give the list a name of at most 200 characters."))
        return redirect("customers")
    change = lists.change(found, chosen, on=True)
    door.append(change.entries)
    said = ngettext("%(n)s person is put on the list.", "%(n)s people are put on the list.", change.people)
    messages.success(request, said % {"n": number(change.people)})
    return redirect(f"{reverse('list', args=[found.id])}?changed=1")


@require("segments.edit")
@require_POST
def import_list(request: HttpRequest, list_id: int) -> HttpResponseBase:
    """Put everyone of a file on the list."""
    found, file = lists.find(list_id), request.FILES.get("file")
    if file is None or isinstance(file, list):
        messages.error(request, _("Choose a file."))
        return redirect("list", list_id)
    try:
        if (file.size or 0) > MAX_FILE:
            raise InvalidInput("too large", details={"file": "too_large"})
        change = lists.change(found, lists.read_file(file.read(), request.POST.get("type", "")), on=True)
    except InvalidInput as error:
        messages.error(request, _file_problem(str(error.details.get("file", ""))))
        return redirect("list", list_id)
    door.append(change.entries)
    said = ngettext("%(n)s person is put on the list.", "%(n)s people are put on the list.", change.people)
    messages.success(request, said % {"n": number(change.people)})
    if change.unknown:
        lines = ", ".join(str(place + 1) for place in change.unknown[:_LINES_SHOWN])
        more = " …" if len(change.unknown) > _LINES_SHOWN else ""
        said = ngettext("%(n)s line names nobody:", "%(n)s lines name nobody:", len(change.unknown))
        messages.warning(request, " ".join((said % {"n": number(len(change.unknown))}, lines + more)))
    return redirect(f"{reverse('list', args=[list_id])}?changed=1")


@require("segments.edit")
@require_POST
def archive_list(request: HttpRequest, list_id: int) -> HttpResponseBase:
    found = lists.find(list_id)
    try:
        service.archive(found)
    except Conflict as error:
        messages.error(request, _("The list is used by %(names)s: change those first.") % {"names": users(error)})
        return redirect("list", list_id)
    messages.success(request, _("The list “%(name)s” is archived.") % {"name": found.name})
    return redirect("lists")


def _members(request: HttpRequest, found: Segment) -> dict[str, Any]:
    after = read_place(request.GET.get("cursor"), 2)
    rows = store.members(found.id, (after[0], after[1]) if after else None, _MEMBERS + 1)
    shown = page(rows, _MEMBERS, lambda row: list(row))
    people = cards_of(request, [profile_id for _since, profile_id in shown["items"]])
    url = reverse("list", args=[found.id])
    return {
        "members": [(people[id_], since) for since, id_ in shown["items"] if id_ in people],
        "more_url": f"{url}?cursor={shown['next']}" if shown["next"] else "",
    }


def _picking(request: HttpRequest, found: Segment) -> dict[str, Any]:
    query = request.GET.get("q", "").strip()
    if not query:
        return {"query": ""}
    ids = search(query, region=str(config().phone_region), names_only=masked_for(request))[:_FOUND]
    people = cards_of(request, ids)
    on = set(Member.objects.filter(segment_id=found.id, profile_id__in=ids).values_list("profile_id", flat=True))
    return {"query": query, "found": [(people[id_], id_ in on) for id_ in ids if id_ in people]}


def _types() -> list[str]:
    """Identifiers that name one person everywhere."""
    return [*(each.name for each in identifier_rules.current().types if each.scope == "global"), "id"]


def _file_problem(code: str) -> str:
    return {
        "too_large": _("The file is too large: at most %(mb)s MB.") % {"mb": MAX_FILE // 1_000_000},
        "encoding": _("The file is not text in UTF-8. Save it as CSV UTF-8."),
        "empty": _("There is nothing in the file."),
        "too_long": _("The file has too many lines: at most %(n)s.") % {"n": number(lists.MOST_A_FILE)},
    }.get(code, _("Choose what stands on each line of the file."))
