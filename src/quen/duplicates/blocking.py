"""Which records are compared at all: those that share one of many cheap keys. Pure.

Each key forgives another sort of mistake; a pair is lost only when it is wrong in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from quen.duplicates.records import Record

ALL_PAIRS_UP_TO = 300  # records: so few are all compared
LARGEST_BLOCK = 50  # records of one key; a larger one says too little
PAIRS_PER_RECORD = 30  # on the average, counted once for each key; the smallest blocks are taken first
PAIRS_AT_LEAST = 300_000  # which takes a second or two
_TWICE = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiouyhw]+")
# Letters and groups that are heard, and typed, as one: of Vietnamese and of Western names.
_SAME = (
    ("tr", "ch"), ("gi", "d"), ("ph", "f"), ("ck", "k"), ("qu", "k"), ("kh", "k"), ("x", "s"), ("z", "s"),
    ("ce", "se"), ("ci", "si"), ("c", "k"), ("q", "k"), ("v", "f"), ("j", "g"),
)  # fmt: skip


def sound(word: str) -> str:
    """The consonants of a folded name, those that are mistaken for each other made one."""
    for written, heard in _SAME:
        word = word.replace(written, heard)
    word = _TWICE.sub(r"\1", word)
    return word[:1] + _VOWELS.sub("", word[1:])


def keys(record: Record) -> Iterator[str]:
    """The keys of a record; a letter in front tells the kinds apart."""
    r = record
    yield from (f"e{email}" for email in r.emails)
    yield from (f"l{local}" for email in r.emails if len(local := email.partition("@")[0]) > 4)
    for phone in r.phones:
        yield f"p{phone}"
        yield f"q{phone[-6:]}"
        if r.given:
            yield f"u{r.given}{phone[-4:]}"
    if r.code:
        yield f"c{r.code}"
    yield from _by_birth(r)
    yield from _by_name(r)
    yield from _by_place(r)
    yield from _coarse(r)


def _by_birth(r: Record) -> Iterator[str]:
    if r.birth:
        yield f"b{r.birth}"
    if not r.year:
        return
    both = sorted((r.month, r.day))
    for name in filter(None, (r.given, r.family)):
        yield f"0{r.year}{both}{name[:2]}"
        yield f"1{r.year}{r.month}{name}"
        yield f"2{r.year}{r.day}{name}"
        yield f"3{r.month}{r.day}{name}"
    yield f"4{r.year}{r.words}"


def _by_name(r: Record) -> Iterator[str]:
    if r.given and r.family:
        yield f"n{r.words}"
        first, last = sorted((r.given, r.family))
        yield f"g{first} {last}"
        yield f"s{' '.join(sorted((sound(first), sound(last))))}"
        yield f"t{first[:3]}{last[:3]}{r.middle[:1]}"
    elif r.name:
        yield f"n{r.words}"


def _by_place(r: Record) -> Iterator[str]:
    names = [name for name in (r.given, r.family) if name]
    if r.street:
        yield f"a{r.street}"
        yield from (f"h{r.street[:6]}{name[:3]}" for name in names)
    for area in filter(None, (r.postcode, r.place, r.province)):
        yield f"w{area}{r.words}"
        yield from (f"x{area}{name}" for name in names)
        yield from (f"y{area}{sound(name)}{r.year}" for name in names if r.year)
        if len(names) == 2:
            yield f"z{area}{' '.join(sorted((sound(r.given), sound(r.family))))}"


def _coarse(r: Record) -> Iterator[str]:
    """Keys that say much in a small file only: in a large one their blocks are too large, and left out."""
    for kind, name in (("G", r.given), ("F", r.family)):
        if name:
            yield f"{kind}{name}"
            yield f"{kind.lower()}:{sound(name)}"
    if r.birth:
        yield f"Y{r.year}{r.month}"
        yield f"D{r.month}{r.day}"
        yield f"E{r.year}{r.day}"
    if r.place and r.year:
        yield f"P{r.place}{r.year}"


def largest_block(rows_by_size: Iterable[tuple[int, int]], records: int) -> int:
    """The size up to which blocks are taken: the smallest say the most, and the pairs stay within their number.

    `rows_by_size`: (size of a block, records in blocks of that size), the smallest first.
    """
    budget = max(PAIRS_AT_LEAST, PAIRS_PER_RECORD * records)
    largest = 2
    for size, rows in rows_by_size:
        budget -= rows * (size - 1) // 2
        if budget < 0:
            break
        largest = size
    return largest


def places(records: Iterable[Record]) -> tuple[list[str], list[int]]:
    """All keys and, beside each, the number of its record: two columns."""
    found: list[str] = []
    numbers: list[int] = []
    for number, record in enumerate(records):
        mine = set(keys(record))
        found += mine
        numbers += [number] * len(mine)
    return found, numbers
