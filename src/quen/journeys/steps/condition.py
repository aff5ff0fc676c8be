"""Ask a question about the person and go one of two ways."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.fields import Field
from quen.journeys.steps.base import Names, Outcome, Step, StepContext, StepKind


def run(step: Step, context: StepContext) -> Outcome:
    answer = "yes" if context.watch in context.members else "no"
    return Outcome(answer, branch=answer)


def describe(step: Step, names: Names) -> str:
    return _("If: %(rule)s") % {"rule": names.rule(step.values["rule"])}


KIND = StepKind(
    type="condition",
    icon="git-branch",
    title=gettext_lazy("Condition"),
    help=gettext_lazy("Ask a question about the person and go one of two ways. Both meet again below."),
    run=run,
    describe=describe,
    fields=(Field("rule", "rule", gettext_lazy("Question"), gettext_lazy("Asked when the person comes here.")),),
    branches={"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")},
    outcomes={"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")},
    order=20,
)
