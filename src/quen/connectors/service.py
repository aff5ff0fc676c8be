"""Sources: making them, switching them on and off, changing their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quen.connectors.declared import declare
from quen.connectors.models import Source, new_write_key
from quen.errors import InvalidInput, NotFound

KINDS = ("browser", "server", "file")


def create_source(name: str, kind: str) -> Source:
    """A new source with a key of its own. Raises InvalidInput that names the field."""
    name = name.strip()
    if not name:
        raise InvalidInput("name: give the source a name, for example “Website”", details={"name": "required"})
    if len(name) > 120:
        raise InvalidInput("name: at most 120 characters", details={"name": "too long"})
    if kind not in KINDS:
        raise InvalidInput(f"kind: one of {', '.join(KINDS)}, not {kind!r}", details={"kind": "unknown"})
    return Source.objects.create(name=name, kind=kind)


def find_or_create_source(name: str, kind: str) -> Source:
    return find_source(name, kind) or create_source(name, kind)


def find_source(name: str, kind: str) -> Source | None:
    return Source.objects.filter(name=name, kind=kind).order_by("id").first()


def get_source(source_id: int) -> Source:
    source = Source.objects.filter(id=source_id).first()
    if source is None:
        raise NotFound(f"there is no source {source_id}")
    return source


def change_source(
    source: Source, *, name: str | None = None, enabled: bool | None = None, locale: Mapping[str, Any] | None = None
) -> Source:
    """Change what is given; `locale` as `declare` takes it. Raises InvalidInput that names the field."""
    if name is not None:
        name = name.strip()
        if not 0 < len(name) <= 120:
            raise InvalidInput("name: from 1 to 120 characters", details={"name": "length"})
        source.name = name
    if enabled is not None:
        source.enabled = enabled
    if locale is not None:
        declare(source, locale)
    source.save(update_fields=["name", "enabled", "settings"])
    return source


def rotate_key(source: Source) -> Source:
    """A new write key. Programs that still use the old one are refused from now on."""
    source.write_key = new_write_key()
    source.save(update_fields=["write_key"])
    return source
