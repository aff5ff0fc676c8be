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
            "%(type)s is stronger now than %(others)s: where the two contradict each other, the others are set aside."
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
            "%(type)s: %(identifiers)s identifier of %(people)s people is blocked now.",
            "%(type)s: %(identifiers)s identifiers of %(people)s people are blocked now.",
            finding.identifiers,
        )
    if kind == "unusable":
        return _("%(type)s: %(identifiers)s values are no identifiers any more when read this way.")
    if kind == "anonymous":
        if finding.number:
            return _("%(type)s says nothing any more about who it is; %(people)s people have one.")
        return _("%(type)s says from now on who it is; %(people)s people have one.")
    if kind == "new":
        return _("%(type)s is new; %(identifiers)s identifiers of this name are there already.")
    if kind == "gone":
        return _("%(type)s goes; its %(identifiers)s identifiers stay and are taken as an undeclared type is.")
    if kind == "cap_identifiers":
        return _("%(people)s people have more than %(number)s identifiers.")
    return _("%(people)s people are made of more than %(number)s merges.")


def _matching(finding: Finding) -> str:
    if finding.kind == "scope":
        return _(
            "%(type)s: %(identifiers)s identifiers of %(people)s people stand under another scope."
            " New messages do not find them there and begin anew."
        )
    return _(
        "%(type)s: %(identifiers)s identifiers of %(people)s people would be written differently."
        " New messages do not find them in the old form and begin anew."
    )


def _colliding(finding: Finding) -> str:
    if not finding.number:
        return ""
    return " " + _("%(number)s values would be the same for several people.") % {"number": _n(finding.number)}
