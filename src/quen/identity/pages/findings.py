"""What a change of the identifier types would do, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quen.identity.preview import Finding
from quen.identity.words import type_name
from quen.web.templatetags.quen import number as written


def describe(finding: Finding) -> str:
    names = {
        "type": type_name(finding.type),
        "identifiers": _n(finding.identifiers),
        "people": _n(finding.people),
        "number": _n(finding.number),
    }
    if finding.kind == "priority":
        return _(
            "%(type)s is stronger now than %(others)s:"
            " where they contradict each other, it is kept and the others set aside."
        ) % {"type": names["type"], "others": ", ".join(type_name(name) for name in finding.names)}
    if finding.kind in ("normaliser", "scope"):
        return _matching(finding) % names + _colliding(finding)
    return _counted(finding) % names


def _n(number: int) -> str:
    return str(written(number))


def _counted(finding: Finding) -> str:
    kind, people = finding.kind, finding.people
    if kind == "unique":
        if not people:
            return _("%(type)s becomes unique: nobody has two of them now.")
        return ngettext(
            "%(type)s becomes unique: %(people)s person has more than one (%(identifiers)s too many).",
            "%(type)s becomes unique: %(people)s people have more than one (%(identifiers)s too many).",
            people,
        )
    if kind == "limit":
        if not people:
            return _("%(type)s: nobody has more than %(number)s now.")
        return ngettext(
            "%(type)s: %(people)s person has more than %(number)s (%(identifiers)s too many).",
            "%(type)s: %(people)s people have more than %(number)s (%(identifiers)s too many).",
            people,
        )
    if kind == "blocked":
        if not finding.identifiers:
            return _("%(type)s: nobody has one of the newly blocked values.")
        return ngettext(
            "%(type)s: %(identifiers)s identifier is blocked now.",
            "%(type)s: %(identifiers)s identifiers of %(people)s people are blocked now.",
            finding.identifiers,
        )
    if kind == "unusable":
        return _("%(type)s: values that are no identifiers any more when read this way: %(identifiers)s.")
    if kind == "anonymous":
        if finding.number:
            return _("%(type)s says nothing any more about who it is. People who have one: %(people)s.")
        return _("%(type)s says from now on who it is. People who have one: %(people)s.")
    if kind == "new":
        return _("%(type)s is new. Identifiers of this name that are there already: %(identifiers)s.")
    if kind == "gone":
        return _("%(type)s goes. Its identifiers stay (%(identifiers)s) and are taken as an undeclared type is.")
    if kind == "cap_identifiers":
        return _("People with more than %(number)s identifiers: %(people)s.")
    return _("People made of more than %(number)s merges: %(people)s.")


def _matching(finding: Finding) -> str:
    if finding.kind == "scope":
        return _(
            "%(type)s: identifiers under another scope: %(identifiers)s, of people: %(people)s."
            " New messages do not find them there and begin anew."
        )
    if not finding.identifiers:
        return _("%(type)s: what is there stays as it is; new messages are read the new way.")
    return _(
        "%(type)s: identifiers that would be written differently: %(identifiers)s, of people: %(people)s."
        " New messages do not find them in the old form and begin anew."
    )


def _colliding(finding: Finding) -> str:
    if not finding.number:
        return ""
    return " " + _("Values that several people would share: %(number)s.") % {"number": _n(finding.number)}
