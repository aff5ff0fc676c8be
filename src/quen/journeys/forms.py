"""Between the editor's forms and the draft's JSON, by kind of field. Pure.

Reading never refuses: what was typed goes into the draft, and reading the graph says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.http import QueryDict

from quen.journeys.durations import split_duration
from quen.journeys.editing import Draft
from quen.journeys.fields import Field
from quen.journeys.graph import SEGMENT

NO_RULE: dict[str, Any] = {"all": []}  # what the builder writes before anything is asked
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?")


class Control(msgspec.Struct):
    """A field to draw: its data, its value as the form shows it, and what is wrong with it."""

    field: Field
    value: Any
    errors: list[str]

    @property
    def template(self) -> str:
        return f"journeys/fields/{self.field.kind}.html"


def controls(fields: Sequence[Field], step: Mapping[str, Any], errors: Mapping[str, list[str]]) -> list[Control]:
    """The fields of a step's form, with the values of its JSON."""
    return [Control(field, shown(field.kind, step.get(field.name)), errors.get(field.name, [])) for field in fields]


def shown(kind: str, value: Any) -> Any:
    """A value of the JSON as the form holds it."""
    if kind == "duration":
        return split_duration(value)
    if kind == "traits":
        return [(name, scalar_text(content)) for name, content in (value or {}).items()] or [("", "")]
    if kind == "rule":
        return rule_text(value)
    return value or ""


def rule_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def read_control(field: Field, data: QueryDict) -> Any:
    """A value of the form as JSON."""
    name = field.name
    if field.kind == "duration":
        number = data.get(name, "").strip()
        return f"{number}{data.get(f'{name}-unit', 'h')}" if number else ""
    if field.kind == "traits":
        pairs = zip(data.getlist(f"{name}-name"), data.getlist(f"{name}-value"), strict=False)
        return {key.strip(): scalar(value) if value.strip() else None for key, value in pairs if key.strip()}
    if field.kind == "rule":
        return read_rule_text(data.get(name, ""))
    return data.get(name, "").strip() or None


def read_rule_text(text: str) -> Any:
    if not text.strip():
        return None
    try:
        rule = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return None if rule == NO_RULE else rule


def read_entry(draft: Draft, data: QueryDict) -> Draft:
    """The draft with what starts the journey, and how often."""
    max_age = _duration(data, "max_age")
    trigger: dict[str, Any] | None
    if data.get("trigger") == SEGMENT:
        trigger = {"type": SEGMENT, "segment_id": data.get("segment_id", ""), "max_age": max_age}
        key = None
    else:
        where = _where(data)
        trigger = {"type": "event", "event": data.get("event", "").strip(), "where": where, "max_age": max_age}
        key = data.get("entry_key", "").strip() or None
        if key is not None and not key.startswith("properties."):
            key = f"properties.{key}"
    reentry = data.get("reentry", "once")
    if reentry == "after":
        reentry = _duration(data, "reentry-after")
    return draft | {"trigger": trigger, "entry_key": key, "reentry": reentry}


def read_exit(draft: Draft, data: QueryDict) -> Draft:
    """The draft with what ends the journey early."""
    before = {item["event"]: item for item in draft.get("exit_on") or []}
    events = dict.fromkeys(name.strip() for name in data.getlist("exit_event") if name.strip())
    same = set(data.getlist("same_key"))
    exit_on = [
        before.get(name, {"event": name, "where": []}) | {"event": name, "same_key": name in same} for name in events
    ]
    return draft | {"exit_on": exit_on, "exit_when": read_rule_text(data.get("exit_when", ""))}


def _duration(data: QueryDict, name: str) -> str:
    return f"{data.get(name, '').strip()}{data.get(f'{name}-unit', 'h')}"


def _where(data: QueryDict) -> list[dict[str, Any]]:
    rows = zip(data.getlist("where-property"), data.getlist("where-op"), data.getlist("where-value"), strict=False)
    found = []
    for name, op, value in rows:
        if not name.strip():
            continue
        row: dict[str, Any] = {"property": name.strip(), "op": op}
        if op in ("in", "not_in"):
            row["value"] = [scalar(part) for part in value.split(",") if part.strip()]
        elif op not in ("exists", "missing"):
            row["value"] = scalar(value)
        found.append(row)
    return found


def where_rows(where: Any) -> list[tuple[str, str, str]]:
    """(property, op, value) of each filter as the form shows it; one empty row where there is none."""
    rows = []
    for item in where or []:
        value = item.get("value", "")
        text = ", ".join(map(scalar_text, value)) if isinstance(value, list) else scalar_text(value)
        rows.append((str(item.get("property", "")), str(item.get("op", "eq")), text))
    return rows or [("", "eq", "")]


def scalar(text: str) -> Any:
    """A typed value: a number, true, false, or the text."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    # Not what begins with 0 or +: phone numbers and codes stay texts.
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def scalar_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
