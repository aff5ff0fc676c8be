"""The form of a computed trait: drawn from the fields of its kind, and read back into a spec."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext as _

from quen.computed.kinds.base import Field, Kind
from quen.computed.rfm import PARTS
from quen.computed.rfm_groups import DEFAULT, NAMES
from quen.segments.grammar import UNITS
from quen.segments.pages.common import decode_rule
from quen.segments.rules import RuleError

Spec = dict[str, Any]
_NUMBER = {
    "en": re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"),
    "vi": re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?"),
}
_DURATION = re.compile(r"([0-9]*)(mo|[mhdw])?")
_DAYS = {"w": 7, "mo": 30}


class Shown(msgspec.Struct):
    """One field as the template draws it. `value` is what its kind needs: see `_SHOW`."""

    key: str
    kind: str
    label: str
    help: str
    required: bool
    value: Any
    choices: list[tuple[str, str]]


def read(kind: Kind, post: QueryDict, language: str) -> Spec:
    """The spec that was typed. Raises RuleError only for what cannot be part of one."""
    spec: Spec = {"kind": kind.name}
    for field in kind.fields:
        spec |= _READ[field.kind](field.key, post, language)
    return spec


def shown(kind: Kind, spec: Mapping[str, Any], language: str) -> list[Shown]:
    """The fields with what a spec says of them; the spec may be wrong."""
    return [
        Shown(
            field.key,
            field.kind,
            field.label[language],
            field.help[language],
            field.required,
            _SHOW[field.kind](field, spec, language),
            [(value, label[language]) for value, label in field.choices],
        )
        for field in kind.fields
        if field.kind != "made"
    ]


# ---- reading


def _read_events(key: str, post: QueryDict, language: str) -> Spec:
    names = [name.strip() for name in post.getlist(key) if name.strip()]
    return {key: names[0] if len(names) == 1 else names} if names else {}


def _read_text(key: str, post: QueryDict, language: str) -> Spec:
    value = post.get(key, "").strip()
    return {key: value} if value else {}


def _read_number(key: str, post: QueryDict, language: str) -> Spec:
    value = post.get(key, "").strip()
    return {key: number(value, language)} if value else {}


def _read_flag(key: str, post: QueryDict, language: str) -> Spec:
    return {key: key in post}


def _read_duration(key: str, post: QueryDict, language: str) -> Spec:
    n = post.get(f"{key}_n", "").strip()
    return {key: n + post.get(f"{key}_unit", "d")} if n else {}


def _read_window(key: str, post: QueryDict, language: str) -> Spec:
    which = post.get(key, "ever")
    if which == "within":
        return {"within": post.get(f"{key}_n", "").strip() + post.get(f"{key}_unit", "d")}
    if which == "between":
        return {"between": [post.get(f"{key}_from", ""), post.get(f"{key}_to", "")]}
    return {}


def _read_where(key: str, post: QueryDict, language: str) -> Spec:
    text = post.get(key, "").strip()
    if not text:
        return {}
    try:
        filters = decode_rule(text)
    except RuleError as error:
        raise RuleError(error.message, details={"path": f"$.{key}", "problem": error.message}) from None
    return {key: filters} if filters else {}


def _read_thresholds(key: str, post: QueryDict, language: str) -> Spec:
    if post.get("scoring") != "thresholds":
        return {}
    given = {part: [number(text.strip(), language) for text in post.getlist(f"{key}_{part}")] for part in PARTS}
    # In the form more points stand to the right: fewer days.
    return {key: {**given, "recency": [f"{days}d" for days in reversed(given["recency"])]}}


def _read_groups(key: str, post: QueryDict, language: str) -> Spec:
    if post.get(f"{key}_own") != "1":
        return {}
    named = {label[language]: name for name, label in NAMES.items()}
    columns = [post.getlist(f"{key}_{column}") for column in ("group", "r", "f", "m")]
    rows = [
        {
            "group": named.get(group.strip(), group.strip()),
            **{part: _range(text) for part, text in zip("rfm", ranges, strict=True)},
        }
        for group, *ranges in zip(*columns, strict=False)
        if group.strip()
    ]
    return {key: rows}


def _range(text: str) -> list[Any]:
    """`4–5` or `3`."""
    ends = [part.strip() for part in re.split(r"[-–]", text)]
    whole: list[Any] = [int(end) if end.isdecimal() and len(end) < 3 else end for end in ends]
    return whole * 2 if len(whole) == 1 else whole


def number(text: str, language: str) -> Any:
    """As people write it: 500.000 and 1,5 in Vietnamese, 500,000 and 1.5 in English; what is none stays a text."""
    plain = text.replace(" ", "").replace("\u00a0", "")
    group, point = (",", ".") if language == "en" else (".", ",")
    if _NUMBER[language].fullmatch(plain):
        plain = plain.replace(group, "")
    plain = plain.replace(point, ".")
    if re.fullmatch(r"[+-]?[0-9]+", plain):
        return int(plain)
    return float(plain) if re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", plain) else text


def _nothing(key: str, post: QueryDict, language: str) -> Spec:
    return {}


_READ: dict[str, Callable[[str, QueryDict, str], Spec]] = {
    "event": _read_events,
    "property": _read_text,
    "text": _read_text,
    "choice": _read_text,
    "number": _read_number,
    "flag": _read_flag,
    "duration": _read_duration,
    "window": _read_window,
    "where": _read_where,
    "rfm_thresholds": _read_thresholds,
    "rfm_groups": _read_groups,
    "made": _nothing,
}


# ---- showing


def _show_events(field: Field, spec: Mapping[str, Any], language: str) -> list[str]:
    value = spec.get(field.key, "")
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def _show_text(field: Field, spec: Mapping[str, Any], language: str) -> str:
    return str(spec.get(field.key, ""))


def _show_number(field: Field, spec: Mapping[str, Any], language: str) -> str:
    return _written(spec.get(field.key, ""), language)


def _show_flag(field: Field, spec: Mapping[str, Any], language: str) -> bool:
    return bool(spec.get(field.key, True))


def _show_duration(field: Field, spec: Mapping[str, Any], language: str) -> tuple[str, str]:
    return _span(spec.get(field.key, field.usual))


def _span(value: Any) -> tuple[str, str]:
    """How many, and of what: minutes, hours, or days."""
    match = _DURATION.fullmatch(str(value))
    if match is None:
        return str(value).rstrip("".join(UNITS)), "d"
    n, unit = match[1], match[2] or "d"
    return (str(int(n) * _DAYS[unit]), "d") if n and unit in _DAYS else (n, unit)


def _show_window(field: Field, spec: Mapping[str, Any], language: str) -> dict[str, Any]:
    between = spec.get("between")
    start, end = between if isinstance(between, list) and len(between) == 2 else ("", "")
    n, unit = _span(spec.get("within", "30d"))
    which = "within" if "within" in spec else "between" if "between" in spec else "ever"
    return {"which": which, "n": n, "unit": unit, "from": start, "to": end}


def _show_where(field: Field, spec: Mapping[str, Any], language: str) -> str:
    return msgspec.json.encode(spec.get(field.key) or []).decode()


def _show_thresholds(field: Field, spec: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    given = spec.get(field.key)
    given = given if isinstance(given, Mapping) else {}
    usual: dict[str, list[Any]] = {"recency": ["30d", "90d", "180d", "270d"], "frequency": [2, 3, 5, 8], "monetary": []}
    labels = {
        "recency": (_("Days since the last order"), _("less than")),
        "frequency": (_("Number of orders"), _("at least")),
        "monetary": (_("Spent in all"), _("at least")),
    }
    rows = []
    for part in PARTS:
        values: list[Any] = list(given.get(part) or usual[part])[:4]
        values += [""] * (4 - len(values))
        written = [_span(value)[0] if part == "recency" and value else _written(value, language) for value in values]
        if part == "recency":
            written.reverse()  # fewer days are more points
        rows.append(
            {
                "part": part,
                "label": labels[part][0],
                "sign": labels[part][1],
                "fields": list(enumerate(written, 2)),
            }
        )
    return rows


def _written(value: Any, language: str) -> str:
    """So that `number` reads it as it is."""
    return str(value).replace(".", ",") if isinstance(value, float) and language == "vi" else str(value)


def _show_groups(field: Field, spec: Mapping[str, Any], language: str) -> dict[str, Any]:
    own = spec.get(field.key)
    rows = own if isinstance(own, list) else [row.to_json() for row in DEFAULT]
    return {
        "own": isinstance(own, list),
        "rows": [
            {
                "group": NAMES[row["group"]][language] if row.get("group") in NAMES else row.get("group", ""),
                **{part: _range_text(row.get(part, [1, 5])) for part in "rfm"},
            }
            for row in rows
            if isinstance(row, Mapping)
        ],
        "names": [label[language] for label in NAMES.values()],
    }


def _range_text(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    ends = list(dict.fromkeys(str(end) for end in value))
    return "–".join(ends)


_SHOW: dict[str, Callable[[Field, Mapping[str, Any], str], Any]] = {
    "event": _show_events,
    "property": _show_text,
    "text": _show_text,
    "choice": _show_text,
    "number": _show_number,
    "flag": _show_flag,
    "duration": _show_duration,
    "window": _show_window,
    "where": _show_where,
    "rfm_thresholds": _show_thresholds,
    "rfm_groups": _show_groups,
}
