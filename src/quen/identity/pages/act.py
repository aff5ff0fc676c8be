"""Changing who is who by hand: take evidence back, split off, move, merge. Each page says first what will happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from quen.accounts.access import require
from quen.errors import InvalidInput, NotFound
from quen.identity import orders, partition
from quen.identity.evidence import Tie, parts
from quen.identity.explain import explain, steps_of
from quen.identity.models import Edge, Identifier
from quen.identity.pages.common import by_of, carry_out, item, note_of, parts_shown, people_found, show_for, sides
from quen.identity.queries import evidence_of
from quen.identity.refs import keys_by_ref
from quen.identity.rules import current
from quen.identity.words import type_name
from quen.profiles.pages import find_person, is_masked, shell
from quen.profiles.queries import Person, person


@require_http_methods(["GET", "POST"])
@require("customers.edit")
def cut(request: HttpRequest, profile_id: int, edge_id: int) -> HttpResponseBase:
    """Take back one entry of the log."""
    found = find_person(request, profile_id, "customer_identity")
    if isinstance(found, HttpResponseRedirect):
        return found
    edge = Edge.objects.filter(pk=edge_id).first()
    keys = [i.key for i in found.identifiers]
    evidence = evidence_of(keys)
    if edge is None or edge_id not in evidence.live:
        raise NotFound(_("This entry of the log ties nothing any more."))
    if request.method == "POST":
        return carry_out(lambda: orders.cut(edge_id, by=by_of(request), note=note_of(request)))
    show = show_for(masked=found.masked)
    context: dict[str, Any] = {
        "entry": explain([edge], show)[0],
        "title": _("Take this back?"),
        "button": _("Take back"),
    }
    foreseen = partition.cut(evidence.ties, edge_id)
    if isinstance(foreseen, partition.StillOne):
        steps = steps_of(foreseen.by, edge.left, show)
        context |= {
            "blocked": _("Other evidence ties the two together as well, so taking this back alone changes nothing:"),
            "steps": [(step, found.source_name(step.entry.source_id)) for step in steps],
            "instead": [item(key, show) for key in (edge.right, edge.left)],
        }
    elif foreseen is not None and evidence.whole:
        context["parts"] = parts_shown(found, _parted(keys, evidence.ties, foreseen))
    return _page(request, found, context)


def _parted(keys: Sequence[str], ties: Sequence[Tie], cut: partition.Cut) -> list[list[str]]:
    """The people after a cut, the one with the strongest identifier first; what the cut does not touch stays there."""
    left = parts(keys, [tie for tie in ties if tie not in cut.gone])
    touched = {key for tie in cut.gone for key in (tie.left, tie.right)}
    leaving = [part for part in left if not touched.isdisjoint(part)][1:]
    gone = {key for part in leaving for key in part}
    return [[key for key in keys if key not in gone], *leaving]


@require_http_methods(["GET", "POST"])
@require("customers.edit")
def split(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Let the ticked identifiers (`i`) leave together for a person of their own."""
    found = find_person(request, profile_id, "customer_identity")
    if isinstance(found, HttpResponseRedirect):
        return found
    keys = [i.key for i in found.identifiers]
    leaving = _ticked(request, keys)
    if not leaving or len(leaving) == len(keys):
        return _back(request, found, _("Tick the identifiers that belong to someone else: some, not all."))
    if request.method == "POST":
        return carry_out(lambda: orders.split(leaving, by=by_of(request), note=note_of(request)))
    rest = [key for key in keys if key not in set(leaving)]
    context = {
        "title": ngettext("Split off %(n)d identifier?", "Split off %(n)d identifiers?", len(leaving))
        % {"n": len(leaving)},
        "button": _("Split off"),
        "parts": parts_shown(found, [rest, leaving]),
        "ticked": request.GET.getlist("i"),
    }
    return _page(request, found, context)


