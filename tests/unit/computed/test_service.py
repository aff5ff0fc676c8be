"""Computed traits as people make them: names, what uses one, what the builder offers of them."""

from __future__ import annotations

from typing import Any

import pytest

from quen.computed import service
from quen.computed.cells import Columns
from quen.computed.definitions import parse_computed
from quen.computed.kinds import KINDS
from quen.delivery.service import create_template
from quen.errors import Conflict, InvalidInput, NotFound
from quen.journeys import service as journeys
from quen.segments import service as segments
from quen.segments.grammar import RuleError
from quen.segments.oddities import unknown_names
from quen.segments.vocabulary import vocabulary

pytestmark = pytest.mark.django_db
ORDERS: dict[str, Any] = {"kind": "count", "event": "Ordered"}


def test_the_builder_offers_them_with_their_type_and_label() -> None:
    service.create("orders", "Orders", ORDERS)
    service.create("tastes", "Tastes", {"kind": "distinct", "event": "Ordered", "property": "category"})
    offered = {trait["name"]: trait for trait in vocabulary("en", masked=True)["traits"]}
    assert offered["computed.orders"]["type"] == "number"
    assert offered["computed.orders"]["label"] == "Orders"
    assert offered["computed.tastes"]["type"] == "array"
    assert unknown_names({"trait": "computed.orders", "op": "gt", "value": 1}) == []
    assert [odd.path for odd in unknown_names({"trait": "computed.order", "op": "exists"})] == ["$.trait"]


def test_what_uses_one() -> None:
    service.create("orders", "Orders", ORDERS)
    service.create("orders_30d", "Orders", {**ORDERS, "within": "30d"})
    segments.create_segment("Often", {"any": [{"trait": "computed.orders", "op": "gt", "value": 3}]})
    segments.create_segment("Of late", {"trait": "computed.orders_30d", "op": "gt", "value": 3})
    create_template(
        "Thanks", "Order {{ person.computed.orders }}", "<mjml><mj-body></mj-body></mjml>", "an@example.com"
    )
    journey = journeys.create_journey("Welcome", "an@example.com")
    journey.draft = {**journey.draft, "exit": {"rule": {"trait": "computed.orders", "op": "gt", "value": 0}}}
    journey.save()
    assert service.used_by("orders") == ["Often", "Thanks", "Welcome"]
    assert service.used_by("orders_30d") == ["Of late"]
    with pytest.raises(Conflict, match="“Often”, “Thanks”, “Welcome”"):
        service.delete(service.find("orders"))


def test_names_are_taken_once_and_fit_into_rules() -> None:
    service.create("orders", "Orders", ORDERS)
    with pytest.raises(Conflict):
        service.create("orders", "Again", ORDERS)
    for name in ("", "Orders", "1st", "a.b", "đơn", "a" * 61, None):
        with pytest.raises(InvalidInput):
            service.create(name, "x", ORDERS)
    with pytest.raises(NotFound):
        service.find("nothing")


def test_the_same_question_is_no_new_version() -> None:
    definition = service.create("orders", "Orders", ORDERS)
    before = service.definitions_version()
    assert service.update(definition, spec={"event": ["Ordered"], "kind": "count"}).version == 1
    assert service.update(definition, spec={**ORDERS, "within": "1w"}).version == 2
    assert service.update(definition, spec={**ORDERS, "within": "7d"}).version == 2
    assert service.definitions_version() != before


def test_a_state_is_kept_once_for_all_who_ask_for_the_same() -> None:
    about: dict[str, Any] = {"event": "Ordered", "property": "total", "within": "30d"}
    service.create("spent", "Spent", {"kind": "sum", **about})
    service.create("usual", "Usual", {"kind": "avg", **about})
    program = service.load_program()
    assert program.segment_ids == []
    assert set(program.events) == {"Ordered"}
    slots = [definition.next_slot for definition in service.listed()]
    assert program.atoms_of(slots[0], 0).keys() == program.atoms_of(slots[1], 0).keys()


def test_columns_of_a_file() -> None:
    service.create("orders", "A", ORDERS)
    service.create("mail", "B", {"kind": "last", "event": "Ordered", "property": "email"})
    service.create("tastes", "C", {"kind": "distinct", "event": "Ordered", "property": "category"})
    traits = {"computed": {"orders": 2.5, "mail": "lan@example.com", "tastes": ["tea", "rice"]}}
    assert Columns(masked=False).names == ["computed.orders", "computed.mail", "computed.tastes"]
    assert Columns(masked=False).cells(traits) == ["2.5", "lan@example.com", "tea, rice"]
    assert Columns(masked=True).cells(traits)[1] == "l•••@example.com"
    assert Columns(masked=True).cells({}) == ["", "", ""]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_says_what_it_is(kind: Any) -> None:
    assert set(kind.label) == set(kind.help) == {"en", "vi"}
    with pytest.raises(RuleError) as refused:
        parse_computed("x", "x", {"kind": kind.name, "nonsense": 1})
    assert refused.value.details["path"] in ("$", "$.nonsense")
