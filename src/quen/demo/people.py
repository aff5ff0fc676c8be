"""The customers of the sample shop: who they are in truth, and what each system believes about them.

Pure and deterministic: the same seed makes the same people.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec

from quen.cleaning import fold
from quen.demo.names import FAMILY, GIVEN, MAIL_HOSTS, MIDDLE, OLD_PREFIX, PREFIXES, STREETS, TOWNS

# Archetype → (share, visits a year, chance that a visit ends with an order).
ARCHETYPES = {
    "loyal": (8, 30, 0.40),
    "regular": (22, 14, 0.26),
    "occasional": (32, 6, 0.20),
    "once": (20, 2, 0.65),
    "visitor": (15, 2, 0.0),  # never says who they are
    "lapsed": (3, 24, 0.50),  # bought a lot, then stopped coming
}


class Account(msgspec.Struct, frozen=True):
    """A sign-in at the web shop and app. Some people forget theirs and make another."""

    user_id: str
    email: str
    phone: str  # as typed
    name: str


class Person(msgspec.Struct, frozen=True):
    number: int
    archetype: str
    visits: int
    buys: float
    name: str
    gender: str
    phone: str  # the true one, as of today: 0912345678
    town: str
    address: str
    birthday: str
    taste: str  # category of products
    channels: tuple[float, float, float]  # weights of web, app, shop counter
    devices: tuple[str, ...]  # anonymous ids of browsers
    accounts: tuple[Account, ...]  # none for those who never sign up
    signs_up_at: int  # on which visit
    pos_name: str
    pos_phone: str  # as the cashier typed it, perhaps somebody else's; "" when none was given
    pos_code: str  # loyalty card of the counter, "" for none
    zalo_id: str  # "" when they do not follow the OA
    zalo_gives_phone: bool


def make_people(seed: int, count: int) -> list[Person]:
    people: list[Person] = []
    for number in range(count):
        rng = random.Random(f"{seed}:person:{number}")
        people.append(_person(rng, number, people))
    return people


def truth(people: list[Person]) -> Iterator[tuple[int, str, str]]:
    """(person, kind of identifier, value) for all that any system knows: which records are the same person."""
    for person in people:
        for device in person.devices:
            yield person.number, "anonymous_id", device
        for account in person.accounts:
            yield person.number, "user_id", account.user_id
            yield person.number, "email", account.email
        yield person.number, "phone", person.phone
        if person.pos_code:
            yield person.number, "customer_code", person.pos_code
        if person.zalo_id:
            yield person.number, "zalo_user_id", person.zalo_id


def pick(rng: random.Random, weighted: tuple[tuple[Any, int], ...]) -> Any:
    return rng.choices([item for item, _ in weighted], [weight for _, weight in weighted])[0]


def _person(rng: random.Random, number: int, before: list[Person]) -> Person:
    archetype = pick(rng, tuple((name, row[0]) for name, row in ARCHETYPES.items()))
    _, visits, buys = ARCHETYPES[archetype]
    gender = "female" if rng.random() < 0.62 else "male"
    name = f"{pick(rng, FAMILY)} {rng.choice(MIDDLE[gender])} {rng.choice(GIVEN[gender])}"
    prefix = rng.choice(PREFIXES)
    phone = f"{prefix}00{rng.randrange(100_000):05}"
    knows_us = archetype != "visitor"
    in_shop = knows_us and rng.random() < 0.45
    return Person(
        number=number,
        archetype=archetype,
        visits=max(1, round(rng.gauss(visits, visits / 4))),
        buys=buys,
        name=name,
        gender=gender,
        phone=phone,
        town=pick(rng, TOWNS),
        address=f"{rng.randrange(2, 320)} {rng.choice(STREETS)}",
        birthday=f"{rng.randrange(1962, 2006)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        taste=pick(rng, (("tra", 38), ("ca-phe", 28), ("gom", 26), ("qua", 8))),
        channels=_channels(rng, in_shop),
        devices=tuple(f"{rng.getrandbits(64):016x}-{number}" for _ in range(rng.choice((1, 1, 2)))),
        accounts=_accounts(rng, number, name, phone) if knows_us and rng.random() < 0.82 else (),
        signs_up_at=rng.choice((0, 0, 1, 1, 2, 3)),
        pos_name=_as_typed_by_cashier(rng, name),
        pos_phone=_pos_phone(rng, phone, prefix, before) if in_shop else "",
        pos_code=f"KH{number:05}" if in_shop and rng.random() < 0.6 else "",
        zalo_id=str(4_000_000_000_000_000_000 + rng.getrandbits(60)) if knows_us and rng.random() < 0.34 else "",
        zalo_gives_phone=rng.random() < 0.45,
    )


def _channels(rng: random.Random, in_shop: bool) -> tuple[float, float, float]:
    web, app = rng.uniform(0.4, 1.0), rng.choice((0.0, 0.0, 0.6, 1.2))
    return web, app, rng.uniform(0.3, 1.6) if in_shop else 0.0


def _accounts(rng: random.Random, number: int, name: str, phone: str) -> tuple[Account, ...]:
    first = Account(
        f"u{100_000 + number}", _email(rng, name, number), _as_typed(rng, phone), _as_typed_by_owner(rng, name)
    )
    if rng.random() < 0.06:
        # Forgot the first account: another address, the same telephone.
        second = Account(f"u{500_000 + number}", _email(rng, name, number + 7_000), phone, name)
        return first, second
    return (first,)


def _email(rng: random.Random, name: str, number: int) -> str:
    words = fold(name).split()
    local = rng.choice((f"{words[-1]}.{words[0]}", f"{words[0]}{words[-1]}", f"{words[-1]}{words[1]}.{words[0]}"))
    address = f"{local}{number % 997}.{number}@{pick(rng, MAIL_HOSTS)}"
    return address.title() if rng.random() < 0.04 else address


def _as_typed(rng: random.Random, phone: str) -> str:
    form = rng.random()
    if form < 0.55:
        return phone
    if form < 0.70:
        return f"+84{phone[1:]}"
    if form < 0.85:
        return f"{phone[:4]} {phone[4:7]} {phone[7:]}"
    return f"{phone[:4]}.{phone[4:7]}.{phone[7:]}"


def _pos_phone(rng: random.Random, phone: str, prefix: str, before: list[Person]) -> str:
    chance = rng.random()
    if chance < 0.10:
        return ""  # did not say
    if chance < 0.13 and before:
        return rng.choice(before).phone  # husband's, mother's: a telephone that two people share
    if chance < 0.30 and prefix in OLD_PREFIX:
        return OLD_PREFIX[prefix] + phone[3:]  # in the till since before 2018
    if chance < 0.36:
        return phone[1:]  # a spreadsheet ate the zero
    if chance < 0.375:
        return phone[:5] + phone[6:]  # a key that did not go down
    return _as_typed(rng, phone)


def _as_typed_by_owner(rng: random.Random, name: str) -> str:
    return name.lower() if rng.random() < 0.08 else name


def _as_typed_by_cashier(rng: random.Random, name: str) -> str:
    chance = rng.random()
    if chance < 0.42:
        name = fold(name).title()
    elif chance < 0.58:
        name = fold(name).upper()
    elif chance < 0.66:
        name = name.split()[-1]  # only the given name
    if rng.random() < 0.05 and len(name) > 6:
        at = rng.randrange(1, len(name) - 2)
        name = name[:at] + name[at + 1] + name[at] + name[at + 2 :]  # two keys in the wrong order
    return name if rng.random() > 0.1 else f"{rng.choice(('Chị', 'Anh', 'Cô', 'Chú'))} {name}"
