"""The log of identity in words: why any two identifiers are the same person. Pure but for gettext."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from django.utils.translation import gettext as _

from quen.identity.evidence import TIES, Tie
from quen.identity.models import Edge
from quen.identity.words import Show, named, rule_text

_ICONS = {
    "create": ("sparkles", "secondary"),
    "attach": ("link", "azure"),
    "link": ("circle-plus", "teal"),
    "merge": ("arrows-join", "indigo"),
    "conflict": ("ban", "orange"),
    "shared": ("users-group", "yellow"),
    "remove": ("unlink", "red"),
}


class Explained(msgspec.Struct):
    """An entry of the log. `icon` and `tone` are Tabler's; `live`: it ties two identifiers, and can be taken back."""

    edge: Edge
    icon: str
    tone: str
    title: str
    why: str
    live: bool = False


class Step(msgspec.Struct):
    """One link of the chain between two identifiers. `more`: entries of the log that say it again."""

    left: str
    right: str
    why: str
    entry: Edge
    more: int


def explain(edges: Sequence[Edge], show: Show, live: Collection[int] = ()) -> list[Explained]:
    """The log, newest first. `live`: ids of the entries that are in force."""
    found = []
    for edge in sorted(edges, key=lambda e: (-e.at, -e.pk)):
        icon, tone = _ICONS.get(edge.kind, ("point", "secondary"))
        names = {"left": named(edge.left, show), "right": named(edge.right, show) if edge.right else ""}
        can_cut = edge.pk in live and edge.kind in TIES
        found.append(Explained(edge, icon, tone, _title(edge, names), _why(edge), can_cut))
    return found


def _title(edge: Edge, names: dict[str, str]) -> str:
    if edge.kind == "create":
        return _("The profile began with %(left)s") % names
    if edge.kind == "attach":
        return _("%(right)s was added to %(left)s") % names
    if edge.kind == "link" and edge.by:
        return _("%(left)s and %(right)s stay together") % names
    if edge.kind == "link":
        return _("%(left)s and %(right)s were named together as well") % names
    if edge.kind == "merge":
        return _("Two profiles became one: the one with %(right)s went into the one with %(left)s") % names
    if edge.kind == "shared":
        return _("%(left)s is used by several people: it got a profile of its own when %(right)s came") % names
    if edge.kind == "remove":
        return _("%(left)s and %(right)s were separated") % names
    return _("%(left)s was not taken as the same person as %(right)s") % names


def _why(edge: Edge) -> str:
    if edge.by:
        return _("By hand: %(by)s.") % {"by": edge.by}
    if edge.kind in {"conflict", "shared"}:
        return rule_text(edge.rule)
    if edge.kind == "create":
        return _("First message with it.")
    return _("One message named both.") if edge.rule == "same_message" else rule_text(edge.rule)


def steps_of(ties: Sequence[Tie], start: str, show: Show) -> list[Step]:
    """A chain of ties in words, from `start` on."""
    found = []
    here = start
    for tie in ties:
        there = tie.other(here)
        entry = tie.entries[0]
        found.append(Step(named(here, show), named(there, show), _why(entry), entry, len(tie.entries) - 1))
        here = there
    return found
