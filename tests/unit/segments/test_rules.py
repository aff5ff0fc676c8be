"""Rules that are wrong are refused at the place that is wrong; rules that are right are said in words."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.segments.aggregates import AGGREGATES
from quen.segments.conditions import KINDS
from quen.segments.conditions.event import Event
from quen.segments.operators import OPERATORS
from quen.segments.rules import RuleError, describe, parse_rule

EVENT = {"event": "Order Completed"}
A = {"property": "a", "op": "gt", "value": 5}
WRONG: list[tuple[str, Any, str]] = [
    ("nothing", {}, "$"),
    ("a list", [], "$"),
    ("null", None, "$"),
    ("unknown condition", {"colour": "red"}, "$.colour"),
    ("two conditions in one", {"trait": "a", "event": "b", "op": "exists"}, "$.event"),
    ("empty group", {"all": []}, "$.all"),
    ("group that is no list", {"any": {"trait": "a"}}, "$.any"),
    ("a neighbour of a group", {"all": [EVENT], "x": 1}, "$.x"),
    ("no operator", {"trait": "city"}, "$"),
    ("unknown operator", {"any": [{"all": [EVENT, {"trait": "a", "op": "like", "value": 1}]}]}, "$.any[0].all[1].op"),
    ("operator of the wrong type", {"trait": "a", "op": ["eq"], "value": 1}, "$.op"),
    ("value missing", {"trait": "a", "op": "eq"}, "$"),
    ("value too much", {"trait": "a", "op": "exists", "value": 1}, "$.value"),
    ("value null", {"trait": "a", "op": "eq", "value": None}, "$.value"),
    ("value an object", {"trait": "a", "op": "eq", "value": {"x": 1}}, "$.value"),
    ("value NaN", {"trait": "a", "op": "eq", "value": float("nan")}, "$.value"),
    ("lone surrogate", {"trait": "a", "op": "eq", "value": "\ud800"}, "$.value"),
    ("NUL", {"trait": "a\0", "op": "exists"}, "$.trait"),
    ("empty name", {"trait": "", "op": "exists"}, "$.trait"),
    ("empty part of a path", {"trait": "a..b", "op": "exists"}, "$.trait"),
    ("text for a number", {"trait": "a", "op": "gt", "value": "many"}, "$.value"),
    ("date for a number", {"trait": "a", "op": "gt", "value": "2026-01-01"}, "$.value"),
    ("true for a number", {"trait": "a", "op": "gt", "value": True}, "$.value"),
    ("no list", {"trait": "a", "op": "in", "value": "x"}, "$.value"),
    ("empty list", {"trait": "a", "op": "in", "value": []}, "$.value"),
    ("wrong in a list", {"trait": "a", "op": "in", "value": ["x", None]}, "$.value[1]"),
    ("1,001 in a list", {"trait": "a", "op": "in", "value": list(range(1001))}, "$.value"),
    ("between backwards", {"trait": "a", "op": "between", "value": [5, 1]}, "$.value"),
    ("between one", {"trait": "a", "op": "between", "value": [5]}, "$.value"),
    ("dates backwards", {"trait": "a", "op": "between", "value": ["2026-02-01", "2026-01-01"]}, "$.value"),
    ("30 February", {"trait": "a", "op": "before", "value": "2026-02-30"}, "$.value"),
    ("no regular expression", {"trait": "a", "op": "matches", "value": "(a"}, "$.value"),
    ("look-ahead", {"trait": "a", "op": "matches", "value": "(?=a)"}, "$.value"),
    ("back-reference", {"trait": "a", "op": "matches", "value": "(a)\\1"}, "$.value"),
    ("exploding repetition", {"trait": "a", "op": "matches", "value": "((a{100}){100}){100}"}, "$.value"),
    ("long pattern", {"trait": "a", "op": "matches", "value": "a" * 257}, "$.value"),
    ("unknown unit", {**EVENT, "within": "3y"}, "$.within"),
    ("no duration", {**EVENT, "within": 3}, "$.within"),
    ("zero duration", {**EVENT, "within": "0d"}, "$.within"),
    ("a hundred years", {**EVENT, "within": "99999d"}, "$.within"),
    ("two windows", {**EVENT, "within": "3d", "between": ["2026-01-01", "2026-01-02"]}, "$.between"),
    ("wrong date", {**EVENT, "between": ["2026-01-01", "soon"]}, "$.between[1]"),
    ("unknown aggregate", {**EVENT, "median": {"property": "x", "op": "gt", "value": 1}}, "$.median"),
    ("two aggregates", {**EVENT, "count": {"op": "gte", "value": 1}, "sum": {}}, "$.sum"),
    ("aggregate that is no object", {**EVENT, "count": 2}, "$.count"),
    ("count of a half", {**EVENT, "count": {"op": "gte", "value": 0.5}}, "$.count.value"),
    ("count below 0", {**EVENT, "count": {"op": "gte", "value": -1}}, "$.count.value"),
    ("count by text operator", {**EVENT, "count": {"op": "contains", "value": 1}}, "$.count.op"),
    ("sum of nothing", {**EVENT, "sum": {"op": "gte", "value": 1}}, "$.sum"),
    ("unknown field of an aggregate", {**EVENT, "sum": {"property": "x", "op": "gt", "value": 1, "y": 2}}, "$.sum.y"),
    ("filter that is no list", {**EVENT, "where": {"property": "a"}}, "$.where"),
    ("filter without a property", {**EVENT, "where": [{"op": "exists"}]}, "$.where[0]"),
    ("filter in a filter", {**EVENT, "where": [{"any": [{"property": "a", "op": "?"}]}]}, "$.where[0].any[0].op"),
    ("filter that moves", {**EVENT, "where": [{"property": "a", "op": "in_last", "within": "3d"}]}, "$.where[0].op"),
    ("segment by number", {"segment": 5}, "$.segment"),
    ("sample over 100", {"sample": {"percent": 101, "salt": "x"}}, "$.sample.percent"),
    ("anniversary in hours", {"trait": "b", "op": "anniversary", "within": "5h"}, "$.within"),
    ("sequence of one", {"sequence": [EVENT], "within": "3d"}, "$.sequence"),
    (
        "sequence that begins with nothing",
        {"sequence": [{**EVENT, "not": True}, EVENT], "within": "3d"},
        "$.sequence[0].not",
    ),
    ("sequence without a span", {"sequence": [EVENT, EVENT]}, "$"),
    ("sequence of eleven", {"sequence": [EVENT] * 11, "within": "3d"}, "$.sequence"),
    (
        "a gap before the first step",
        {"sequence": [{**EVENT, "within": "1d"}, EVENT], "within": "2d"},
        "$.sequence[0].within",
    ),
    (
        "a time of what was not done between",
        {"sequence": [EVENT, {**EVENT, "not": True, "within": "1d"}, EVENT], "within": "3d"},
        "$.sequence[1].within",
    ),
    ("not, not said by true", {"sequence": [EVENT, {**EVENT, "not": 1}], "within": "3d"}, "$.sequence[1].not"),
    (
        "a filter of a step",
        {"sequence": [EVENT, {**EVENT, "where": [{"op": "eq"}]}], "within": "3d"},
        "$.sequence[1].where[0]",
    ),
    ("an aggregate in a step", {"sequence": [EVENT, {**EVENT, "count": {}}], "within": "3d"}, "$.sequence[1].count"),
]


@pytest.mark.parametrize(("rule", "path"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_the_error_points_at_the_place(rule: Any, path: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(rule)
    assert caught.value.details["path"] == path
    assert caught.value.status == 422
    assert caught.value.message.startswith(path)


def test_limits() -> None:
    deep: dict[str, Any] = EVENT
    for _ in range(19):
        deep = {"not": deep}
    assert parse_rule(deep)
    for rule in ({"not": deep}, {"all": [EVENT] * 200}):
        with pytest.raises(RuleError):
            parse_rule(rule)
    for _ in range(50_000):
        deep = {"not": deep}
    with pytest.raises(RuleError, match="too deep"):
        parse_rule(deep)


@pytest.mark.parametrize(
    ("rule", "vi", "en"),
    [
        (
            {
                **EVENT,
                "count": {"op": "gte", "value": 2},
                "within": "30d",
                "where": [{"property": "total", "op": "gt", "value": 500000}],
            },
            "Đã Order Completed ít nhất 2 lần trong 30 ngày qua, với total trên 500.000",
            "Did Order Completed at least 2 times in the last 30 days where total is over 500,000",
        ),
        (
            {
                "all": [
                    {"event": "Product Added", "within": "3d"},
                    {**EVENT, "count": {"op": "eq", "value": 0}, "within": "3d"},
                ]
            },
            "Đã Product Added trong 3 ngày qua và chưa Order Completed trong 3 ngày qua",
            "Did Product Added in the last 3 days and did not do Order Completed in the last 3 days",
        ),
        (
            {"any": [{"trait": "city", "op": "in", "value": ["Hà Nội", "Huế"]}, {"not": {"segment": "7"}}]},
            "city là một trong “Huế”, “Hà Nội” hoặc không thuộc phân khúc “7”",
            "city is one of “Huế”, “Hà Nội” or is not in segment “7”",
        ),
        (
            {
                **EVENT,
                "sum": {"property": "total", "op": "gt", "value": 1000000},
                "between": ["2026-01-01", "2026-06-30"],
            },
            "Đã Order Completed với tổng của total trên 1.000.000 từ 01/01/2026 đến 30/06/2026",
            "Did Order Completed with the sum of total over 1,000,000 between 01/01/2026 and 30/06/2026",
        ),
        (
            {"all": [{**EVENT, key: {"property": "total", "op": "lt", "value": 9}} for key in ("avg", "min", "max")]},
            " và ".join(
                f"{did} Order Completed với giá trị {which} của total dưới 9"
                for did, which in (("Đã", "trung bình"), ("đã", "nhỏ nhất"), ("đã", "lớn nhất"))
            ),
            " and ".join(
                f"{did} Order Completed with the {which} total under 9"
                for did, which in (("Did", "average"), ("did", "smallest"), ("did", "largest"))
            ),
        ),
        (
            {
                "sequence": [
                    {"event": "A"},
                    {"event": "B", "within": "1h"},
                    {"event": "C", "not": True, "where": [{"property": "t", "op": "gt", "value": 5}]},
                ],
                "within": "3d",
                "in_last": "9d",
            },
            (
                "Đã A, sau đó B trong vòng 1 giờ, sau đó không C với t trên 5, tất cả trong vòng 3 ngày,"
                " và việc đó xảy ra trong 9 ngày qua"
            ),
            (
                "Did A, then did B within 1 hour, then did not do C where t is over 5, all within 3 days,"
                " and that in the last 9 days"
            ),
        ),
        (
            {"sequence": [{"event": "A"}, {"event": "B", "not": True}], "within": "1d"},
            "Đã A, sau đó không B suốt 1 ngày",
            "Did A, then did not do B for 1 day",
        ),
        (
            {**EVENT, "first": {"property": "shop", "op": "eq", "value": "Huế"}, "within": "1d"},
            "Lần Order Completed đầu tiên trong 1 ngày qua có shop là “Huế”",
            "The shop of the first Order Completed in the last day is “Huế”",
        ),
        (
            {
                **EVENT,
                "last": {"property": "shop", "op": "ne", "value": "Huế"},
                "where": [{"property": "total", "op": "gte", "value": 5}],
            },
            (
                "Lần Order Completed gần nhất có shop không phải là “Huế” (hoặc chưa có lần nào),"
                " chỉ tính những lần có total ít nhất là 5"
            ),
            (
                "The shop of the latest Order Completed is not “Huế” (or there is none),"
                " counting only those where total is at least 5"
            ),
        ),
        (
            {**EVENT, "count": {"op": "eq", "value": 1}, "between": ["2026-01-01T09:30", "2026-06-30T10:00:00Z"]},
            "Đã Order Completed đúng 1 lần từ 01/01/2026 09:30 đến 30/06/2026 10:00 UTC",
            "Did Order Completed exactly once between 01/01/2026 09:30 and 30/06/2026 10:00 UTC",
        ),
        (
            {
                **EVENT,
                "count": {"op": "lt", "value": 1},
                "between": ["2026-01-01", "2026-01-31"],
                "where": [{"property": "total", "op": "gt", "value": 5}],
            },
            "Không Order Completed lần nào từ 01/01/2026 đến 31/01/2026 với total trên 5",
            "Did not do Order Completed between 01/01/2026 and 31/01/2026 where total is over 5",
        ),
        (
            {"all": [{"not": EVENT}, {"not": {"trait": "city", "op": "missing"}}, {"not": {"all": [EVENT, EVENT]}}]},
            "Chưa Order Completed và city có giá trị và không phải (đã Order Completed và đã Order Completed)",
            "Did not do Order Completed and city has a value and not (did Order Completed and did Order Completed)",
        ),
        (
            {**EVENT, "where": [{"not": {"property": "a", "op": "in", "value": ["x"]}}, {"not": {"any": [A, A]}}]},
            "Đã Order Completed, với a không thuộc “x” và không phải (a trên 5 hoặc a trên 5)",
            "Did Order Completed where a is none of “x” and not (a is over 5 or a is over 5)",
        ),
    ],
)
def test_sentences(rule: dict[str, Any], vi: str, en: str) -> None:
    assert describe(parse_rule(rule), "vi") == vi
    assert describe(parse_rule(rule), "en-GB") == en


@pytest.mark.parametrize("op", ["eq", "ne", "gt", "gte", "lt", "lte", "between"])
@pytest.mark.parametrize("name", ["count", "distinct", "sum", "avg", "min", "max", "first", "last"])
@pytest.mark.parametrize("value", [0, 1, 3])
def test_what_holds_for_who_did_nothing_says_so(name: str, op: str, value: int) -> None:
    spec: dict[str, Any] = {"op": op, "value": [value, 5] if op == "between" else value}
    if name != "count":
        spec["property"] = "total"
    rule = parse_rule({**EVENT, name: spec})
    condition = rule.root
    assert isinstance(condition, Event)
    said = describe(rule, "en")
    holds = AGGREGATES[name].holds_on_nothing(condition.operand, ZoneInfo("UTC"))
    assert ("or never" in said or "there is none" in said or "did not do" in said.lower()) is holds, said
    vietnamese = describe(rule, "vi")
    assert ("chưa" in vietnamese.lower()) is holds, vietnamese


def test_the_contracts_grammar_is_there() -> None:
    assert {"all", "any", "not", "trait", "event", "sequence", "segment", "list", "reachable", "consent", "sample"} <= {
        *KINDS
    }
    contract = "eq ne in not_in gt gte lt lte between exists missing contains starts_with matches before after in_last"
    assert set(contract.split()) | {"in_next", "anniversary"} <= {*OPERATORS}
    assert {"count", "sum", "avg", "min", "max", "distinct", "first", "last"} <= {*AGGREGATES}


def test_equal_rules_have_one_hash() -> None:
    one = parse_rule({"all": [{**EVENT, "within": "2w"}, {"trait": "a", "op": "in", "value": ["b", "a", "a"]}]})
    same = parse_rule(
        {
            "all": [
                {"within": "14d", "count": {"value": 1.0, "op": "gte"}, **EVENT},
                {"op": "in", "trait": "a", "value": ["a", "b"]},
            ]
        }
    )
    assert one.hash == same.hash
    assert one.hash != parse_rule({"all": [EVENT]}).hash


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "all",
                    "any",
                    "not",
                    "event",
                    "trait",
                    "op",
                    "value",
                    "count",
                    "within",
                    "where",
                    "property",
                    "sum",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_parsed_or_refused(value: Any) -> None:
    try:
        rule = parse_rule(value)
    except RuleError as error:
        path = error.details["path"]
    else:
        path = "$"
        assert parse_rule(rule.json).json == rule.json
    assert path.startswith("$")
