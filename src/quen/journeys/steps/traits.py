"""Write traits of the person."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.fields import Field
from quen.journeys.steps.base import Names, Outcome, Step, StepContext, StepKind


def run(step: Step, context: StepContext) -> Outcome:
    return Outcome("passed", traits=step.values["traits"])


def describe(step: Step, names: Names) -> str:
    return _("Update %(traits)s") % {"traits": ", ".join(_assignment(*item) for item in step.values["traits"].items())}


def _assignment(name: str, value: object) -> str:
    return _("remove %(name)s") % {"name": name} if value is None else f"{name} = {value}"


KIND = StepKind(
    type="traits",
    icon="user-edit",
    title=gettext_lazy("Update traits"),
    help=gettext_lazy("Write traits of the person: a stage, a flag, a score."),
    run=run,
    describe=describe,
    fields=(
        Field(
            "traits",
            "traits",
            gettext_lazy("Traits"),
            gettext_lazy("A number or true/false is kept as such. An empty value removes the trait."),
        ),
    ),
    outcomes={"passed": gettext_lazy("Updated")},
    acts=True,
    order=40,
)
