"""Imports as people order them: find out what a file is, remember mappings, begin or go on."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from quen.config import Config
from quen.connectors.declared import locale_of, workspace_locale
from quen.connectors.models import Import, ImportMapping, Source
from quen.connectors.service import find_or_create_source
from quen.connectors.sources.files import mapping as mappings
from quen.connectors.sources.files.mapping import Mapping
from quen.connectors.sources.files.reading import Format, Row, Rows, header_key, sniff
from quen.errors import InvalidInput
from quen.ids import now_ms

SAMPLE_ROWS = 200


class Proposal(msgspec.Struct):
    """A file looked at: how it is written, how its columns would be read, and its first rows."""

    format: Format
    mapping: Mapping
    rows: list[Row]
    remembered: bool  # the mapping is one that a person made for this header
    problem: str = ""  # what the mapping still lacks


def look(
    path: Path,
    kind: str,
    config: Config,
    *,
    source: Source | None = None,
    encoding: str = "",
    delimiter: str = "",
    currency: str = "",
    timezone: str = "",
) -> Proposal:
    """Read the beginning of a file. Raises InvalidInput when it cannot be read at all.

    What `source` declares of how it writes (else the workspace) is what a mapping begins with.
    """
    file_format = sniff(path, encoding=encoding, delimiter=delimiter)
    with Rows(path, file_format) as rows:
        sample = list(islice(rows, SAMPLE_ROWS))
    kept = ImportMapping.objects.filter(kind=kind, header_hash=_header_hash(file_format)).first()
    if kept is not None:
        mapping = mappings.parse(kept.mapping, kind)
    else:
        locale = locale_of(source, config) if source else workspace_locale(config)
        mapping = mappings.suggest(kind, file_format, sample, locale)
    if currency:
        mapping = msgspec.structs.replace(mapping, currency=currency)
    if timezone:
        mapping = msgspec.structs.replace(mapping, timezone=timezone)
    proposal = Proposal(file_format, mapping, sample, kept is not None)
    try:
        mappings.check(mapping, file_format)
    except InvalidInput as error:
        proposal.problem = error.message
    return proposal


def remember_mapping(file_format: Format, mapping: Mapping) -> None:
    ImportMapping.objects.update_or_create(
        kind=mapping.kind,
        header_hash=_header_hash(file_format),
        defaults={"mapping": msgspec.to_builtins(mapping), "updated_at": now_ms()},
    )


def start(
    path: Path,
    mapping: Mapping,
    file_format: Format,
    *,
    source: Source | None = None,
    filename: str = "",
    dry_run: bool = False,
    by: str = "",
) -> Import:
    """The import to run: an interrupted one of the same file and mapping goes on, else a new one."""
    source = source or find_or_create_source(f"Files: {mapping.kind}", "file")
    options = {**msgspec.to_builtins(mapping), "encoding": file_format.encoding, "delimiter": file_format.delimiter}
    fingerprint = fingerprint_of(path)
    if not dry_run:
        unfinished = Import.objects.filter(
            source=source,
            kind=mapping.kind,
            fingerprint=fingerprint,
            dry_run=False,
            status__in=("running", "interrupted", "failed", "stopped"),
        ).order_by("-started_at")
        for row in unfinished:
            if row.mapping == options:
                row.path = str(path.absolute())
                row.save(update_fields=["path"])
                return row
    return Import.objects.create(
        source=source,
        kind=mapping.kind,
        filename=(filename or path.name)[:300],
        path=str(path.absolute()),
        fingerprint=fingerprint,
        mapping=options,
        dry_run=dry_run,
        by=by,
    )


def fingerprint_of(path: Path) -> str:
    """Tells files apart without reading all of a large one: its size, first and last megabyte."""
    size = path.stat().st_size
    content = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        content.update(file.read(1_000_000))
        if size > 1_000_000:
            file.seek(-1_000_000, 2)
            content.update(file.read())
    return content.hexdigest()


def _header_hash(file_format: Format) -> str:
    return hashlib.sha256(header_key(file_format.columns).encode("utf-8", "replace")).hexdigest()


def summary(row: Import) -> dict[str, Any]:
    """What programs and the command line are told of an import."""
    return {
        "id": str(row.id),
        "status": row.status,
        "kind": row.kind,
        "filename": row.filename,
        "source_id": str(row.source_id),
        "dry_run": row.dry_run,
        "percent": row.percent,
        "rows": row.rows_read,
        "accepted": row.accepted,
        "rejected": row.rejected,
        "messages": row.messages,
        "counts": row.counts,
        "error": row.error,
    }
