"""Send an e-mail made from a template."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.fields import Field
from quen.journeys.steps.base import Names, Outcome, Send, Step, StepContext, StepKind


def run(step: Step, context: StepContext) -> Outcome:
    return Outcome("queued", send=Send("email", step.values["template_id"]))


def describe(step: Step, names: Names) -> str:
    template = str(step.values["template_id"])
    return _("Send e-mail “%(template)s”") % {"template": names.templates.get(template, template)}


KIND = StepKind(
    type="email",
    icon="mail",
    title=gettext_lazy("Send e-mail"),
    help=gettext_lazy("Write to the person. Those who unsubscribed or have no address get nothing."),
    run=run,
    describe=describe,
    fields=(Field("template_id", "template", gettext_lazy("Template")),),
    outcomes={"queued": gettext_lazy("Handed over for sending")},
    acts=True,
    order=30,
)
