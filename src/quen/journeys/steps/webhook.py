"""Tell another system, by a signed HTTP POST."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.journeys.fields import Field
from quen.journeys.steps.base import Names, Outcome, Send, Step, StepContext, StepKind


def run(step: Step, context: StepContext) -> Outcome:
    payload = {"url": step.values["url"], "body": step.values["body"] or ""}
    return Outcome("queued", send=Send("webhook", payload=payload))


def describe(step: Step, names: Names) -> str:
    return _("Call webhook %(host)s") % {"host": urlsplit(step.values["url"]).hostname}


KIND = StepKind(
    type="webhook",
    icon="webhook",
    title=gettext_lazy("Call webhook"),
    help=gettext_lazy("Tell another system. Each call is signed (Standard Webhooks), so it can be trusted."),
    run=run,
    describe=describe,
    fields=(
        Field("url", "url", gettext_lazy("Address")),
        Field(
            "body",
            "liquid",
            gettext_lazy("Body"),
            gettext_lazy("JSON with Liquid. Empty: the profile and the event that started the journey."),
            required=False,
        ),
    ),
    outcomes={"queued": gettext_lazy("Handed over for sending")},
    acts=True,
    order=50,
)
