"""The benchmarks that compare segments with something: they run in their quick form and say what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from django.utils import translation

from quen.bench.questions import others, standard
from quen.segments.recipes import recipes
from quen.segments.rules import parse_rule


def measured(name: str, *options: str) -> dict[str, Any]:
    """The one result of a quick run."""
    command = [sys.executable, "-m", "quen.cli", "bench", name, "--quick", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=True)
    (result,) = json.loads(done.stdout)["results"]
    return dict(result)


def test_the_standard_questions_are_the_templates_of_the_builder() -> None:
    with translation.override("en"):
        templates = [parse_rule(recipe.rule) for recipe in recipes()]
    assert [parse_rule(question.rule) for question in standard()] == templates[:10]


def test_segments_are_set_beside_sql_by_hand_which_finds_the_same_people() -> None:
    result = measured("segments", "--profiles", "5000")
    found = {measure["name"]: measure for measure in result["measures"]}
    for question in [*standard(), *others()]:
        assert found[f"{question.name}: Quen / by hand"]["value"] > 0
        assert any(question.by_hand in note for note in result["notes"])
    assert found["questions answered differently by hand"]["value"] == 0
    assert found["preview, median of 10 standard questions"]["ok"]
    assert {"live, 100 segments / 1", "state of a profile, 100 segments"} <= found.keys()


def test_latency_keeps_its_rate_and_everybody_enters() -> None:
    result = measured("latency", "--profiles", "2000", "--rate", "50", "--segments", "5")
    found = {measure["name"]: measure for measure in result["measures"]}
    assert found["people who never entered"]["value"] == 0
    assert found["p99 from answer to entry"]["target"] == "≤ 500"
    assert "50 events a second" in result["notes"][0]
    assert "one of 5 live segments" in result["notes"][0]
