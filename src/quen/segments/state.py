"""What is kept for one profile, as bytes and opened. What a batch does not ask for is not even decoded.

Layout: `[2, groups, members, dues, due]`. Atoms stand in groups, those of the same events together, so that an event
opens the one group that asks about it. Each group, and members and dues, are packed by themselves; `due` is the least
of the dues. Before layouts had a number there was `[atoms, members, dues, fresh]`, which is still read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from typing import Any
from zlib import crc32

import msgspec

_LAYOUT = 2
_encode = msgspec.msgpack.Encoder().encode
_atoms = msgspec.msgpack.Decoder(dict[int, Any])
_times = msgspec.msgpack.Decoder(dict[int, int])


class Known(msgspec.Struct):
    """What a program follows: what else is found in a state belonged to what is gone, and is dropped.

    `groups`: number of an atom → its group; `followed`: ids with dues; `members`: ids of segments people are in.
    """

    groups: dict[int, int]
    followed: AbstractSet[int]
    members: AbstractSet[int]


class LiveState:
    """`atoms` by number, `members` segment id → since, `dues` segment id → the instant before which it surely stays.

    A due may be earlier than the flip: what happens since may have put it off. Then it is found out at that instant.
    """

    __slots__ = ("_due", "_dues", "_groups", "_known", "_members", "_opened", "fresh")

    def __init__(self, known: Known, packed: _Packed | None = None) -> None:
        """`packed`: as it was encoded; None: nobody was ever evaluated."""
        self._known = known
        self._opened: dict[int, dict[int, Any]] = {}
        self._members: Any
        self._dues: Any
        if packed is None:
            self.fresh = True  # never evaluated: everything must be
            self._groups: dict[int, bytes] = {}
            self._members, self._dues, self._due = {}, {}, None
        else:
            self.fresh = False
            self._groups = packed.groups
            self._members, self._dues, self._due = packed.members, packed.dues, packed.due

    def group(self, number: int) -> dict[int, Any]:
        """The atoms of a group."""
        if (opened := self._opened.get(number)) is None:
            packed = self._groups.get(number)
            opened = {} if packed is None else _kept(_atoms.decode(packed), self._known.groups.keys())
            self._opened[number] = opened
        return opened

    def atom(self, number: int) -> Any:
        """What is kept of one atom; None is nothing yet."""
        group = self._known.groups.get(number, -1)
        opened = self._opened.get(group)
        return (self.group(group) if opened is None else opened).get(number)

    def groups(self) -> Iterator[dict[int, Any]]:
        return map(self.group, self._groups.keys() | self._opened.keys())

    def group_of(self, atom: int) -> dict[int, Any]:
        return self.group(self._known.groups.get(atom, -1))

    @property
    def atoms(self) -> Atoms:
        return Atoms(self)

    @property
    def members(self) -> dict[int, int]:
        if self._members.__class__ is bytes:
            self._members = _kept(_times.decode(self._members), self._known.members)
        return self._members  # type: ignore[no-any-return]

    @members.setter
    def members(self, members: Mapping[int, int]) -> None:
        self._members = dict(members)

    @property
    def dues(self) -> dict[int, int]:
        if self._dues.__class__ is bytes:
            self._dues = _kept(_times.decode(self._dues), self._known.followed)
        return self._dues  # type: ignore[no-any-return]

    @property
    def due_at(self) -> int | None:
        """The earliest instant at which some segment may flip by time alone."""
        return self._due if self._dues.__class__ is bytes else min(self._dues.values(), default=None)

    def encode(self) -> bytes:
        groups = self._groups
        for number, atoms in self._opened.items():
            if atoms:
                groups[number] = _encode(atoms)
            else:
                groups.pop(number, None)
        members, dues = self._members, self._dues
        if members.__class__ is not bytes:
            members = _encode(members)
        due = self.due_at
        if dues.__class__ is not bytes:
            dues = _encode(dues)
        return _encode((_LAYOUT, groups, members, dues, due))


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


class _Packed(msgspec.Struct, array_like=True):
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
_first = msgspec.msgpack.Decoder(_First)


def opened(blob: bytes, known: Known) -> LiveState:
    """The state that `LiveState.encode` gave, or an older Quen's."""
    if blob[1] == _LAYOUT:
        return LiveState(known, _packed.decode(blob))
    first = _first.decode(blob)
    state = LiveState(known)
    state.fresh = False
    state.atoms.update(_kept(first.atoms, known.groups.keys()))
    state.members = _kept(first.members, known.members)
    state.dues.update(_kept(first.dues, known.followed))
    return state


def group_of(events: Iterable[str]) -> int:
    """The number of the group of what follows these events: the same whatever else is followed. Some may share one."""
    return crc32("\0".join(events).encode()) & 0x7FFF


def _kept(found: dict[int, Any], known: AbstractSet[int]) -> dict[int, Any]:
    if found.keys() <= known:
        return found
    return {number: kept for number, kept in found.items() if number in known}
