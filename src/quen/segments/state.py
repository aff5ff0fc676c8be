"""What is kept for one profile, as bytes and opened. What a batch does not ask for is not even looked at.

Layout 4: a head (`layout, number of groups, due`), the names of the groups, where each section begins, and the
sections, each packed by itself: `[members, dues]`, and a group of atoms each. Atoms of the same events stand together,
so that an event opens the one group that asks about it, and exchanges it: the rest is copied as it is. Dues are
`{instant: ids}`, for of segments that ask about the same event many are due at one instant; `due` is the least.

Layouts of before are still read: `[3, due, names, groups, members, dues]`, `[2, {group: atoms}, members, dues, due]`,
and `[atoms, members, dues, fresh]`, where members were kept with since when.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate
from typing import Any
from zlib import crc32

import msgspec

from quen.segments.moments import FOREVER

_LAYOUT = 4
_HEAD = struct.Struct("<BHq")
_AT, _AT_TWO = struct.Struct("<I"), struct.Struct("<II")
_NAME = 2  # bytes
_STANDING, _GROUPS = 0, 1  # numbers of sections, of the first group
_NO_DUE = -1
_encode = msgspec.msgpack.Encoder().encode
_atoms = msgspec.msgpack.Decoder(dict[int, Any])
_members = msgspec.msgpack.Decoder(set[int])
_dues = msgspec.msgpack.Decoder(dict[int, list[int]])
_standing = msgspec.msgpack.Decoder(tuple[set[int], dict[int, list[int]]])
_times = msgspec.msgpack.Decoder(dict[int, int])


class Known(msgspec.Struct):
    """What a program follows: what else is found in a state belonged to what is gone, and is dropped.

    `groups`: number of an atom → its group; `members`: ids of segments people are in. `former`: numbers under which an
    older Quen kept atoms → the one in which it is now, and how states of several, of the same group, become one.
    """

    groups: dict[int, bytes]
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
    """`atoms` by number, `members` ids of the segments that the person is in, `later` segment id → the instant before
    which it surely stays, FOREVER for none, where that is another than before.

    A due may be earlier than the flip: what happens since may have put it off. Then it is found out at that instant.
    """

    __slots__ = ("_asked", "_blob", "_count", "_due", "_dues", "_known", "_members", "_opened", "fresh", "later")

    def __init__(self, known: Known, blob: bytes | None = None) -> None:
        """`blob`: as it was encoded; None: nobody was ever evaluated."""
        self.fresh = blob is None  # never evaluated: everything must be
        self._known = known
        self._blob = blob or _EMPTY
        _, self._count, self._due = _HEAD.unpack_from(self._blob)
        self._opened: dict[bytes, dict[int, Any]] = {}  # maybe to be changed
        self._asked: dict[bytes, dict[int, Any]] = {}  # only to be read
        self._members: set[int] | None = None  # as packed, and dues too
        self._dues: dict[int, list[int]] = {}  # by instant, without `later`
        self.later: dict[int, int] = {}

    def group(self, name: bytes) -> dict[int, Any]:
        """The atoms of a group, to be changed."""
        if (opened := self._opened.get(name)) is None:
            asked = self._asked
            opened = self._opened[name] = asked.pop(name) if name in asked else self._open(name)
        return opened

    def atom(self, number: int) -> Any:
        """What is kept of one atom, to be read; None is nothing yet."""
        group = self._known.groups.get(number, b"")
        if (opened := self._opened.get(group)) is None and (opened := self._asked.get(group)) is None:
            opened = self._asked[group] = self._open(group)
        return opened.get(number)

    def _open(self, name: bytes) -> dict[int, Any]:
        blob, starts = self._blob, _HEAD.size + _NAME * self._count
        if not name or (at := blob.find(name, _HEAD.size, starts)) < 0:
            return {}
        start, end = _AT_TWO.unpack_from(blob, starts + _AT.size * (_GROUPS + (at - _HEAD.size) // _NAME))
        return self._known.atoms(_atoms.decode(blob[start:end]))

    def group_of(self, atom: int) -> dict[int, Any]:
        """That in which an atom is."""
        return self.group(self._known.groups[atom]) if atom in self._known.groups else {}

    def groups(self) -> Iterator[dict[int, Any]]:
        return map(self.group, {*_names(self._blob, self._count), *self._opened})

    @property
    def atoms(self) -> Atoms:
        return Atoms(self)

    @property
    def members(self) -> set[int]:
        return self._unpack() if self._members is None else self._members

    def _unpack(self) -> set[int]:
        """Members and dues."""
        members, self._dues = _standing.decode(_section(self._blob, self._count, _STANDING))
        self._members = members if members <= self._known.members else members & self._known.members
        return self._members

    @property
    def dues(self) -> dict[int, int]:
        """Segment id → the instant before which it surely stays."""
        return {id_: at for at, ids in self._by_instant().items() for id_ in ids}

    @property
    def due_at(self) -> int | None:
        """The earliest instant at which some segment may flip by time alone."""
        if self._members is not None or self.later:
            return min(self._by_instant(), default=None)
        return None if self._due == _NO_DUE else self._due

    def take_due(self, now: int) -> tuple[int, list[int]] | None:
        """What may flip by time at the earliest, if that is not after `now`: the instant, and the ids of the segments.
        They have no due any more."""
        dues = self._by_instant()
        at = min(dues, default=FOREVER)
        return (at, dues.pop(at)) if at <= now else None

    def _by_instant(self) -> dict[int, list[int]]:
        if self._members is None:
            self._unpack()
        dues, later = self._dues, self.later
        if later:
            changed = later.keys()
            for at, ids in list(dues.items()):
                if not changed.isdisjoint(ids):
                    dues[at] = [id_ for id_ in ids if id_ not in later]
                    if not dues[at]:
                        del dues[at]
            for id_, at in later.items():
                if at < FOREVER:
                    dues.setdefault(at, []).append(id_)
            self.later = {}
        return dues

    def encode(self) -> bytes:
        blob, count = self._blob, self._count
        new: dict[bytes, bytes] = {}
        for name, atoms in self._opened.items():
            at = blob.find(name, _HEAD.size, _HEAD.size + _NAME * count)
            if at >= 0 and atoms:
                blob = _exchanged(blob, count, _GROUPS + (at - _HEAD.size) // _NAME, _encode(atoms))
            elif atoms:
                new[name] = _encode(atoms)
            elif at >= 0:
                blob, count = _without_group(blob, count, name), count - 1
        if new:
            blob, count = _with_groups(blob, count, new), count + len(new)
        if self._members is not None or self.later:
            dues = self._by_instant()
            self._due = min(dues, default=_NO_DUE)
            blob = _with_standing(blob, count, self._due, _encode((self._members, dues)))
        self._blob, self._count = blob, count
        return blob


def _names(blob: bytes, count: int) -> list[bytes]:
    return [blob[at : at + _NAME] for at in range(_HEAD.size, _HEAD.size + _NAME * count, _NAME)]


def _section(blob: bytes, count: int, number: int) -> bytes:
    start, end = _AT_TWO.unpack_from(blob, _HEAD.size + _NAME * count + _AT.size * number)
    return blob[start:end]


def _exchanged(blob: bytes, count: int, number: int, section: bytes) -> bytes:
    """With another section in the place of that of this number."""
    starts = _HEAD.size + _NAME * count
    at = starts + _AT.size * number
    start, end = _AT_TWO.unpack_from(blob, at)
    more = len(section) - end + start
    if not more:
        return b"".join((blob[:start], section, blob[end:]))
    after, data = at + _AT.size, starts + _AT.size * (_GROUPS + count + 1)
    return b"".join((blob[:after], _moved(blob[after:data], more), blob[data:start], section, blob[end:]))


def _with_standing(blob: bytes, count: int, due: int, standing: bytes) -> bytes:
    """With other members and dues, the least of which is `due`."""
    starts = _HEAD.size + _NAME * count
    data, end = _AT_TWO.unpack_from(blob, starts)
    head, begun = _HEAD.pack(_LAYOUT, count, due), blob[starts:data]
    if more := len(standing) - end + data:
        begun = begun[: _AT.size] + _moved(begun[_AT.size :], more)
    return b"".join((head, blob[_HEAD.size : starts], begun, standing, blob[end:]))


def _moved(begun: bytes, more: int) -> bytes:
    """Where sections begin that begin so many bytes later: all the numbers are one large one, to which so much is added
    in each place, at once."""
    return (int.from_bytes(begun, "little") + more * _each(len(begun))).to_bytes(len(begun), "little")


@functools.cache
def _each(size: int) -> int:
    """One in each place of `_AT` in so many bytes."""
    return sum(1 << (8 * at) for at in range(0, size, _AT.size))


def _with_groups(blob: bytes, count: int, groups: Mapping[bytes, bytes]) -> bytes:
    """With groups that were not there, as the last."""
    starts = _HEAD.size + _NAME * count
    data = starts + _AT.size * (_GROUPS + count + 1)
    more = (_NAME + _AT.size) * len(groups)
    head = _HEAD.pack(_LAYOUT, count + len(groups), _HEAD.unpack_from(blob)[2])
    begun, end, ends = _moved(blob[starts:data], more), len(blob) + more, []
    for group in groups.values():
        end += len(group)
        ends.append(_AT.pack(end))
    return b"".join((head, blob[_HEAD.size : starts], *groups, begun, *ends, blob[data:], *groups.values()))


def _without_group(blob: bytes, count: int, name: bytes) -> bytes:
    sections = [_section(blob, count, number) for number in range(_GROUPS + count)]
    groups = dict(zip(_names(blob, count), sections[_GROUPS:], strict=True))
    del groups[name]
    return _joined(_HEAD.unpack_from(blob)[2], groups, sections[_STANDING])


def _joined(due: int, groups: Mapping[bytes, bytes], standing: bytes) -> bytes:
    sections = (standing, *groups.values())
    first = _HEAD.size + _NAME * len(groups) + _AT.size * (len(sections) + 1)
    starts = accumulate(map(len, sections), initial=first)
    head = (_HEAD.pack(_LAYOUT, len(groups), due), *groups, *map(_AT.pack, starts))
    return b"".join((*head, *sections))


_EMPTY = _joined(_NO_DUE, {}, _encode(((), {})))


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


class _Third(msgspec.Struct, array_like=True):
    layout: int
    due: int | None
    names: str
    groups: list[bytes]
    members: bytes
    dues: bytes


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


_third = msgspec.msgpack.Decoder(_Third)
_second = msgspec.msgpack.Decoder(_Second)
_first = msgspec.msgpack.Decoder(_First)


def opened(blob: bytes, known: Known) -> LiveState:
    """The state that `LiveState.encode` gave, or an older Quen's."""
    return LiveState(known, blob) if blob[0] == _LAYOUT else _converted(blob, known)


