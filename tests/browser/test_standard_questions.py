"""The ten standard questions are built by hand, with what the builder says and offers and nothing else.

That these questions find whom they should is shown over real orders in tests/flows/test_standard_questions.py.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from quen.segments.recipes import recipes
from quen.segments.rules import parse_rule, sentence

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytest.importorskip("playwright.sync_api")

TEN = recipes()[:10]
AMOUNTS = {"sum": "tổng của"}
COMPARISONS = {"gte": "ít nhất", "eq": "đúng", "gt": "trên", "anniversary": "có ngày kỷ niệm trong"}
UNITS = {"d": "ngày"}


@pytest.mark.parametrize("recipe", TEN, ids=[recipe.key for recipe in TEN])
def test_built_by_hand(page: Page, recipe: Any) -> None:
    page.goto("/segments/new")
    for number, condition in enumerate(recipe.rule["all"], 1):
        ask = _sequence if "sequence" in condition else _trait if "trait" in condition else _event
        ask(page, page.get_by_role("group", name=f"Điều kiện {number}", exact=True), condition)
    wanted = parse_rule(recipe.rule)
    assert parse_rule(json.loads(page.locator("#s-rule").input_value())) == wanted
    # Said back to who built it, and answered: by the time it is, nothing is left that the builder would ask for.
    said = sentence(wanted.root, "vi") + "."
    expect(page.locator("#s-sentence")).to_have_text(said)
    expect(page.locator("#s-rail [data-count]")).to_have_attribute("data-count", re.compile(r"^\d+$"))
    expect(page.locator(".is-invalid")).to_have_count(0)


def _event(page: Page, row: Locator, condition: dict[str, Any]) -> None:
    page.get_by_role("button", name="Họ đã làm gì").click()
    _name(page, condition["event"])  # where the cursor is
    count = condition.get("count", {"op": "gte", "value": 1})
    if count == {"op": "eq", "value": 0}:
        row.get_by_label("Sự kiện", exact=True).first.select_option(label="Chưa")
    elif "sum" in condition:
        row.get_by_label("Cách tính").select_option(label=AMOUNTS["sum"])
        row.get_by_label("Thuộc tính").click()
        _name(page, condition["sum"]["property"])
        _compare(row, condition["sum"])
    elif "count" in condition:
        _compare(row, count)
    when = row.get_by_label("Khi nào", exact=True)
    if "within" in condition:
        _span(row, when.nth(1), condition["within"])
    else:
        when.first.select_option(label="bất kỳ lúc nào")
    for each in condition.get("where", []):
        row.get_by_role("button", name="Thêm bộ lọc").click()
        _name(page, each["property"])
        _compare(row, each)


def _trait(page: Page, row: Locator, condition: dict[str, Any]) -> None:
    page.get_by_role("button", name="Họ là ai").click()
    _name(page, condition["trait"])
    row.get_by_label("Phép so sánh").select_option(label=COMPARISONS[condition["op"]])
    _span(row, row.get_by_label("Giá trị"), condition["within"])


def _sequence(page: Page, row: Locator, condition: dict[str, Any]) -> None:
    page.get_by_role("button", name="Việc này sau việc kia").click()
    steps = row.get_by_role("list").get_by_role("listitem")
    for index, step in enumerate(condition["sequence"]):
        if index:
            chosen = "sau đó không" if step.get("not") else "sau đó đã"
            steps.nth(index).get_by_label("Bước", exact=True).select_option(label=chosen)
            steps.nth(index).get_by_label("Sự kiện", exact=True).click()
        _name(page, step["event"])
    whole = row.locator(".s-sentence-line", has_text="Tất cả trong vòng")
    when = whole.get_by_label("Khi nào", exact=True)
    _span(whole, when.first, condition["within"])
    when.nth(1).select_option(label="trong")
    _span(whole, when.nth(2), condition["in_last"])


def _name(page: Page, name: str) -> None:
    page.keyboard.type(name)
    page.keyboard.press("Tab")


def _compare(row: Locator, test: dict[str, Any]) -> None:
    """In the last comparison of the row, figures as people write them."""
    row.get_by_label("Phép so sánh").last.select_option(label=COMPARISONS[test["op"]])
    row.get_by_label("Giá trị").last.fill(f"{test['value']:,}".replace(",", "."))


def _span(row: Locator, amount: Locator, span: str) -> None:
    amount.fill(span[:-1])
    row.get_by_label("Đơn vị").last.select_option(label=UNITS[span[-1]])
