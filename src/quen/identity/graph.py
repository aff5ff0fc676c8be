"""One person as a graph: panels of identifiers that came together, merges between the panels. Pure: it only measures.

A panel is the profile that its identifiers first belonged to. The one with the strongest identifier stands left; what
was merged with it stands to its right, joined by the evidence. Many visitors of one cookie each share a panel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from quen.identity.evidence import Tie
from quen.identity.models import Edge

MOST_NODES = 60
_BUNDLED = 8  # rows of a panel of visitors
_WIDTH, _GAP, _BETWEEN = 272, 116, 18  # of panels: width, between columns, between rows
_NEST = 20  # of panels below others, on a phone
_HEAD, _ROW, _STEP, _PAD, _SIDE, _INDENT = 38, 42, 48, 10, 20, 18
_LABEL = 88
MOST_EXTRA = 40


class Shown(msgspec.Struct, frozen=True):
    """An identifier as the graph writes it, already masked where it must be. `ref`: identity.refs."""

    key: str
    ref: str
    icon: str
    type: str
    value: str
    source: str
    at: int  # first seen, ms UTC
    strong: bool
    shared: bool = False


class Node(msgspec.Struct):
    item: Shown
    x: int
    y: int
    width: int
    height: int
    tie: Tie | None = None  # what brought it in
    marked: bool = False


class Panel(msgspec.Struct):
    """`came`: the log entry by which it came in; None for the first."""

    items: list[Shown]
    main: bool = False
    came: Edge | None = None
    bundle: bool = False
    left_out: int = 0
    x: int = 0
    y: int = 0
    width: int = _WIDTH
    height: int = 0

    @property
    def since(self) -> int:
        return min(item.at for item in self.items)

    @property
    def count(self) -> int:
        return len(self.items) + self.left_out


class Line(msgspec.Struct):
    """`path` is of an SVG <path>; `label_x`, `label_y`: the middle of its label, where it has one."""

    path: str
    kind: str  # tie, merge, more
    tie: Tie
    entry: Edge
    label_x: int = 0
    label_y: int = 0
    marked: bool = False


class Graph(msgspec.Struct):
    width: int
    height: int
    panels: list[Panel]
    nodes: list[Node]
    lines: list[Line]
    left_out: int  # identifiers that no panel counts
    label_width: int = _LABEL
    label_height: int = 22


def draw(
    items: Sequence[Shown],
    edges: Iterable[Edge],
    ties: Sequence[Tie],
    profile_id: int,
    marked: Collection[int] = (),
    *,
    narrow: bool = False,
) -> Graph:
    """`items`: the person's identifiers, strongest first; `ties`: live ones; `marked`: ids of entries to bring out.

    `narrow`: for a phone, with what was merged below instead of beside.
    """
    shown = {item.key: item for item in items[:MOST_NODES]}
    drawn = [tie for tie in ties if tie.left in shown and tie.right in shown]
    panels = _panels(shown, _origins(edges, shown), profile_id)
    below, came = _tree(panels, drawn)
    _bundle(panels, below, came)
    sketch = _Sketch(panels, below, came, drawn, set(marked), narrow=narrow)
    sketch.place()
    nodes = list(sketch.nodes.values())
    return Graph(sketch.width, sketch.height, sketch.placed, nodes, sketch.lines, len(items) - len(shown))


def _origins(edges: Iterable[Edge], keys: Collection[str]) -> dict[str, int]:
    """Identifier key → the profile that it first belonged to."""
    found: dict[str, int] = {}
    for edge in sorted(edges, key=lambda e: e.pk):
        key = edge.left if edge.kind == "create" else edge.right if edge.kind == "attach" else ""
        if key in keys:
            found.setdefault(key, edge.profile_id)
    return found


def _panels(shown: dict[str, Shown], origins: dict[str, int], profile_id: int) -> list[Panel]:
    by_origin: dict[int, list[Shown]] = {}
    for key, item in shown.items():
        by_origin.setdefault(origins.get(key, profile_id), []).append(item)
    return [Panel(items, main=not number) for number, items in enumerate(by_origin.values())]


Tree = dict[int, list[int]]  # number of a panel → those that came into it
Came = dict[int, tuple[Tie, str]]  # number of a panel → the tie, and which end of it is its own


def _tree(panels: Sequence[Panel], ties: Sequence[Tie]) -> tuple[Tree, Came]:
    """Which panel hangs on which: merges first, then any other evidence."""
    home = {item.key: number for number, panel in enumerate(panels) for item in panel.items}
    across = [tie for tie in ties if home[tie.left] != home[tie.right]]
    across.sort(key=lambda tie: (not tie.merged, tie.entries[0].pk))
    below: Tree = {}
    came: Came = {}
    reached = {0}
    waiting = [0]
    while len(reached) < len(panels):
        if not waiting:  # nothing ties it to the rest (the log is longer than what was read): it stands by itself
            waiting.append(next(number for number in range(len(panels)) if number not in reached))
            reached.add(waiting[0])
        here = waiting.pop(0)
        for tie in across:
            for inner, outer in ((tie.left, tie.right), (tie.right, tie.left)):
                if home[inner] == here and (there := home[outer]) not in reached:
                    reached.add(there)
                    waiting.append(there)
                    below.setdefault(here, []).append(there)
                    came[there] = (tie, outer)
                    panels[there].came = next((e for e in tie.entries if e.kind == "merge"), tie.entries[0])
    return below, came


def _bundle(panels: list[Panel], below: Tree, came: Came) -> None:
    """Visitors of one cookie each that went into the same panel share one."""
    for children in below.values():
        alone = [n for n in children if len(panels[n].items) == 1 and not panels[n].items[0].strong and n not in below]
        if len(alone) < 3:
            continue
        first, *rest = alone
        everyone = [panels[n].items[0] for n in alone]
        panels[first].items, panels[first].left_out = everyone[:_BUNDLED], len(everyone[_BUNDLED:])
        panels[first].bundle = True
        for number in rest:
            panels[number].items = []
        children[:] = [n for n in children if n not in rest]


class _Sketch:
    """Places panels column by column, then what is in them, then the lines."""

    def __init__(
        self,
        panels: Sequence[Panel],
        below: Tree,
        came: Came,
        ties: Sequence[Tie],
        marked: Collection[int],
        *,
        narrow: bool,
    ) -> None:
        self.panels, self.below, self.came, self.ties, self.marked = panels, below, came, ties, marked
        self.narrow = narrow
        self.placed: list[Panel] = []
        self.nodes: dict[str, Node] = {}
        self.lines: list[Line] = []
        self.width = self.height = 0

    def place(self) -> None:
        top = 1
        hanging = {n for children in self.below.values() for n in children}
        for number, panel in enumerate(self.panels):
            if number not in hanging and panel.items:
                top = self._block(number, 1, top) + _BETWEEN
        self.height = max((p.y + p.height for p in self.placed), default=0) + 1
        self.width = max((p.x + p.width for p in self.placed), default=0) + 1
        self._merges()
        self._others()

    def _block(self, number: int, x: int, y: int) -> int:
        """Place a panel and all that hangs on it; the lowest y used."""
        panel = self.panels[number]
        panel.x, panel.y = x, y
        self._fill(panel)
        self.placed.append(panel)
        if self.narrow:
            bottom = y + panel.height
            for child in self.below.get(number, ()):
                bottom = self._block(child, x + _NEST, bottom + _BETWEEN)
            return bottom
        bottom = y
        for child in self.below.get(number, ()):
            bottom = self._block(child, x + _WIDTH + _GAP, bottom) + _BETWEEN
        return max(y + panel.height, bottom - _BETWEEN)

    def _fill(self, panel: Panel) -> None:
        y = panel.y + _HEAD
        for item, depth, tie in self._rows(panel):
            inset = _PAD + min(depth, 3) * _INDENT
            node = Node(item, panel.x + inset, y, panel.width - inset - _SIDE, _ROW, tie)
            node.marked = tie is not None and self._is_marked(tie)
            self.nodes[item.key] = node
            if tie is not None and depth:
                self._elbow(self.nodes[tie.other(item.key)], node, tie)
            y += _STEP
        panel.height = y - panel.y - (_STEP - _ROW) + _PAD + (20 if panel.left_out else 0)

    def _rows(self, panel: Panel) -> list[tuple[Shown, int, Tie | None]]:
        """The identifiers of a panel with their depth in the tree of its own ties, the strongest first."""
        items = {item.key: item for item in panel.items}
        inside = [tie for tie in self.ties if tie.left in items and tie.right in items]
        rows: list[tuple[Shown, int, Tie | None]] = []
        seen: set[str] = set()
        for root in panel.items:
            if root.key in seen:
                continue
            seen.add(root.key)
            waiting: list[tuple[str, int, Tie | None]] = [(root.key, 0, None)]
            while waiting:
                key, depth, tie = waiting.pop()
                rows.append((items[key], depth, tie))
                fresh = [t for t in inside if key in (t.left, t.right) and t.other(key) not in seen]
                seen.update(t.other(key) for t in fresh)
                waiting += [(t.other(key), depth + 1, t) for t in reversed(fresh)]
        return rows

    def _elbow(self, parent: Node, node: Node, tie: Tie) -> None:
        x, y = parent.x + 9, node.y + _ROW // 2
        path = f"M{x},{parent.y + _ROW} V{y - 6} Q{x},{y} {x + 6},{y} H{node.x}"
        self.lines.append(Line(path, "tie", tie, tie.entries[0], marked=self._is_marked(tie)))

    def _is_marked(self, tie: Tie) -> bool:
        return any(entry.pk in self.marked for entry in tie.entries)

    def _merges(self) -> None:
        for number, (tie, key) in self.came.items():
            panel = self.panels[number]
            node = self.nodes.get(key)
            if node is None or not panel.items or panel.came is None:
                continue
            start = self.nodes.get(tie.other(key))
            if start is None:
                continue
            home = next(p for p in self.placed if p.x < start.x < p.x + p.width and p.y < start.y < p.y + p.height)
            if self.narrow:
                x, y = home.x + _NEST // 2, panel.y + _HEAD // 2
                path = f"M{x},{home.y + home.height} V{y - 6} Q{x},{y} {x + 6},{y} H{panel.x}"
                self.lines.append(Line(path, "merge", tie, panel.came, marked=self._is_marked(tie)))
                continue
            x1, y1, x2, y2 = home.x + home.width, start.y + _ROW // 2, panel.x, node.y + _ROW // 2
            if panel.bundle:
                y2 = panel.y + _HEAD // 2
            bend = x2 - _LABEL - 4
            half = (x1 + bend) // 2
            path = f"M{start.x + start.width},{y1} H{x1} C{half},{y1} {half},{y2} {bend},{y2} H{x2}"
            line = Line(path, "merge", tie, panel.came, x2 - _LABEL // 2 - 4, y2, self._is_marked(tie))
            self.lines.append(line)

    def _others(self) -> None:
        """Evidence beyond the tree: drawn thin, so that one sees that a single cut would not part the two."""
        if self.narrow:
            return
        used = {id(line.tie) for line in self.lines}
        bundled = {item.key for panel in self.placed if panel.bundle for item in panel.items}
        rest = [t for t in self.ties if id(t) not in used]
        rest = [t for t in rest if self._is_marked(t) or bundled.isdisjoint((t.left, t.right))]
        for tie in rest[:MOST_EXTRA]:
            a, b = self.nodes.get(tie.left), self.nodes.get(tie.right)
            if a is None or b is None:
                continue
            if abs(a.x - b.x) > _WIDTH // 2:
                a, b = (a, b) if a.x < b.x else (b, a)
                x1, x2 = a.x + a.width, b.x
                half = (x1 + x2) // 2
                shape = f"C{half},{a.y + _ROW // 2} {half},{b.y + _ROW // 2} {x2},{b.y + _ROW // 2}"
            else:
                a, b = (a, b) if a.y < b.y else (b, a)
                x1 = a.x + a.width
                shape = f"C{x1 + 17},{a.y + _ROW // 2} {x1 + 17},{b.y + _ROW // 2} {b.x + b.width},{b.y + _ROW // 2}"
            path = f"M{x1},{a.y + _ROW // 2} {shape}"
            self.lines.append(Line(path, "more", tie, tie.entries[0], marked=self._is_marked(tie)))
