"""Why a message did not go out, in words. Reasons are kept as short codes."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.delivery.templating import RenderWarning

REASONS = {
    # Guardrails
    "no_address": gettext_lazy("The person has no e-mail address"),
    "no_profile": gettext_lazy("The profile is not there any more"),
    "invalid_address": gettext_lazy("The address is not valid"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "bounced": gettext_lazy("An earlier e-mail came back: the mailbox does not exist"),
    "complained": gettext_lazy("Reported an e-mail as spam"),
    "by_hand": gettext_lazy("Suppressed by hand"),
    "exit_rule": gettext_lazy("Left the journey: the exit rule holds"),
    "exit_event": gettext_lazy("Left the journey: the exit event came"),
    "archived": gettext_lazy("The journey was archived"),
    "merged": gettext_lazy("Another run of the same person goes on"),
    "replaced": gettext_lazy("A new version of the journey was published"),
    "step_removed": gettext_lazy("The step was removed from the journey"),
    "run_exited": gettext_lazy("Left the journey"),
    "journey_paused": gettext_lazy("The journey is paused: it waits"),
    # Sending
    "no_template": gettext_lazy("The template is not there any more"),
    "template_error": gettext_lazy("The template has a mistake"),
    "no_smtp": gettext_lazy("No mail server is set up (SMTP_URL)"),
    "smtp_config": gettext_lazy("The mail server's settings are wrong"),
    "smtp_unreachable": gettext_lazy("The mail server cannot be reached: it is tried again"),
    "smtp_auth": gettext_lazy("The mail server refuses our password: it is tried again"),
    "smtp_lost": gettext_lazy("The connection to the mail server broke"),
    "sender_refused": gettext_lazy("The mail server refuses our sender address"),
    "recipient_refused": gettext_lazy("The mail server refuses the recipient"),
    "content_refused": gettext_lazy("The mail server refuses the e-mail"),
    "no_answer": gettext_lazy("The mail server did not say whether it took it"),
    "interrupted": gettext_lazy("Quen was stopped while it was sending"),
    "restored": gettext_lazy("It waited in a backup that was restored: it may have been sent before"),
    "unreachable": gettext_lazy("The address did not answer"),
    "url_refused": gettext_lazy("Webhooks may not go to this address"),
    "error": gettext_lazy("Something went wrong on our side; it is in the log of the app"),
}


def reason_text(reason: str) -> str:
    """In the viewer's language; a code without words is shown as it is."""
    if reason.startswith("http_"):
        return _("The receiver answered %(status)s") % {"status": reason.removeprefix("http_")}
    return str(REASONS.get(reason, reason))


def warning_text(warning: RenderWarning) -> str:
    """What is odd about a rendering, in the viewer's language."""
    if warning.code == "mjml":
        return _(warning.detail) % warning.values if warning.values else _(warning.detail)
    texts = {
        "undefined": _("“%(detail)s” stands for nothing with this person"),
        "link": _("The link “%(detail)s” was taken out: e-mails link to web pages, addresses and phone numbers only"),
        "script": _("Scripts do nothing in e-mails"),
        "no_subject": _("The subject is empty"),
        "footer": _("The template has no {{ unsubscribe_url }}: a line with the link is added below"),
    }
    return texts[warning.code] % {"detail": warning.detail}
