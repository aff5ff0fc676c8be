"""Wait for a fixed time."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.durations import words
from quen.journeys.fields import Field
from quen.journeys.steps.base import Names, Outcome, Step, StepContext, StepKind


def run(step: Step, context: StepContext) -> Outcome:
    if context.woken:
        return Outcome("passed")
    # From now, not from when the last step was due: after a stop, people do not get everything at once.
    return Outcome("waiting", wait_until=context.now + step.values["duration"])


def lasts(step: Step) -> int:
    return int(step.values["duration"])


def describe(step: Step, names: Names) -> str:
    return _("Wait %(time)s") % {"time": words(step.values["duration"])}


KIND = StepKind(
    type="wait",
    icon="clock",
    title=gettext_lazy("Wait"),
    help=gettext_lazy("Let some time pass before the next step."),
    run=run,
    describe=describe,
    lasts=lasts,
    fields=(
        Field(
            "duration",
            "duration",
            gettext_lazy("How long"),
            gettext_lazy("From one second to one year."),
            default="1d",
        ),
    ),
    outcomes={"waiting": gettext_lazy("Waiting"), "passed": gettext_lazy("Waited")},
    order=10,
)
