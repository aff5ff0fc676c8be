"""The log of identity in words, and as a small graph: why any two identifiers are the same person.

Pure but for gettext.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quen.identity.models import Edge

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
_ICONS = {
    "create": ("sparkles", "secondary"),
    "attach": ("link", "azure"),
    "merge": ("arrows-join", "indigo"),
    "conflict": ("ban", "orange"),
    "remove": ("unlink", "red"),
}
MOST_NODES = 24
_WIDTH, _ROW, _COLUMN, _BOX, _HEIGHT = 210, 52, 270, 38, 8


class Explained(msgspec.Struct):
    """One entry of the log. `icon` and `tone` are Tabler's."""

    edge: Edge
    icon: str
    tone: str
    title: str
    why: str


class Node(msgspec.Struct):
    key: str
    type: str  # its name for people
    value: str
    strong: bool
    x: int = 0
    y: int = 0


class Curve(msgspec.Struct):
    path: str  # of an SVG <path>
    kind: str


class Graph(msgspec.Struct):
    width: int
    height: int
    nodes: list[Node]
    curves: list[Curve]
    left_out: int  # identifiers beyond the first few


def type_name(type_: str) -> str:
    return str(_TYPES[type_][1]) if type_ in _TYPES else type_


def type_icon(type_: str) -> str:
    return _TYPES[type_][0] if type_ in _TYPES else "id-badge"


def split_key(key: str) -> tuple[str, str, str]:
    """`type|scope|value` → its parts."""
    type_, _bar, rest = key.partition("|")
    scope, _bar, value = rest.partition("|")
    return type_, scope, value


def explain(edges: Sequence[Edge], show: Callable[[str, str], str]) -> list[Explained]:
    """The log, newest first. `show(type, value)` gives an identifier's value as the viewer may see it."""

    def name(key: str) -> str:
        type_, _scope, value = split_key(key)
        return f"{type_name(type_)} {show(type_, value)}"

    found = []
    for edge in sorted(edges, key=lambda e: (-e.at, -e.id)):
        icon, tone = _ICONS.get(edge.kind, ("point", "secondary"))
        names = {"left": name(edge.left), "right": name(edge.right) if edge.right else ""}
        found.append(Explained(edge, icon, tone, _title(edge, names), _why(edge)))
    return found


def _title(edge: Edge, names: dict[str, str]) -> str:
    if edge.kind == "create":
        return _("The profile began with %(left)s") % names
    if edge.kind == "attach":
        return _("%(right)s was added to %(left)s") % names
    if edge.kind == "merge":
        return _("Two profiles became one: the one with %(right)s went into the one with %(left)s") % names
    if edge.kind == "remove":
        return _("%(left)s and %(right)s were separated") % names
    return _("%(left)s was not taken as this person") % names


def _why(edge: Edge) -> str:
    if edge.kind == "conflict":
        if edge.rule.startswith("unique:"):
            return _(
                "The message also named another person with a different %(type)s, and one person has only one."
            ) % {"type": type_name(edge.rule.removeprefix("unique:"))}
        if edge.rule == "untrusted_merge":
            return _("A browser may not join two known people: anyone could claim to be someone else.")
        return edge.rule
    if edge.kind == "create":
        return _("First message with it.")
    if edge.by:
        return _("By hand: %(by)s.") % {"by": edge.by}
    return _("One message named both.")


def draw(
    identifiers: Sequence[tuple[str, str, str, str]], edges: Sequence[Edge], strong: Callable[[str], bool]
) -> Graph:
    """A tree of (key, type, its name, value shown): what was first stands left, what came through it to its right."""
    nodes = {key: Node(key, name, value, strong(type_)) for key, type_, name, value in identifiers[:MOST_NODES]}
    parent: dict[str, tuple[str, str]] = {}
    links = [e for e in sorted(edges, key=lambda e: (e.at, e.id)) if e.kind in {"attach", "merge"}]
    for edge in links:
        if edge.left in nodes and edge.right in nodes and not _leads_to(parent, edge.left, edge.right):
            if edge.right not in parent:
                parent[edge.right] = (edge.left, edge.kind)
            elif edge.left not in parent and not _leads_to(parent, edge.right, edge.left):
                parent[edge.left] = (edge.right, edge.kind)
    children: dict[str, list[str]] = {}
    for child, (above, _kind) in parent.items():
        children.setdefault(above, []).append(child)
    row = 0
    widest = 0

    def place(key: str, depth: int) -> None:
        nonlocal row, widest
        widest = max(widest, depth)
        below = children.get(key, [])
        for child in below:
            place(child, depth + 1)
        node = nodes[key]
        node.x = depth * _COLUMN + 1
        if below:
            node.y = (nodes[below[0]].y + nodes[below[-1]].y) // 2
        else:
            node.y = row * _ROW + _HEIGHT
            row += 1

    for key in nodes:
        if key not in parent:
            place(key, 0)
    curves = [_curve(nodes[above], nodes[child], kind) for child, (above, kind) in parent.items()]
    width = widest * _COLUMN + _WIDTH + 2
    return Graph(width, row * _ROW + _HEIGHT, list(nodes.values()), curves, max(0, len(identifiers) - MOST_NODES))


def _leads_to(parent: dict[str, tuple[str, str]], key: str, above: str) -> bool:
    """Whether going up from `key` comes to `above`."""
    while key != above:
        if key not in parent:
            return False
        key = parent[key][0]
    return True


def _curve(a: Node, b: Node, kind: str) -> Curve:
    x1, y1, x2, y2 = a.x + _WIDTH, a.y + _BOX // 2, b.x, b.y + _BOX // 2
    middle = (x1 + x2) // 2
    return Curve(f"M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}", kind)