def _converted(blob: bytes, known: Known) -> LiveState:
    state = LiveState(known, _EMPTY)
    groups: Iterable[bytes]
    members: AbstractSet[int]
    if blob[1] == 3:
        third = _third.decode(blob)
        groups, members = third.groups, _members.decode(third.members)
        dues = {id_: at for at, ids in _dues.decode(third.dues).items() for id_ in ids}
    elif blob[1] == 2:
        second = _second.decode(blob)
        groups, members, dues = second.groups.values(), _times.decode(second.members).keys(), _times.decode(second.dues)
    else:
        first = _first.decode(blob)
        groups, members, dues = [_encode(first.atoms)], first.members.keys(), first.dues
    found: dict[int, Any] = {}
    for group in groups:
        found |= _atoms.decode(group)
    state.atoms.update(known.atoms(found))
    state.members.update(members & known.members)
    state.later.update(dues)
    return state


def group_of(events: Iterable[str]) -> bytes:
    """The name of the group of what follows these events: the same whatever else is followed. Some may share one.

    The first byte of a name has its highest bit set, the second has not: names that stand one after the other are found
    nowhere but where they are.
    """
    hashed = crc32("\0".join(events).encode())
    return bytes((0x80 | hashed >> 7 & 0x7F, hashed & 0x7F))
