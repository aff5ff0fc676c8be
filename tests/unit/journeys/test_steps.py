"""What every kind of step keeps to, whoever adds one: found by looking, so a new file is tested as it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.template.loader import get_template
from django.utils.translation import override

from quen.journeys.fields import READERS, Known, read_field
from quen.journeys.forms import shown
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import Names, Step, StepContext, StepKind

EXAMPLES: dict[str, Any] = {
    "text": "Chào",
    "liquid": '{"name": {{ person.name | json }}}',
    "duration": "2d",
    "template": "77",
    "url": "https://example.com/hook",
    "rule": {"trait": "city", "op": "eq", "value": "Huế"},
    "traits": {"stage": "warm", "score": 3, "old": None},
}
KINDS = step_kinds().values()


def step(kind: StepKind) -> Step:
    values = {field.name: read_field(field, EXAMPLES[field.kind], Known()) for field in kind.fields}
    return Step("s-1", kind.type, values, dict.fromkeys(kind.branches, ()))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_it_answers_with_what_it_declares(kind: StepKind) -> None:
    waited = False
    for members in ((), (1,)):
        outcome = kind.run(step(kind), StepContext(1_000, False, members, 1))
        if outcome.wait_until is not None:
            waited = True
            assert outcome.wait_until > 1_000 and not outcome.end and kind.lasts is not None
            assert kind.run(step(kind), StepContext(outcome.wait_until, True, members, 1)).word in kind.outcomes
        assert outcome.word in kind.outcomes
        assert (outcome.branch in kind.branches) if kind.branches else outcome.branch is None
        assert outcome.end == kind.ends
        assert kind.acts == (outcome.send is not None or outcome.traits is not None)
    assert waited == (kind.lasts is not None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_it_is_the_same_each_time(kind: StepKind) -> None:
    context = StepContext(5_000, False, (), None)
    assert kind.run(step(kind), context) == kind.run(step(kind), context)
    assert msgspec.json.encode(kind.run(step(kind), context).traits or {})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_it_speaks_both_languages(kind: StepKind) -> None:
    said = {}
    for language in ("vi", "en"):
        with override(language):
            texts = [kind.title, kind.help, *kind.outcomes.values(), *kind.branches.values()]
            said[language] = [*map(str, texts), kind.describe(step(kind), Names(language=language))]
            assert all(said[language])
    assert said["vi"][0] != said["en"][0] and said["vi"][1] != said["en"][1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_its_form_can_be_drawn(kind: StepKind) -> None:
    for field in kind.fields:
        assert field.kind in READERS and str(field.label)
        assert get_template(f"journeys/fields/{field.kind}.html")
        assert shown(field.kind, EXAMPLES[field.kind]) and shown(field.kind, field.default) is not None
