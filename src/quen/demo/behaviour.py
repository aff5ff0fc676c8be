"""A year of what customers do, as messages of the tracking API, in the order of time.

Pure and deterministic: every visit has a generator of its own, made of seed, person and number of the visit.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from quen.demo.catalogue import PRODUCTS, Product, line_of
from quen.demo.people import Account, Person, pick

DAY_MS = 86_400_000
SOURCES = {
    "web": ("Website", "browser"),
    "app": ("App", "server"),
    "pos": ("Cửa hàng (POS)", "server"),
    "zalo": ("Zalo OA", "server"),
}
_SCOPES = {"customer_code": "pos", "zalo_user_id": "oa-tiem-may"}
_HOURS = (1, 1, 0, 0, 0, 1, 3, 6, 8, 9, 9, 8, 9, 7, 6, 6, 7, 8, 10, 14, 16, 14, 9, 4)
_CAMPAIGNS = (
    ("", 60),
    ("facebook / cpc / tra-sen", 14),
    ("zalo / oa / ban-tin", 10),
    ("google / organic", 12),
    ("tiktok / video / phin", 4),
)
_OPENERS = (
    "Shop ơi còn hàng không ạ?",
    "Cho mình hỏi phí ship",
    "Bộ chén này rửa máy được không?",
    "Trà sen còn mấy hộp?",
)


class Visit(NamedTuple):
    day: int
    person: int
    number: int  # of this person's visits
    kind: str  # web, app, pos, zalo


class Sent(NamedTuple):
    time: int  # ms UTC
    source: str  # key of SOURCES
    message: dict[str, Any]


def plan_visits(seed: int, people: Sequence[Person], days: int) -> list[list[Visit]]:
    """The visits of each day. People come more often near feasts and less in the rain."""
    by_day: list[list[Visit]] = [[] for _ in range(days)]
    for person in people:
        rng = random.Random(f"{seed}:visits:{person.number}")
        first, last = _span(rng, person, days)
        count = max(1, round(person.visits * (last - first) / 365)) if days >= 60 else max(1, person.visits // 4)
        found = sorted(min(last, max(first, round(rng.triangular(first, last, last)))) for _ in range(count))
        for number, day in enumerate(found):
            kind = rng.choices(("web", "app", "pos"), person.channels)[0]
            if kind == "app" and (not person.accounts or number < person.signs_up_at):
                kind = "web"
            by_day[day].append(Visit(day, person.number, number, kind))
        if person.zalo_id:
            by_day[rng.randrange(first, last + 1)].append(Visit(0, person.number, 1000, "zalo"))
    return by_day


def _span(rng: random.Random, person: Person, days: int) -> tuple[int, int]:
    """First and last day on which somebody comes."""
    if person.archetype == "lapsed":
        return 0, max(0, int(days * rng.uniform(0.45, 0.62)))
    return int(days * rng.uniform(0.0, 0.9) ** 1.4), days - 1


def a_day(seed: int, people: Sequence[Person], visits: Sequence[Visit], day: int, end_ms: int, days: int) -> list[Sent]:
    """All that happens on one day; `end_ms` is the end of the last day."""
    begin = end_ms - (days - day) * DAY_MS
    happened: list[Sent] = []
    for visit in visits:
        person = people[visit.person]
        rng = random.Random(f"{seed}:visit:{visit.person}:{visit.number}")
        hour = rng.choices(range(24), _HOURS)[0]
        start = begin + hour * 3_600_000 + rng.randrange(3_600_000)
        happened.extend(visit_events(rng, person, visit.kind, visit.number, start))
    happened.sort(key=lambda sent: sent.time)
    return [sent for sent in happened if sent.time < end_ms]


def visit_events(rng: random.Random, person: Person, kind: str, number: int, start: int) -> Iterator[Sent]:
    """One visit. Message ids are made of person, visit and position, so the same visit twice is one visit."""
    make = {"web": _web, "app": _app, "pos": _pos, "zalo": _zalo}[kind]
    for position, sent in enumerate(make(rng, person, number, start)):
        sent.message["messageId"] = f"demo-{person.number}-{number}-{kind}-{position}"
        sent.message["timestamp"] = _iso(sent.time)
        yield sent


def _web(rng: random.Random, person: Person, number: int, start: int) -> Iterator[Sent]:
    account = _account(rng, person, number)
    who: dict[str, Any] = {"anonymousId": rng.choice(person.devices)}
    if account and number > person.signs_up_at:
        who["userId"] = account.user_id
    context = _web_context(rng)
    now = start

    def later(low: int, high: int) -> int:
        nonlocal now
        now += rng.randrange(low * 1000, high * 1000)
        return now

    def said(body: dict[str, Any]) -> Sent:
        return Sent(now, "web", {**who, "context": context, **body})

    if "userId" in who and account and rng.random() < 0.3:
        yield said({"type": "identify", "traits": _account_traits(person, account)})
    yield said(_page("/", "Tiệm Mây"))
    if account and number == person.signs_up_at:
        later(20, 90)
        who["userId"] = account.user_id
        yield said({"type": "identify", "traits": _account_traits(person, account)})
        yield said(_track("Signed Up", {"method": "email"}))
    basket: dict[str, int] = {}
    for product in _browse(rng, person):
        later(8, 90)
        yield said(_track("Product Viewed", _seen(product)))
        if rng.random() < 0.34:
            later(5, 40)
            basket[product.id] = basket.get(product.id, 0) + rng.choice((1, 1, 1, 2))
            yield said(_track("Product Added", {**_seen(product), "quantity": basket[product.id]}))
    if rng.random() < person.buys:
        if not basket:
            basket[_likes(rng, person).id] = 1
        later(20, 120)
        yield said(_track("Checkout Started", {"value": _value(basket), "currency": "VND"}))
        if "userId" not in who and (guest := _guest(rng, person)):
            later(10, 60)
            yield said({"type": "identify", "traits": guest})
        later(20, 180)
        yield said(_track("Order Completed", _order(rng, person, number, "WEB", basket)))
    elif basket and rng.random() < 0.4:
        later(20, 90)
        yield said(_track("Checkout Started", {"value": _value(basket), "currency": "VND"}))


def _app(rng: random.Random, person: Person, number: int, start: int) -> Iterator[Sent]:
    account = _account(rng, person, number) or person.accounts[0]
    who = {"userId": account.user_id}
    context = {
        "app": {"name": "Tiệm Mây", "version": rng.choice(("2.3.0", "2.4.1"))},
        "os": {"name": rng.choice(("iOS", "Android"))},
    }
    yield Sent(
        start, "app", {**who, "context": context, "type": "identify", "traits": _account_traits(person, account)}
    )
    yield Sent(start + 500, "app", {**who, "context": context, "type": "screen", "name": "Trang chủ"})
    basket: dict[str, int] = {}
    for step, product in enumerate(_browse(rng, person), 1):
        now = start + step * rng.randrange(6_000, 50_000)
        yield Sent(now, "app", {**who, "context": context, **_track("Product Viewed", _seen(product))})
        if rng.random() < 0.3:
            basket[product.id] = 1
            yield Sent(now + 4_000, "app", {**who, "context": context, **_track("Product Added", _seen(product))})
    if rng.random() < person.buys:
        basket = basket or {_likes(rng, person).id: 1}
        ordered = _order(rng, person, number, "APP", basket)
        yield Sent(start + 600_000, "app", {**who, "context": context, **_track("Order Completed", ordered)})
        if rng.random() < 0.04:
            back = {
                "order_id": ordered["order_id"],
                "total": -ordered["total"],
                "revenue": -ordered["total"],
                "currency": "VND",
            }
            yield Sent(start + 3 * DAY_MS, "app", {**who, "context": context, **_track("Order Refunded", back)})


def _pos(rng: random.Random, person: Person, number: int, start: int) -> Iterator[Sent]:
    basket = {_likes(rng, person).id: rng.choice((1, 1, 2)) for _ in range(rng.choice((1, 1, 2, 3)))}
    ordered = _order(rng, person, number, "POS", basket) | {"store": rng.choice(("Mây Hai Bà Trưng", "Mây Thảo Điền"))}
    traits = {"name": person.pos_name} | ({"phone": person.pos_phone} if person.pos_phone else {})
    context: dict[str, Any] = {"traits": traits}
    message: dict[str, Any] = {"context": context, **_track("Order Completed", ordered)}
    if person.pos_code:
        context["externalIds"] = [_external("customer_code", person.pos_code)]
    elif not person.pos_phone:
        message["anonymousId"] = f"receipt-{ordered['order_id']}"
        context.pop("traits")
    yield Sent(start, "pos", message)


def _zalo(rng: random.Random, person: Person, number: int, start: int) -> Iterator[Sent]:
    context = {"externalIds": [_external("zalo_user_id", person.zalo_id)]}
    yield Sent(start, "zalo", {"context": context, **_track("OA Followed", {"oa": "Tiệm Mây"})})
    if person.zalo_gives_phone:
        traits = {"phone": f"84{person.phone[1:]}", "name": person.name.split()[-1]}
        yield Sent(start + 40_000, "zalo", {"context": context, "type": "identify", "traits": traits})
    for turn in range(rng.choice((0, 1, 1, 2, 4))):
        at = start + 90_000 + turn * rng.randrange(60_000, 5 * DAY_MS)
        yield Sent(at, "zalo", {"context": context, **_track("OA Message Received", {"text": rng.choice(_OPENERS)})})


def _track(event: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "track", "event": event, "properties": properties}


def _page(path: str, title: str) -> dict[str, Any]:
    return {"type": "page", "name": title, "properties": {"path": path, "title": title}}


def _external(kind: str, value: str) -> dict[str, str]:
    return {"id": value, "type": kind, "scope": _SCOPES[kind]}


def _web_context(rng: random.Random) -> dict[str, Any]:
    context: dict[str, Any] = {"library": {"name": "analytics.js", "version": "next"}, "locale": "vi-VN"}
    if campaign := pick(rng, _CAMPAIGNS):
        parts = campaign.split(" / ")
        context["campaign"] = dict(zip(("source", "medium", "name"), parts, strict=False))
    return context


def _account(rng: random.Random, person: Person, number: int) -> Account | None:
    if not person.accounts or number < person.signs_up_at:
        return None
    return person.accounts[-1] if len(person.accounts) > 1 and number > person.signs_up_at + 3 else person.accounts[0]


def _account_traits(person: Person, account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "email": account.email,
        "phone": account.phone,
        "gender": person.gender,
        "city": person.town,
        "birthday": person.birthday,
    }


def _guest(rng: random.Random, person: Person) -> dict[str, Any] | None:
    """What somebody without an account types at the checkout."""
    if person.archetype == "visitor":
        return None
    email = person.accounts[0].email if person.accounts else f"khach{person.number}@hopthu.example"
    if rng.random() < 0.02:
        email = email.replace(".example", ".exmaple")
    return {"name": person.name, "email": email, "phone": person.phone, "city": person.town, "address": person.address}


def _browse(rng: random.Random, person: Person) -> list[Product]:
    return [_likes(rng, person) for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))]


def _likes(rng: random.Random, person: Person) -> Product:
    product = rng.choice(PRODUCTS)
    return product if product.category == person.taste or rng.random() < 0.35 else rng.choice(PRODUCTS)


def _seen(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "name": product.name,
        "category": product.category,
        "price": product.price,
        "currency": "VND",
    }


def _value(basket: dict[str, int]) -> int:
    return sum(product.price * basket[product.id] for product in PRODUCTS if product.id in basket)


def _order(rng: random.Random, person: Person, number: int, till: str, basket: dict[str, int]) -> dict[str, Any]:
    value = _value(basket)
    discount = round(value * 0.1, -3) if rng.random() < 0.12 else 0
    shipping = 0 if till == "POS" or value >= 500_000 else 30_000
    return {
        "order_id": f"{till}-{person.number:05}-{number:03}",
        "total": int(value - discount + shipping),
        "revenue": int(value - discount),
        "discount": int(discount),
        "shipping": shipping,
        "currency": "VND",
        "channel": till.lower(),
        "products": [line_of(product, basket[product.id]) for product in PRODUCTS if product.id in basket],
    }


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
