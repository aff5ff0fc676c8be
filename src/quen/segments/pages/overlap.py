"""The overlap of up to five segments: counts of every intersection, as a table that is a picture."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.segments import service
from quen.segments.models import Segment
from quen.segments.overlap import MOST, overlap
from quen.web.spreadsheet import csv_answer


@require("customers.view")
@require_GET
def segment_overlap(request: HttpRequest) -> HttpResponseBase:
    """`s`: the ids of the chosen segments; `format=csv` is the table as a file."""
    offered = list(service.listed().filter(shown_version__gt=0).defer("rule"))
    chosen = _chosen(request, offered)
    parts = overlap([segment.id for segment in chosen]) if chosen else []
    everyone = sum(part.count for part in parts)
    rows = [
        {
            "cells": [(segment, segment.id in part.segment_ids) for segment in chosen],
            "names": _names([segment.name for segment in chosen if segment.id in part.segment_ids]),
            "count": part.count,
        }
        for part in parts
    ]
    if request.GET.get("format") == "csv" and chosen:
        return _file(chosen, rows)
    query = "&".join(f"s={segment.id}" for segment in chosen)
    asked = len(set(request.GET.getlist("s")))
    context = {
        "offered": offered,
        "chosen": chosen,
        "chosen_ids": {segment.id for segment in chosen},
        "rows": rows,
        "most": max((part.count for part in parts), default=0),
        "everyone": everyone,
        "too_many": asked > MOST,
        "limit": MOST,
        "csv_url": f"?{query}&format=csv",
    }
    return render(request, "segments/overlap.html", context)


def _chosen(request: HttpRequest, offered: list[Segment]) -> list[Segment]:
    by_id = {str(segment.id): segment for segment in offered}
    return [by_id[id_] for id_ in dict.fromkeys(request.GET.getlist("s")) if id_ in by_id][:MOST]


def _names(names: list[str]) -> str:
    if len(names) == 1:
        return _("only “%(name)s”") % {"name": names[0]}
    return " + ".join(names)


def _file(chosen: list[Segment], rows: list[dict[str, Any]]) -> HttpResponseBase:
    lines = [[*(int(there) for _segment, there in row["cells"]), row["count"]] for row in rows]
    return csv_answer("segment-overlap.csv", [*(segment.name for segment in chosen), "customers"], lines)
