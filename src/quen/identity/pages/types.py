"""Settings → Identifier types: edit, see what it would change, save, and rebuild the present data if that is asked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from quen.accounts.access import require, user_of
from quen.accounts.pages import tabs
from quen.accounts.roles import can
from quen.identity import changing, rules
from quen.identity.models import RulesVersion
from quen.identity.pages.common import by_of, show_for
from quen.identity.pages.findings import describe
from quen.identity.preview import Finding, preview
from quen.identity.types import DEFAULTS, MAX_TYPES, Rules, read_rules
from quen.identity.types_form import blank, changed_types, digest, fields_of, read_fields, to_rules
from quen.identity.words import type_name
from quen.profiles.cards import cards
from quen.profiles.pages import is_masked

VERSIONS = 20


@require_http_methods(["GET", "POST"])
@require("data.edit")
def types_page(request: HttpRequest) -> HttpResponseBase:
    """The form. `action` of a POST: add (a type), preview, save (what was previewed; `rebuild` places orders)."""
    show = show_for(masked=is_masked(request))
    before = rules.current()
    if request.method == "GET":
        return _page(request, fields_of(before, show), version=rules.version())
    fields = read_fields(request.POST.dict())
    text = request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1
    if request.POST.get("action") == "add" and len(fields["types"]) < MAX_TYPES:
        fields["types"].append(blank(len(fields["types"])) | {"open": True})
        return _page(request, fields, version=version)
    after, errors = to_rules(fields, before, show)
    if after is None:
        return _page(request, fields, version=version, errors=errors)
    if version != rules.version():
        stale = _("Somebody else changed the types meanwhile. Look at what is in force before you save yours.")
        return _page(request, fields, version=rules.version(), errors={"types": stale})
    if request.POST.get("action") == "save" and request.POST.get("previewed") == digest(after):
        return _save(request, before, after, version)
    context = {"previewed": digest(after), "findings": _findings(request, before, after), "same": after == before}
    return _page(request, fields, version=version, **context)


def _save(request: HttpRequest, before: Rules, after: Rules, version: int) -> HttpResponseBase:
    by = by_of(request)
    wanted = "rebuild" in request.POST and can(user_of(request).role, "customers.edit")
    placed = changing.save(before, after, by=by, rebuild=wanted, version=version)
    messages.success(request, _("Saved. It holds for every message from now on."))
    if placed:
        said = ngettext(
            "%(n)d profile is being split off; the engine does it between two batches.",
            "%(n)d profiles are being split off; the engine does it between two batches.",
            placed,
        )
        messages.success(request, said % {"n": placed})
    return HttpResponseRedirect(reverse("identifier_types"))


def _findings(request: HttpRequest, before: Rules, after: Rules) -> list[dict[str, Any]]:
    """What the change would do, in words; with the people whom it concerns for those who may see them."""
    found = preview(before, after)
    masked = is_masked(request)
    sees = can(user_of(request).role, "customers.view")
    ids = {profile_id for finding in found for profile_id, _key in finding.examples} if sees else set()
    people = {card.id: card for card in cards(sorted(ids), masked=masked)}
    return [
        {
            "finding": finding,
            "text": describe(finding),
            "people": [people[p] for p in _people_of(finding) if p in people],
            "can_rebuild": finding.can_rebuild and can(user_of(request).role, "customers.edit"),
        }
        for finding in found
    ]


def _people_of(finding: Finding) -> list[int]:
    return list(dict.fromkeys(profile_id for profile_id, _key in finding.examples))


def _page(request: HttpRequest, fields: dict[str, Any], *, errors: Any = None, **context: Any) -> HttpResponseBase:
    errors = errors or {}
    for each in fields["types"]:
        prefix = f"t{each['number']}-"
        mine = {place.removeprefix(prefix): text for place, text in errors.items() if place.startswith(prefix)}
        each["errors"] = mine
        each["open"] = bool(mine) or each.get("open", False)
    context |= {
        "tabs": tabs(request, "identifier_types"),
        "fields": fields,
        "errors": errors,
        "masked": is_masked(request),
        "versions": _versions(),
        "scopes": [
            ("global", _("everywhere the same")),
            ("account", _("within one account (an OA, a page, a till)")),
            ("source", _("within one source")),
        ],
        "normalisers": [
            ("text", _("as it comes")),
            ("lower", _("without regard to capitals")),
            ("email", _("e-mail address")),
            ("phone", _("phone number")),
            ("digits", _("digits only")),
        ],
        "windows": [("ever", _("ever")), ("year", _("a year")), ("month", _("a month")), ("week", _("a week"))],
        "can_rebuild": any(each["can_rebuild"] for each in context.get("findings", ())),
    }
    return render(request, "identity/types.html", context, status=422 if errors else 200)


def _versions() -> list[dict[str, Any]]:
    """The latest versions with the types that each changed."""
    found = rules.history(VERSIONS + 1)
    documents = [read_rules(version.document) for version in found]
    return [
        _version(version, documents[at], documents[at + 1] if at + 1 < len(documents) else DEFAULTS)
        for at, version in enumerate(found[:VERSIONS])
    ]


def _version(version: RulesVersion, after: Rules, before: Rules) -> dict[str, Any]:
    names = changed_types(before, after)
    return {
        "row": version,
        "changed": ", ".join(_("the caps") if name == "caps" else type_name(name) for name in names),
    }
