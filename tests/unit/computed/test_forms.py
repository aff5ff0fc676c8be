"""The form of each kind says a spec whole, and what people type into it never breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from quen.computed.definitions import parse_computed
from quen.computed.kinds import KINDS
from quen.computed.pages import forms
from quen.computed.recipes import recipes
from quen.segments.rules import RuleError

THRESHOLDS = {"recency": ["30d", "60d", "90d", "180d"], "frequency": [2, 3, 5, 8], "monetary": [1.125, 200, 500, 1000]}
WHERE = [{"property": "total", "op": "between", "value": [1, 5]}, {"not": {"property": "shop", "op": "exists"}}]
SPECS: list[dict[str, Any]] = [
    *(recipe.spec for recipe in recipes()),
    {"kind": "count", "event": ["A", "B"], "within": "90m", "where": WHERE},
    {"kind": "sum", "event": "A", "property": "o.total", "between": ["2026-01-01", "2026-06-30"]},
    {"kind": "rfm", "event": "A", "scoring": "thresholds", "thresholds": THRESHOLDS},
    {"kind": "rfm", "event": "A", "groups": [{"group": "loyal", "r": [2, 5]}, {"group": "Đi hẳn", "r": [1, 1]}]},
    {"kind": "lifecycle", "event": "A", "new": "12h", "active": "2d", "lapsed": "3d", "prospects": False},
]


def posted(kind: str, spec: dict[str, Any], language: str) -> QueryDict:
    """What a browser sends of the form that shows a spec."""
    post = QueryDict(mutable=True)
    for field in forms.shown(KINDS[kind], spec, language):
        key, value = field.key, field.value
        match field.kind:
            case "event":
                post.setlist(key, value)
            case "duration":
                post[f"{key}_n"], post[f"{key}_unit"] = value
            case "window":
                post[key] = value["which"]
                for part in ("n", "unit", "from", "to"):
                    post[f"{key}_{part}"] = value[part]
            case "flag":
                if value:
                    post[key] = "on"
            case "rfm_thresholds":
                for line in value:
                    post.setlist(f"{key}_{line['part']}", [written for _, written in line["fields"]])
            case "rfm_groups":
                post[f"{key}_own"] = "1" if value["own"] else ""
                for part in ("group", "r", "f", "m"):
                    post.setlist(f"{key}_{part}", [row[part] for row in value["rows"]])
            case _:
                post[key] = value
    return post


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: "-".join([spec["kind"], *map(str, list(spec)[1:])]))
def test_what_is_shown_is_what_is_read(spec: dict[str, Any], language: str) -> None:
    canonical = parse_computed("t", "t", spec).spec
    read = forms.read(KINDS[spec["kind"]], posted(spec["kind"], canonical, language), language)
    assert parse_computed("t", "t", read).spec == canonical


texts = st.one_of(
    st.sampled_from(["", "1", "-1", "4–5", "5-4", "[]", "{}", '[{"property": 1}]', "1.000", "²"]), st.text()
)


@given(st.data(), st.sampled_from(sorted(KINDS)), st.sampled_from(["vi", "en"]))
def test_whatever_is_typed_is_read_and_shown_again(data: st.DataObject, kind: str, language: str) -> None:
    post = posted(kind, {}, language)
    for key in list(post):
        post.setlist(key, data.draw(st.lists(texts, max_size=5)))
    try:
        spec = forms.read(KINDS[kind], post, language)
    except RuleError:  # filters that are no JSON
        return
    forms.shown(KINDS[kind], spec, language)
    try:
        trait = parse_computed("t", "t", spec)
    except RuleError:
        return
    forms.shown(KINDS[kind], trait.spec, language)


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("500.000", "vi", 500_000),
        ("500,000", "en", 500_000),
        ("1,5", "vi", 1.5),
        ("1.5", "en", 1.5),
        ("1.500,5", "vi", 1500.5),
        ("5", "vi", 5),
        ("năm", "vi", "năm"),
        ("", "vi", ""),
    ],
)
def test_numbers_as_people_write_them(text: str, language: str, number: Any) -> None:
    assert forms.number(text, language) == number
