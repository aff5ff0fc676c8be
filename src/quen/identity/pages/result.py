"""What came of an order: on its way, done, or refused and why; and taking it back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require
from quen.errors import Conflict
from quen.identity import orders
from quen.identity.inbox import claim_of
from quen.identity.models import Identifier, Order
from quen.identity.pages.common import by_of, carry_out, may_edit, sides
from quen.identity.undo import inverse, place
from quen.identity.words import rule_text
from quen.profiles.masking import mask_text
from quen.profiles.pages import is_masked


@require_GET
@require("customers.view")
def order_page(request: HttpRequest, order_id: int) -> HttpResponseBase:
    """The page; an HTMX request while it waits gets 204 until there is an outcome, then the page again."""
    order = orders.outcome(order_id)
    ended = order.status in ("done", "refused")
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        if ended:
            response["HX-Redirect"] = request.path
        return response
    masked = is_masked(request)
    people = sides(people_of(order), masked=masked)
    context: dict[str, Any] = {
        "order": order,
        "ended": ended,
        "title": _title(order),
        "problem": problem_text(order, masked=masked),
        "note": mask_text(order.note) if masked else order.note,
        "people": list(people.values()),
        "can_undo": may_edit(request) and inverse(order) is not None,
        "claim": claim_of(order),
        "anyway": _anyway(order) if may_edit(request) else None,
    }
    return render(request, "identity/order.html", context)


def people_of(order: Order) -> list[int]:
    """Whom the page shows: those it made, or those it would have joined."""
    made = [int(profile) for profile in order.result.get("profiles", [])]
    if made or order.op != "join":
        return made
    keys = [key for pair in order.arguments["pairs"] for key in pair]
    return sorted(set(Identifier.objects.filter(key__in=keys).values_list("profile_id", flat=True)))


def _anyway(order: Order) -> dict[str, int] | None:
    """The two people of a join that was refused because each has an account: a person may know better."""
    people = people_of(order)
    if order.op == "join" and order.problem.startswith("unique:") and len(people) == 2:
        return {"left": people[0], "right": people[1]}
    return None


def _title(order: Order) -> str:
    done = order.status == "done"
    titles = {
        "join": (_("The two people are one now"), _("Merging two people")),
        "cut": (_("They are separate people now"), _("Taking back an entry of the log")),
        "split": (_("They are separate people now"), _("Splitting off identifiers")),
        "move": (_("Moved"), _("Moving an identifier")),
        "attach": (_("Added"), _("Adding an identifier")),
    }
    return titles[order.op][0 if done else 1]


def problem_text(order: Order, *, masked: bool) -> str:
    """Why it was refused, in words."""
    text = rule_text(order.problem) if order.problem else ""
    return mask_text(text) if masked else text


@require_POST
@require("customers.edit")
def undo(request: HttpRequest, order_id: int) -> HttpResponseBase:
    order = orders.outcome(order_id)
    back = inverse(order)
    if back is None:
        raise Conflict(_("This cannot be taken back any more: what it did no longer stands."))
    note = _("Undone")
    return carry_out(lambda: place(back, by=by_of(request), note=note, origin=f"undo:{order.pk}"))
