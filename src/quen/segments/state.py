"""What is kept for one profile, as bytes and opened. What a batch does not ask for is not even decoded.

Layout: `[3, due, names, groups, members, dues]`. Atoms stand in groups, those of the same events together, so that an
event opens the one group that asks about it: `names` has a character for each. Each group is packed by itself, and so
are members, and dues as `{instant: ids}`: of segments that ask about the same event many are due at one instant. `due`
is the least. However much is kept, an event costs one group.

Layouts of before are still read: `[2, {group: atoms}, members, dues, due]`, and `[atoms, members, dues, fresh]`, where
members were kept with since when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from zlib import crc32

import msgspec

_LAYOUT = 3
_encode = msgspec.msgpack.Encoder().encode
_atoms = msgspec.msgpack.Decoder(dict[int, Any])
_members = msgspec.msgpack.Decoder(set[int])
_dues = msgspec.msgpack.Decoder(dict[int, list[int]])
_times = msgspec.msgpack.Decoder(dict[int, int])


class Known(msgspec.Struct):
    """What a program follows: what else is found in a state belonged to what is gone, and is dropped.

    `groups`: number of an atom → its group; `members`: ids of segments people are in. `former`: numbers under which an
    older Quen kept atoms → the one in which it is now, and how states of several, of the same group, become one.
    """

    groups: dict[int, str]
    members: AbstractSet[int]
    former: dict[int, tuple[int, Callable[[Sequence[Any]], Any]]]

    def atoms(self, found: dict[int, Any]) -> dict[int, Any]:
        """Those of these atoms that are followed, under the numbers that they have now."""
        if found.keys() <= self.groups.keys():
            return found
        kept = {number: state for number, state in found.items() if number in self.groups}
        states: dict[int, list[Any]] = {}
        for number, state in found.items():
            if number in self.former:
                states.setdefault(self.former[number][0], []).append(state)
        for number, unite in dict(self.former.values()).items():
            if number in states:
                kept[number] = unite([*states[number], *([kept[number]] if number in kept else [])])
        return kept


class LiveState:
    """`atoms` by number, `members` ids of the segments that the person is in, `dues` segment id → the instant before
    which it surely stays.

    A due may be earlier than the flip: what happens since may have put it off. Then it is found out at that instant.
    """

    __slots__ = ("_asked", "_dues", "_known", "_members", "_opened", "_packed", "fresh")

    def __init__(self, known: Known, packed: _Packed | None = None, dues: dict[int, int] | None = None) -> None:
        """`packed`: as it was encoded; None: nobody was ever evaluated. `dues`: None: as packed."""
        self.fresh = packed is None  # never evaluated: everything must be
        self._known = known
        self._packed = _Packed(_LAYOUT, None, "", [], _encode(()), _encode({})) if packed is None else packed
        self._opened: dict[str, dict[int, Any]] = {}  # maybe to be changed
        self._asked: dict[str, dict[int, Any]] = {}  # only to be read
        self._members: set[int] | None = None  # as packed
        self._dues = dues

    def group(self, name: str) -> dict[int, Any]:
        """The atoms of a group, to be changed."""
        if (opened := self._opened.get(name)) is None:
            asked = self._asked
            opened = self._opened[name] = asked.pop(name) if name in asked else self._open(name)
        return opened

    def atom(self, number: int) -> Any:
        """What is kept of one atom, to be read; None is nothing yet."""
        group = self._known.groups.get(number, "")
        if (opened := self._opened.get(group)) is None and (opened := self._asked.get(group)) is None:
            opened = self._asked[group] = self._open(group)
        return opened.get(number)

    def _open(self, name: str) -> dict[int, Any]:
        packed = self._packed
        if not name or (at := packed.names.find(name)) < 0:
            return {}
        return self._known.atoms(_atoms.decode(packed.groups[at]))

    def group_of(self, atom: int) -> dict[int, Any]:
        """That in which an atom is."""
        return self.group(self._known.groups[atom]) if atom in self._known.groups else {}

    def groups(self) -> Iterator[dict[int, Any]]:
        return map(self.group, {*self._packed.names, *self._opened})

    @property
    def atoms(self) -> Atoms:
        return Atoms(self)

    @property
    def members(self) -> set[int]:
        if self._members is None:
            self._members = _members.decode(self._packed.members)
            if not self._members <= self._known.members:
                self._members &= self._known.members
        return self._members

    @property
    def dues(self) -> dict[int, int]:
        if self._dues is None:
            self._dues = {id_: at for at, ids in _dues.decode(self._packed.dues).items() for id_ in ids}
        return self._dues

    @property
    def due_at(self) -> int | None:
        """The earliest instant at which some segment may flip by time alone."""
        return self._packed.due if self._dues is None else min(self._dues.values(), default=None)

    def encode(self) -> bytes:
        packed = self._packed
        for name, atoms in self._opened.items():
            packed.put(name, _encode(atoms) if atoms else b"")
        if self._members is not None:
            packed.members = _encode(self._members)
        if self._dues is not None:
            by_instant: dict[int, list[int]] = defaultdict(list)
            for id_, at in self._dues.items():
                by_instant[at].append(id_)
            packed.dues, packed.due = _encode(by_instant), min(by_instant, default=None)
            self._dues = None
        return _encode(packed)


class Atoms(MutableMapping[int, Any]):
    """The atoms of all groups, by number."""

    __slots__ = ("_state",)

    def __init__(self, state: LiveState) -> None:
        self._state = state

    def __getitem__(self, number: int) -> Any:
        return self._state.group_of(number)[number]

    def __setitem__(self, number: int, kept: Any) -> None:
        self._state.group_of(number)[number] = kept

    def __delitem__(self, number: int) -> None:
        del self._state.group_of(number)[number]

    def __iter__(self) -> Iterator[int]:
        return (number for group in self._state.groups() for number in group)

    def __len__(self) -> int:
        return sum(map(len, self._state.groups()))

    def __repr__(self) -> str:
        return repr(dict(self))


class _Packed(msgspec.Struct, array_like=True, gc=False):
    layout: int
    due: int | None
    names: str
    groups: list[bytes]
    members: bytes
    dues: bytes

    def put(self, name: str, group: bytes) -> None:
        """Put a group into its place; b"": it is gone."""
        at = self.names.find(name)
        if group and at >= 0:
            self.groups[at] = group
        elif group:
            self.names += name
            self.groups.append(group)
        elif at >= 0:
            self.names = self.names.replace(name, "")
            del self.groups[at]


class _Second(msgspec.Struct, array_like=True):
    layout: int
    groups: dict[int, bytes]
    members: bytes
    dues: bytes
    due: int | None


class _First(msgspec.Struct, array_like=True):
    """The layout that had no number."""

    atoms: dict[int, Any]
    members: dict[int, int]
    dues: dict[int, int]


_packed = msgspec.msgpack.Decoder(_Packed)
_second = msgspec.msgpack.Decoder(_Second)
_first = msgspec.msgpack.Decoder(_First)


def opened(blob: bytes, known: Known) -> LiveState:
    """The state that `LiveState.encode` gave, or an older Quen's."""
    if blob[1] == _LAYOUT:
        return LiveState(known, _packed.decode(blob))
    if blob[1] == 2:
        second = _second.decode(blob)
        members, dues = _times.decode(second.members).keys(), _times.decode(second.dues)
        packed = _Packed(_LAYOUT, second.due, "", [], _encode(list(members)), b"")
        for number, group in second.groups.items():
            packed.put(chr(number), group)
        return LiveState(known, packed, dues)
    first = _first.decode(blob)
    state = LiveState(known, dues=first.dues)
    state.fresh = False
    state.atoms.update(known.atoms(first.atoms))
    state.members.update(first.members.keys() & known.members)
    return state


def group_of(events: Iterable[str]) -> str:
    """The name of the group of what follows these events: the same whatever else is followed. Some may share one."""
    return chr(crc32("\0".join(events).encode()) & 0x7FFF)
