"""The traits tab: what is known of a person, by whose word and since when, what else was seen, and correcting it.

A correction goes through the journal like every other message; the tab shows it once the engine has applied it.
"""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.computed.pages.customer import card
from quen.config import config
from quen.engine.door import append
from quen.engine.system import entries_of
from quen.events import catalogue
from quen.identity.keys import match_value
from quen.ids import new_id, now_ms
from quen.profiles import strategy_store
from quen.profiles.pages import find_person, is_masked, shell
from quen.profiles.provenance import Given, changes, place_of
from quen.profiles.queries import Person, person
from quen.profiles.search import find_identifier
from quen.profiles.shown_traits import ShownTrait, shown_changes, shown_traits
from quen.profiles.strategies import LATEST, Strategies
from quen.profiles.strategy_pages import strategy_labels
from quen.web.paging import read_cursor, write_cursor

MAX_NAME = 200
MAX_VALUE = 4_000
CHANGES = 30  # of the history at once
TYPES = ("text", "number", "boolean", "json")
GIVE_UP_MS = 60_000  # after this the page stops asking whether a change was applied


class Row(msgspec.Struct):
    trait: ShownTrait
    written: str  # as the form shows it
    type: str
    strategy: str  # in words
    others: list[tuple[Given, str, str]]  # with the value as text, and the name of its source


