"""A journey said in words, in the active language. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quen.journeys.durations import words
from quen.journeys.fields import Known
from quen.journeys.graph import SEGMENT, Graph, Trigger
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import Names, Step
from quen.segments.where import Where


def names_of(known: Known) -> Names:
    """The names that sentences need, in the active language."""
    return Names(known.templates or {}, known.segments or {}, language(), known.traits)


def describe(graph: Graph, names: Names) -> list[str]:
    """One line for each thing that happens, steps in branches indented."""
    lines = [describe_trigger(graph.trigger, names), describe_reentry(graph)]
    if graph.exit_when is not None:
        lines.append(_("Leaves as soon as: %(rule)s") % {"rule": names.rule(graph.exit_when)})
    for exit_event in graph.exit_on:
        lines.append(_("Leaves when “%(event)s” happens") % {"event": exit_event.match.event})
    return [*lines, *_steps(graph.nodes, names, 0)]


def describe_trigger(trigger: Trigger, names: Names) -> str:
    if trigger.type == SEGMENT:
        name = names.segments.get(str(trigger.segment_id), str(trigger.segment_id))
        return _("Starts when a person enters the segment “%(name)s”") % {"name": name}
    text = _("Starts when a person does “%(event)s”") % {"event": trigger.match.event}
    if not trigger.match.where:
        return text
    return _("%(text)s where %(filters)s") % {
        "text": text,
        "filters": Where("all", trigger.match.where).words(names.language),
    }


def describe_reentry(graph: Graph) -> str:
    """How often one person may go through."""
    if graph.reentry is None:
        rule = _("once only")
    elif graph.reentry == 0:
        rule = _("again whenever the last time has ended")
    else:
        rule = _("again after %(time)s") % {"time": words(graph.reentry)}
    if graph.entry_key is None:
        return _("Each person: %(rule)s") % {"rule": rule}
    key = graph.entry_key.removeprefix("properties.")
    return _("Each person and each %(key)s: %(rule)s") % {"key": key, "rule": rule}


def describe_step(step: Step, names: Names) -> str:
    return step_kinds()[step.type].describe(step, names)


def language() -> str:
    return "vi" if (get_language() or "").startswith("vi") else "en"


def _steps(steps: Sequence[Step], names: Names, depth: int) -> list[str]:
    lines = []
    for step in steps:
        lines.append("  " * depth + describe_step(step, names))
        for name, branch in step.branches.items():
            if branch:
                lines.append("  " * (depth + 1) + f"{step_kinds()[step.type].branches[name]}:")
                lines += _steps(branch, names, depth + 2)
    return lines
