"""The identity tab of a person's page: their identifiers as a graph and a list, and why all of them are one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.identity.evidence import chain
from quen.identity.explain import explain, steps_of
from quen.identity.graph import Graph, Shown, draw
from quen.identity.models import Edge
from quen.identity.pages.common import rows, show_for
from quen.identity.queries import Evidence, edges_of, evidence_of
from quen.identity.refs import keys_by_ref
from quen.profiles.masking import mask_text
from quen.profiles.pages import find_person, shell
from quen.profiles.queries import Person

LOG_SHOWN = 40  # entries of the log; the rest on request


@require_GET
@require("customers.view")
def identity(request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """`left` and `right` (refs) ask why two identifiers are the same person; `log=all` shows the whole log."""
    found = find_person(request, profile_id, "customer_identity")
    if isinstance(found, HttpResponseRedirect):
        return found
    keys = [i.key for i in found.identifiers]
    edges = edges_of(found.ids, keys)
    evidence = evidence_of(keys)
    listed = rows(found)
    why = _why(request, found, evidence)
    log = explain(edges, show_for(masked=found.masked), evidence.live)
    shown = log if request.GET.get("log") == "all" else log[:LOG_SHOWN]
    context = shell(request, found, "customer_identity") | {
        "identifiers": listed,
        "log": [
            {
                "entry": entry,
                "order": _order_of(entry.edge),
                "source": found.source_name(entry.edge.source_id),
                "note": mask_text(entry.edge.note) if found.masked else entry.edge.note,
            }
            for entry in shown
        ],
        "older": len(log) - len(shown),
        "graph": _graph(found, listed, edges, evidence, why),
        "merged": len(found.ids) - 1,
        "why": why,
        "here": reverse("customer_identity", args=[found.id]),
    }
    return render(request, "identity/customer_identity.html", context)


def _order_of(edge: Edge) -> int | None:
    """The order that wrote an entry: its page has the undoing."""
    kind, _dash, number = edge.message_id.partition("-")
    return int(number) if edge.by and kind == "order" and number.isascii() and number.isdecimal() else None


def _why(request: HttpRequest, found: Person, evidence: Evidence) -> dict[str, Any]:
    """The two identifiers that are asked about, and the chain between them when there are two."""
    known = keys_by_ref(i.key for i in found.identifiers)
    left, right = (known.get(request.GET.get(name, "")) for name in ("left", "right"))
    why: dict[str, Any] = {"left": request.GET.get("left", ""), "right": request.GET.get("right", ""), "asked": False}
    if left is None or right is None or left == right:
        return why
    ties = chain(evidence.ties, left, right)
    steps = steps_of(ties or [], left, show_for(masked=found.masked))
    return why | {
        "asked": True,
        "found": ties is not None,
        "steps": [(step, found.source_name(step.entry.source_id)) for step in steps],
        "keys": {key for tie in ties or [] for key in (tie.left, tie.right)} | {left, right},
        "entries": [step.entry.pk for step in steps],
    }


def _graph(
    found: Person, listed: Sequence[dict[str, Any]], edges: Sequence[Edge], evidence: Evidence, why: dict[str, Any]
) -> dict[str, Any] | None:
    if len(listed) < 2:
        return None
    items = [
        Shown(
            each["row"].key,
            each["ref"],
            each["icon"],
            each["type"],
            each["value"],
            each["source"],
            each["row"].first_seen,
            each["strong"],
            each["row"].shared,
        )
        for each in listed
    ]
    entries = why.get("entries", ())
    wide = draw(items, edges, evidence.ties, found.id, entries)
    drawn = [(wide, "")]
    if any(panel.x > 1 for panel in wide.panels):  # several columns do not fit a phone
        narrow = draw(items, edges, evidence.ties, found.id, entries, narrow=True)
        drawn = [(wide, "d-none d-md-block"), (narrow, "d-md-none")]
    return {
        "wide": wide.width > 560,
        "variants": [_variant(found, graph, why) | {"css": css} for graph, css in drawn],
        "left_out": wide.left_out,
    }


def _variant(found: Person, graph: Graph, why: dict[str, Any]) -> dict[str, Any]:
    on_path = why.get("keys", set())
    return {
        "drawn": graph,
        "nodes": [
            {
                "node": node,
                "on_path": node.item.key in on_path,
                "chosen": node.item.ref in (why["left"], why["right"]),
                "link": _next(why, node.item.ref),
            }
            for node in graph.nodes
        ],
        "lines": [
            {"line": line, "source": found.source_name(line.entry.source_id), "times": len(line.tie.entries)}
            for line in graph.lines
        ],
    }


def _next(why: dict[str, Any], ref: str) -> str:
    """Choosing an identifier of the graph: the first of two, the second, or the first anew."""
    if why["left"] and not why["right"] and why["left"] != ref:
        return f"?left={why['left']}&right={ref}#why"
    return f"?left={ref}#why"
