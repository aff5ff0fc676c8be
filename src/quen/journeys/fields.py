"""The kinds of field a step's form is made of: how each is read and checked. The page draws them by `kind`.

A step describes itself as data (`Field`s); the form, the validation and the reference all come from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.durations import parse_duration
from quen.segments.grammar import DAY
from quen.segments.own_traits import OwnTrait
from quen.segments.rules import RuleError, parse_rule

YEAR = 365 * DAY
Text = str | Promise


class Known(msgspec.Struct, frozen=True):
    """What exists in the workspace, so that a graph cannot point at what does not. None: not checked."""

    templates: Mapping[str, str] | None = None  # id → name
    segments: Mapping[str, str] | None = None
    traits: Mapping[str, OwnTrait] = {}  # by path: only for what people call them


class Field(msgspec.Struct, frozen=True):
    """One field of a step's form."""

    name: str
    kind: str  # a key of READERS
    label: Text
    help: Text = ""
    required: bool = True
    default: Any = None


class FieldError(ValueError):
    """What is wrong with a value, for people; `path` says where inside it."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


def read_field(field: Field, value: Any, known: Known) -> Any:
    """The value as a step uses it; None where an optional field is empty. Raises FieldError."""
    if value is None or value == "" or value == {}:
        if field.required:
            raise FieldError(str(EMPTY.get(field.kind, _("This is required."))))
        return None
    return READERS[field.kind](value, known)


def read_text(value: Any, known: Known) -> str:
    if not isinstance(value, str):
        raise FieldError(_("This must be text."))
    if len(value) > 20_000:
        raise FieldError(_("This is too long: at most 20,000 characters."))
    return value


def read_duration(value: Any, known: Known) -> int:
    try:
        ms = parse_duration(value)
    except ValueError as error:
        raise FieldError(str(error)) from None
    if ms < 1000:
        raise FieldError(_("Wait for at least one second."))
    if ms > YEAR:
        raise FieldError(_("Wait for one year at most."))
    return ms


def read_template(value: Any, known: Known) -> int:
    if not (isinstance(value, str) and value.isdecimal() and len(value) < 20):
        raise FieldError(str(EMPTY["template"]))
    if known.templates is not None and value not in known.templates:
        raise FieldError(_("This template is not there any more. Choose another."))
    return int(value)


def read_url(value: Any, known: Known) -> str:
    text = read_text(value, known).strip()
    try:
        url = urlsplit(text)
        good = url.scheme in {"http", "https"} and bool(url.hostname) and len(text) <= 2_000
    except ValueError:
        good = False
    if not good:
        raise FieldError(_("Write a full address that starts with https:// or http://."))
    return text


def read_rule(value: Any, known: Known) -> Any:
    """The rule as canonical JSON; segments it names must exist."""
    try:
        rule = parse_rule(value)
    except RuleError as error:
        raise FieldError(rule_problem(error), error.details["path"].removeprefix("$")) from None
    if known.segments is not None:
        for segment_id in sorted(rule.segments()):
            if str(segment_id) not in known.segments:
                raise FieldError(_("The segment %(id)s is not there any more.") % {"id": segment_id})
    return rule.json


def rule_problem(error: RuleError) -> str:
    """What is wrong with a rule, without the place, in the active language."""
    if not error.template:
        return str(error.details["problem"])
    said = _(error.template)
    return said.format(**error.values) if error.values else said


def read_traits(value: Any, known: Known) -> dict[str, Any]:
    """Trait → text, number, true/false or null (which deletes it)."""
    if not isinstance(value, dict):
        raise FieldError(_("Write traits as name and value."))
    if len(value) > 20:
        raise FieldError(_("At most 20 traits in one step."))
    for name, content in value.items():
        if not name.strip() or len(name) > 100:
            raise FieldError(_("A trait's name has 1 to 100 characters."), f".{name}")
        if not (content is None or isinstance(content, str | int | float | bool)):
            raise FieldError(_("A trait's value is a text, a number, true or false."), f".{name}")
        if isinstance(content, str) and len(content) > 1_000:
            raise FieldError(_("A trait's value has at most 1,000 characters."), f".{name}")
    return {name.strip(): content for name, content in value.items()}


EMPTY: dict[str, Text] = {
    "template": gettext_lazy("Choose a template."),
    "rule": gettext_lazy("Ask a question."),
    "traits": gettext_lazy("Name at least one trait."),
    "url": gettext_lazy("Write the address to call."),
    "duration": gettext_lazy("Say how long."),
}
READERS: dict[str, Callable[[Any, Known], Any]] = {
    "text": read_text,
    "liquid": read_text,
    "duration": read_duration,
    "template": read_template,
    "url": read_url,
    "rule": read_rule,
    "traits": read_traits,
}
