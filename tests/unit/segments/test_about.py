"""Facts about a sentence say the same as the sentence: over the cases that both evaluators are held to."""

from __future__ import annotations

from typing import Any

import pytest

from quen.segments.about import Facts
from quen.segments.cases import Case
from quen.segments.conditions import consent, list_, reachable
from quen.segments.rules import parse_rule

CASES = [*consent.KIND.cases, *reachable.KIND.cases, *list_.KIND.cases]
AT = 1_760_000_000_000


def about(rule: dict[str, Any], traits: dict[str, Any]) -> Facts | None:
    return parse_rule(rule).root.about(traits, dict.fromkeys(traits, (AT, 1, 1)))


def speaks_for_it(facts: Facts) -> bool:
    if facts.kind == "list":
        return facts.since is not None
    assert facts.trait is not None
    if facts.kind == "consent":
        return facts.trait[1] is True
    return facts.trait[1] is not None and not facts.suppressed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_of_marks(case: Case) -> None:
    negated = "not" in case.rule
    facts = about(case.rule["not"] if negated else case.rule, dict(case.traits))
    assert facts is not None
    assert (speaks_for_it(facts) is not negated) is case.holds
    assert facts.since in (None, AT)


def test_a_word_that_was_taken_back_is_a_word() -> None:
    found = about({"consent": "ads"}, {"quen:consent:ads": False})
    assert found == Facts("consent", ("ads", False), since=AT)
    assert about({"consent": "ads"}, {}) == Facts("consent", ("ads", None))


def test_the_value_of_a_trait_nested_or_flat() -> None:
    rule = {"trait": "address.city", "op": "exists"}
    for traits in ({"address": {"city": "Huế"}}, {"address.city": "Huế"}):
        assert about(rule, traits) == Facts("trait", ("address.city", "Huế"))
    assert about(rule, {"address": "Huế"}) == Facts("trait", ("address.city", None))
    waiting = {"trait": "quen:computed.5", "op": "exists"}
    assert about(waiting, {"quen:computed": {"5": 1}}) == Facts("trait", ("quen:computed.5", None))


def test_events_are_asked_for_elsewhere() -> None:
    assert about({"event": "Order Completed"}, {}) is None
