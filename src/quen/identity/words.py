"""What identifier types and rules are called, for people. Pure but for gettext."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.identity.keys import split_key

Show = Callable[[str, str], str]  # (type, value) → the value as the viewer may see it

# type → (icon of Tabler icons, name)
_TYPES: dict[str, tuple[str, Any]] = {
    "user_id": ("id", gettext_lazy("Customer code")),
    "email": ("mail", gettext_lazy("E-mail")),
    "phone": ("phone", gettext_lazy("Phone")),
    "anonymous_id": ("ghost-2", gettext_lazy("Anonymous visitor id")),
    "device_token": ("device-mobile", gettext_lazy("Device")),
    "zalo_user_id": ("message-circle", gettext_lazy("Zalo user")),
    "zalo_app_user_id": ("message-circle", gettext_lazy("Zalo Mini App user")),
    "facebook_psid": ("brand-facebook", gettext_lazy("Facebook user")),
    "customer_code": ("id", gettext_lazy("Customer code at the till")),
    "loyalty_card": ("credit-card", gettext_lazy("Loyalty card")),
    "external_id": ("id-badge", gettext_lazy("External id")),
}
# Why the engine did not carry out an order (Order.problem).
_PROBLEMS = {
    "missing": gettext_lazy("One of the identifiers is nobody’s any more. Look at the person’s page again."),
    "not_live": gettext_lazy("This entry of the log ties nothing any more."),
    "still_one": gettext_lazy("Other evidence still ties the two together. Split one of them off instead."),
    "not_one": gettext_lazy("The identifiers are not all of one person any more. Look at the person’s page again."),
    "everything": gettext_lazy("All identifiers of the person would leave: somebody has to stay."),
    "failed": gettext_lazy("Quen itself stumbled over it; the log of the app says how. Nothing has changed."),
    "same": gettext_lazy("This is the same person already."),
}


def type_name(type_: str) -> str:
    return str(_TYPES[type_][1]) if type_ in _TYPES else type_


def type_icon(type_: str) -> str:
    return _TYPES[type_][0] if type_ in _TYPES else "id-badge"


def named(key: str, show: Show) -> str:
    """`E-mail lan@example.com`."""
    type_, _scope, value = split_key(key)
    return f"{type_name(type_)} {show(type_, value)}"


def rule_text(rule: str) -> str:
    """Why an identifier was set aside (`Edge.rule`, `SetAside.rule`), a claim kept or an order refused, in words."""
    kind, _colon, of = rule.partition(":")
    names = {"type": type_name(of)}
    if kind == "unique":
        return _("One person has only one %(type)s, and these have two different ones.") % names
    if kind == "limit":
        return _("The person would have more values of %(type)s than one person may have.") % names
    if rule == "cap:merges":
        return _("Too many profiles have gone into one already: this looks like something that many people share.")
    if rule == "cap:identifiers":
        return _("The person has too many identifiers already: this looks like something that many people share.")
    if rule == "separated":
        return _("Somebody separated the two by hand; messages do not join them again.")
    if rule == "untrusted_merge":
        return _("A browser may not join two known people: anyone could claim to be someone else.")
    if rule == "untrusted_attach":
        return _("A browser may not give a known person another identifier of a kind they have already.")
    if rule == "shared_device":
        return _("A second person signed in on it: whose it is when nobody signs in cannot be told.")
    return str(_PROBLEMS[kind]) if kind in _PROBLEMS else rule