@require_GET
@require("customers.view")
def traits(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    found = find_person(request, profile_id, "customer_traits")
    if isinstance(found, HttpResponseRedirect):
        return found
    return _page(request, found)


def _page(
    request: HttpRequest, found: Person, *, form: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> HttpResponse:
    strategies = strategy_store.current()
    rows = _rows(found, strategies)
    if form is None and (name := request.GET.get("edit", "")):
        row = next((row for row in rows if row.trait.name == name), None)
        form = {"name": name, "value": row.written if row else "", "type": row.type if row else "text"}
    context = shell(request, found, "customer_traits") | {
        "computed": card(found),
        "rows": rows,
        "form": form,
        "starts_anew": form is not None and strategies.of(form["name"]) is not LATEST,
        "errors": errors or {},
        "pending": request.GET.get("pending"),
        "of_one": request.GET.get("trait", ""),
        "history_url": _history_url(found, request.GET.get("trait", "")),
        "known_traits": [seen.name for seen in catalogue.traits(limit=200)],
        "types": [
            ("text", _("Text")),
            ("number", _("Number")),
            ("boolean", _("Yes or no")),
            ("json", _("List or object (JSON)")),
        ],
    }
    return render(request, "profiles/customer_traits.html", context, status=422 if errors else 200)


def _rows(found: Person, strategies: Strategies) -> list[Row]:
    labels = strategy_labels()
    return [
        Row(
            trait,
            _write(trait.value),
            _type(trait.value),
            labels[trait.strategy],
            [(given, _shown(given.value), found.source_name(given.source_id)) for given in trait.others],
        )
        for trait in shown_traits(found, strategies)
    ]


def _shown(value: Any) -> str:
    return "" if value is None else _write(value)


def _history_url(found: Person, name: str, place: list[Any] | None = None) -> str:
    query = {"trait": name} if name else {}
    if place is not None:
        query["cursor"] = write_cursor(place)
    return f"{reverse('customer_traits_history', args=[found.id])}?{urlencode(query)}"


@require_GET
@require("customers.view")
def history(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Changes, newest first: rows for the tab; `trait` for one trait alone, `cursor` goes on."""
    found = person(profile_id, masked=is_masked(request))
    name = request.GET.get("trait", "")
    place = place_of(read_cursor(request.GET.get("cursor")))
    rows = changes(found.ids, name=name, before=place, limit=CHANGES + 1)
    shown = shown_changes(found, rows[:CHANGES])
    context = {
        "changes": [(c, _shown(c.old), _shown(c.new), found.source_name(c.source_id)) for c in shown],
        "first": place is None,
        "more": _history_url(found, name, rows[CHANGES - 1].place) if len(rows) > CHANGES else None,
    }
    return render(request, "profiles/trait_changes.html", context)


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "json"


def _write(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


@require_POST
@require("customers.edit")
def save(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Set or delete one trait."""
    found = person(profile_id, masked=is_masked(request))
    form = {name: request.POST.get(name, "").strip() for name in ("name", "value", "type")}
    errors: dict[str, str] = {}
    value = None if request.POST.get("delete") else _read(form, errors)
    if not form["name"] or len(form["name"]) > MAX_NAME:
        errors["name"] = _("Give the trait a name of 1 to %(most)d characters.") % {"most": MAX_NAME}
    if not errors and form["name"] in {"email", "phone"} and value is not None:
        _check_contact(found, form["name"], value, errors)
    if errors:
        return _page(request, found, form=form, errors=errors)
    at = now_ms()
    contact = form["name"] in {"email", "phone"} and value is not None
    messages = [_message(request, form["name"], each) for each in _corrected(form["name"], value)]
    for index, message in enumerate(reversed(messages)):
        message["timestamp"] = at - index
        _name_person(message, found, contact=contact and message["traits"][form["name"]] is not None)
    append(entries_of(messages))
    pending = write_cursor([form["name"], at])
    return HttpResponseRedirect(f"{reverse('customer_traits', args=[found.id])}?{urlencode({'pending': pending})}")


def _corrected(name: str, value: Any) -> list[Any]:
    """What to say so that the trait becomes this: but for `latest`, what was seen before must be forgotten first."""
    strategy = strategy_store.current().of(name)
    if strategy is LATEST or value is None:
        return [value]
    return [None, *(value if strategy.name == "keep_all" and isinstance(value, list) else [value])]


def _message(request: HttpRequest, name: str, value: Any) -> dict[str, Any]:
    return {
        "type": "identify",
        "messageId": f"console-{new_id()}",
        "traits": {name: value},
        "context": {"by": user_of(request).email},
    }


def _read(form: dict[str, str], errors: dict[str, str]) -> Any:
    """The value in the type that was chosen; what is wrong goes to `errors`."""
    text = form["value"]
    if len(text) > MAX_VALUE:
        errors["value"] = _("At most %(most)d characters.") % {"most": MAX_VALUE}
    elif form["type"] == "number":
        with contextlib.suppress(msgspec.DecodeError):
            number = msgspec.json.decode(text.replace(",", "."))
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                return number
        errors["value"] = _("Write a number, such as 12 or 3.5.")
    elif form["type"] == "boolean":
        if text.lower() in {"true", "false"}:
            return text.lower() == "true"
        errors["value"] = _("Write true or false.")
    elif form["type"] == "json":
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            errors["value"] = _("This is not valid JSON: %(error)s") % {"error": error}
    elif not text:
        errors["value"] = _("Write a value, or delete the trait.")
    return text


def _check_contact(found: Person, type_: str, value: Any, errors: dict[str, str]) -> None:
    """A typed e-mail or phone must be usable, and nobody else's: two people are never joined by a typing mistake."""
    region = str(config().phone_region)
    if not isinstance(value, str) or match_value(type_, value, phone_region=region) is None:
        errors["value"] = _("This is not an e-mail address.") if type_ == "email" else _("This is not a phone number.")
    elif any(owner != found.id for owner in find_identifier(type_, value, scope=None, region=region)):
        errors["value"] = _("Another customer already has this. Search for it to see who.")


def _name_person(message: dict[str, Any], found: Person, *, contact: bool) -> None:
    """By profile id; a new e-mail or phone by an identifier of theirs, so that it becomes one of them too."""
    strongest = next((i for i in found.identifiers if i.type not in {"email", "phone"}), None)
    if not contact or strongest is None:
        message["profileId"] = str(found.id)
    elif strongest.type == "user_id":
        message["userId"] = strongest.value
    elif strongest.type == "anonymous_id":
        message["anonymousId"] = strongest.value
    else:
        external = {"type": strongest.type, "id": strongest.value, "scope": strongest.scope}
        message["context"] |= {"externalIds": [external]}


@require_GET
@require("customers.view")
def applied(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Polled after a change: reloads the tab once the engine has applied it, 204 until then."""
    found = person(profile_id, masked=is_masked(request))
    pending = read_cursor(request.GET.get("pending"))
    if not (isinstance(pending, list) and [type(part) for part in pending] == [str, int]):
        return HttpResponse(status=286)  # HTMX: stop polling
    name, at = pending
    meta = found.profile.trait_meta.get(name)
    response = HttpResponse(status=204)
    if (meta and meta[0] >= at) or now_ms() - at > GIVE_UP_MS:
        response["HX-Redirect"] = reverse("customer_traits", args=[found.id])
    return response