@require_http_methods(["GET", "POST"])
@require("customers.edit")
def move(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Give one ticked identifier (`i`) to the person `to`; without `to`, search for them."""
    found = find_person(request, profile_id, "customer_identity")
    if isinstance(found, HttpResponseRedirect):
        return found
    keys = [i.key for i in found.identifiers]
    ticked = _ticked(request, keys)
    if len(ticked) != 1:
        return _back(request, found, _("Tick one identifier to move it to another person."))
    (key,) = ticked
    to = _other(request, found, "to")
    if request.method == "POST":
        if to is None:
            raise InvalidInput("to: whose it shall be is missing", details={"to": "missing"})
        return carry_out(lambda: orders.move(key, to.id, by=by_of(request), note=note_of(request)))
    context: dict[str, Any] = {
        "title": _("Move to another person"),
        "button": _("Move"),
        "moving": item(key, show_for(masked=found.masked)),
        "ticked": request.GET.getlist("i"),
        "field": "to",
        "alone": len(keys) == 1,
    }
    return _page(request, found, context | _target(request, found, to))


@require_http_methods(["GET", "POST"])
@require("customers.edit")
def merge(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Make one person of this one and the one `with`; without `with`, search for them."""
    found = find_person(request, profile_id, "customer_identity")
    if isinstance(found, HttpResponseRedirect):
        return found
    other = _other(request, found, "with")
    if request.method == "POST":
        if other is None or not found.identifiers or not other.identifiers:
            raise InvalidInput("with: the other person is missing", details={"with": "missing"})
        pair = (found.identifiers[0].key, other.identifiers[0].key)
        sure = "two_accounts" in request.POST
        return carry_out(lambda: orders.join([pair], by=by_of(request), note=note_of(request), two_accounts=sure))
    context: dict[str, Any] = {
        "title": _("Merge with another person"),
        "button": _("Merge"),
        "field": "with",
        "merging": True,
    }
    if other is not None:
        context["clashes"] = _clashes(found.identifiers, other.identifiers)
    return _page(request, found, context | _target(request, found, other, stays=True))


def _clashes(left: Sequence[Identifier], right: Sequence[Identifier]) -> list[str]:
    """Names of the unique types of which the two have different values: the engine joins them only if that is meant."""
    rules = current()

    def of(identifiers: Sequence[Identifier]) -> dict[tuple[str, str], str]:
        return {(i.type, i.scope): i.value for i in identifiers if rules.type_of(i.type).unique}

    theirs = of(right)
    return sorted({type_name(t) for (t, s), value in of(left).items() if theirs.get((t, s), value) != value})


def _target(request: HttpRequest, found: Person, other: Person | None, *, stays: bool = False) -> dict[str, Any]:
    """Both people side by side once the other is chosen (`stays`: mark the older one); the search until then."""
    query = request.GET.get("q", "").strip()
    if other is None:
        return {"choosing": True, "query": query, "people": people_found(request, query, but=found.id)}
    both = sides([found.id, other.id], masked=found.masked)
    shown = [both[i] | {"stays": stays and i == min(both)} for i in (found.id, other.id)]
    return {"sides": shown, "other": other.id}


def _other(request: HttpRequest, found: Person, field: str) -> Person | None:
    text = request.POST.get(field) or request.GET.get(field, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    other = person(int(text), masked=is_masked(request))
    if other.id == found.id:
        raise InvalidInput(_("This is the same person already."), details={field: "same"})
    return other


def _ticked(request: HttpRequest, keys: Sequence[str]) -> list[str]:
    given = request.POST.getlist("i") or request.GET.getlist("i")
    known = keys_by_ref(keys)
    return list(dict.fromkeys(known[ref] for ref in given if ref in known))


def _back(request: HttpRequest, found: Person, text: str) -> HttpResponseBase:
    messages.warning(request, text)
    return HttpResponseRedirect(reverse("customer_identity", args=[found.id]))


def _page(request: HttpRequest, found: Person, context: dict[str, Any]) -> HttpResponseBase:
    template = "identity/parts/people.html" if request.headers.get("HX-Request") else "identity/act.html"
    whole = shell(request, found, "customer_identity") | context | {"max_note": orders.MAX_NOTE}
    return render(request, template, whole)
