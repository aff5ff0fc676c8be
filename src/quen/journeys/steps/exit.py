"""End the journey for this person."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.steps.base import Names, Outcome, Step, StepContext, StepKind


def run(step: Step, context: StepContext) -> Outcome:
    return Outcome("exited", end=True)


def describe(step: Step, names: Names) -> str:
    return _("End the journey")


KIND = StepKind(
    type="exit",
    icon="logout",
    title=gettext_lazy("Exit"),
    help=gettext_lazy("End the journey here for whoever comes this way."),
    run=run,
    describe=describe,
    outcomes={"exited": gettext_lazy("Left here")},
    ends=True,
    order=90,
)
