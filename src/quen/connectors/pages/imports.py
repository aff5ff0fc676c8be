"""Data → Imports: upload a file, say what its columns are, try it, bring it in, see what was rejected and why."""

from __future__ import annotations

import csv
import re
import secrets
import shutil
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.config import config
from quen.connectors.models import Import, Source
from quen.connectors.service import get_source
from quen.connectors.sources.files import mapping as mappings
from quen.connectors.sources.files import worker
from quen.connectors.sources.files.columns import KINDS, REQUIRED, fields_of, slug
from quen.connectors.sources.files.mapping import IGNORE, Mapping
from quen.connectors.sources.files.reading import Record
from quen.connectors.sources.files.run import rejects_path
from quen.connectors.sources.files.service import Proposal, look, remember_mapping, start
from quen.errors import InvalidInput, NotFound
from quen.web.paging import read_cursor, write_cursor

PAGE = 50
SHOWN_ROWS = 5
SHOWN_REJECTS = 20
_TOKEN = re.compile(r"[0-9a-f]{24}")
KIND_NAMES = {
    "orders": gettext_lazy("Orders"),
    "customers": gettext_lazy("Customers"),
    "events": gettext_lazy("Events"),
}
COUNT_NAMES = {
    "orders": gettext_lazy("orders"),
    "refunds": gettext_lazy("refunds and cancellations"),
    "cancelled": gettext_lazy("cancelled orders"),
    "guests": gettext_lazy("orders without a customer"),
    "people": gettext_lazy("facts about customers"),
    "customers": gettext_lazy("new customers"),
    "updated": gettext_lazy("changed since the last time"),
    "unchanged": gettext_lazy("already here, unchanged"),
    "events": gettext_lazy("events"),
    "revenue": gettext_lazy("revenue"),
}
FIELD_NAMES = {
    "order_id": gettext_lazy("Order number"),
    "time": gettext_lazy("Date and time"),
    "customer_id": gettext_lazy("Customer id"),
    "customer_code": gettext_lazy("Customer code or card"),
    "anonymous_id": gettext_lazy("Visitor or device id"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("Given name"),
    "last_name": gettext_lazy("Family name"),
    "gender": gettext_lazy("Gender"),
    "birthday": gettext_lazy("Birthday"),
    "address": gettext_lazy("Address"),
    "city": gettext_lazy("Province or city"),
    "country": gettext_lazy("Country"),
    "created_at": gettext_lazy("Customer since"),
    "updated_at": gettext_lazy("Changed at"),
    "product_id": gettext_lazy("Product code"),
    "product_name": gettext_lazy("Product"),
    "category": gettext_lazy("Category"),
    "quantity": gettext_lazy("Quantity"),
    "price": gettext_lazy("Unit price"),
    "line_total": gettext_lazy("Amount of the line"),
    "total": gettext_lazy("Total of the order"),
    "discount": gettext_lazy("Discount"),
    "shipping": gettext_lazy("Shipping"),
    "tax": gettext_lazy("Tax"),
    "coupon": gettext_lazy("Voucher"),
    "currency": gettext_lazy("Currency"),
    "status": gettext_lazy("Status"),
    "channel": gettext_lazy("Channel"),
    "store": gettext_lazy("Store"),
    "products": gettext_lazy("List of products"),
    "event": gettext_lazy("Name of the event"),
    "message_id": gettext_lazy("Id of the event"),
}


@require_GET
@require("data.view")
def import_list(request: HttpRequest) -> HttpResponseBase:
    rows = Import.objects.select_related("source").order_by("-id")
    before = read_cursor(request.GET.get("cursor"))
    if isinstance(before, int):
        rows = rows.filter(id__lt=before)
    found = list(rows[: PAGE + 1])
    more = f"?cursor={write_cursor(found[PAGE - 1].pk)}" if len(found) > PAGE else ""
    context = {"rows": [_shown(row) for row in found[:PAGE]], "more": more}
    return render(request, "connectors/imports.html", context)


@require("data.edit")
def new_import(request: HttpRequest) -> HttpResponseBase:
    kind = request.POST.get("kind", "orders")
    error = ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None or kind not in KINDS:
            error = _("Choose a file.")
        else:
            token, path = keep_upload(upload)
            try:
                look(path, kind, config())
            except InvalidInput as problem:
                path.unlink(missing_ok=True)
                error = problem.message
            else:
                query = urlencode({"kind": kind, "source": request.POST.get("source", "")})
                return redirect(f"{reverse('import_mapping', args=[token])}?{query}")
    context = {
        "kind": kind,
        "kinds": KIND_NAMES.items(),
        "error": error,
        "sources": Source.objects.filter(kind="file").order_by("name"),
        "chosen_source": request.POST.get("source", ""),
    }
    return render(request, "connectors/import_new.html", context, status=422 if error else 200)


@require("data.edit")
def map_columns(request: HttpRequest, token: str) -> HttpResponseBase:
    """The columns with their first cells; a post tries the mapping on the whole file."""
    path = _uploaded(token)
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        raise InvalidInput(_("Say what the rows are: orders, customers or events."))
    chosen = request.GET.get("source", "")
    source = get_source(int(chosen)) if chosen.isdecimal() else None
    proposal = look(path, kind, config(), source=source)
    error = proposal.problem if proposal.remembered else ""
    if request.method == "POST":
        try:
            mapping = _posted(request, proposal)
            mappings.check(mapping, proposal.format)
        except InvalidInput as problem:
            error = problem.message
            proposal.mapping = mapping if "mapping" in locals() else proposal.mapping
        else:
            remember_mapping(proposal.format, mapping)
            row = start(
                path,
                mapping,
                proposal.format,
                source=source,
                filename=given_name(path),
                dry_run=True,
                by=user_of(request).email,
            )
            worker.spawn(row.pk)
            return redirect("import", row.pk)
    context = {
        "proposal": proposal,
        "kind": kind,
        "filename": given_name(path),
        "error": error,
        **_choices(proposal, kind),
    }
    return render(
        request, "connectors/import_mapping.html", context, status=422 if error and request.method == "POST" else 200
    )


@require_GET
@require("data.view")
def import_page(request: HttpRequest, import_id: int) -> HttpResponseBase:
    row = _find(import_id)
    return render(request, "connectors/import.html", {**_shown(row), **_details(row)})


@require_GET
@require("data.view")
def import_progress(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """The moving part of the page; when the import has ended the whole page is asked for."""
    row = _find(import_id)
    response = render(request, "connectors/import_progress.html", _shown(row))
    if not _shown(row)["working"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@require("data.edit")
def start_real(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """After a dry run: the same file and mapping, stored this time."""
    tried = _find(import_id)
    path = Path(tried.path)
    if not path.exists():
        raise NotFound(_("The file is not there any more; upload it again."))
    options = dict(tried.mapping)
    proposal = look(path, tried.kind, config(), encoding=options.pop("encoding"), delimiter=options.pop("delimiter"))
    mapping = mappings.parse(options, tried.kind)
    row = start(path, mapping, proposal.format, source=tried.source, filename=tried.filename, by=user_of(request).email)
    worker.spawn(row.pk)
    return redirect("import", row.pk)


@require_POST
@require("data.edit")
def stop_import(request: HttpRequest, import_id: int) -> HttpResponseBase:
    Import.objects.filter(id=import_id, status__in=("new", "running", "interrupted")).update(status="stopped")
    messages.success(request, _("Stopped. What is in stays, and the import can go on later."))
    return redirect("import", import_id)


@require_POST
@require("data.edit")
def resume_import(request: HttpRequest, import_id: int) -> HttpResponseBase:
    row = _find(import_id)
    if not Path(row.path).exists():
        raise NotFound(_("The file is not there any more; upload it again."))
    if not worker.is_running(row.pk):
        worker.spawn(row.pk)
    return redirect("import", import_id)


@require_GET
@require("data.edit")
def rejects(request: HttpRequest, import_id: int) -> HttpResponseBase:
    path = rejects_path(config(), _find(import_id).pk)
    if not path.exists():
        raise NotFound(_("No row of this import was rejected."))
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/csv; charset=utf-8")


def keep_upload(upload: Any) -> tuple[str, Path]:
    """Put an upload into the data directory; the token under which the next page finds it."""
    token = secrets.token_hex(12)
    name = re.sub(r"[^\w.\- ]", "_", Path(upload.name or "file").name)[-120:]
    path = worker.folder() / f"{token}-{name}"
    if isinstance(upload, TemporaryUploadedFile):
        shutil.move(upload.temporary_file_path(), path)
    else:
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
    return token, path


def _uploaded(token: str) -> Path:
    found = list(worker.folder().glob(f"{token}-*")) if _TOKEN.fullmatch(token) else []
    if not found:
        raise NotFound(_("The file is not there any more; upload it again."))
    return found[0]


def given_name(path: Path) -> str:
    return path.name.partition("-")[2]


def _posted(request: HttpRequest, proposal: Proposal) -> Mapping:
    columns = {
        column: request.POST.get(f"column-{number}", IGNORE) for number, column in enumerate(proposal.format.columns)
    }
    value = {
        "columns": {} if proposal.mapping.as_is else columns,
        "currency": request.POST.get("currency", "").strip().upper()[:3] or config().currency,
        "decimal": request.POST.get("decimal", ","),
        "dayfirst": request.POST.get("dayfirst", "1") == "1",
        "timezone": request.POST.get("timezone", "").strip() or config().timezone,
        "cancel_prefix": request.POST.get("cancel_prefix", "").strip()[:10],
        "as_is": proposal.mapping.as_is,
    }
    return mappings.parse(value, proposal.mapping.kind)


def _choices(proposal: Proposal, kind: str) -> dict[str, Any]:
    """For each column its first cells and what it may be."""
    own = "property" if kind == "events" else "trait"
    columns = []
    for number, column in enumerate(proposal.format.columns):
        target = proposal.mapping.columns.get(column, IGNORE)
        kept = target if ":" in target else f"{own}:{slug(column)[:100]}"
        columns.append(
            {
                "name": column,
                "field": f"column-{number}",
                "target": target,
                "own": kept,
                "own_name": kept.split(":")[1],
                "cells": [
                    str(cell)[:60]
                    for row in proposal.rows[:SHOWN_ROWS]
                    if not row.problem
                    and (cell := row.values[column] if isinstance(row.values, Record) else row.values[number])
                ],
            }
        )
    required = {name for group in REQUIRED[kind] for name in group}
    return {
        "columns": columns,
        "fields": [(name, FIELD_NAMES[name], name in required) for name in fields_of(kind)],
        "kind_name": KIND_NAMES[kind],
        "needs": [[FIELD_NAMES[name] for name in group] for group in REQUIRED[kind]],
        "delimiter_name": {",": ",", ";": ";", "\t": "Tab", "|": "|"}.get(proposal.format.delimiter, ""),
    }


def _find(import_id: int) -> Import:
    row = Import.objects.select_related("source").filter(id=import_id).first()
    if row is None:
        raise NotFound(_("There is no such import."))
    return row


def _shown(row: Import) -> dict[str, Any]:
    counts: Any = row.counts
    return {
        "row": row,
        "kind_name": KIND_NAMES[row.kind],
        "working": row.status in ("new", "running"),
        "counts": [(COUNT_NAMES.get(name, name), count) for name, count in counts.items()],
    }


def _details(row: Import) -> dict[str, Any]:
    listed: list[list[str]] = []
    path = rejects_path(config(), row.pk)
    if row.rejected and path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            listed = list(islice(csv.reader(file), 1, 1 + SHOWN_REJECTS))
    samples: Any = row.sample
    return {
        "rejects": listed,
        "samples": [msgspec.json.format(msgspec.json.encode(one), indent=2).decode() for one in samples[:2]],
        "can_start": row.dry_run and row.status == "done" and row.accepted > 0,
    }
