"""Amounts as people write them, above all in Vietnamese: `250k`, `1tr2`, `1,2 triệu`, `-50.000đ`, `(50.000)`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import narrow

_UNITS = {
    "trăm": 2, "tram": 2,
    "k": 3, "n": 3, "ng": 3, "nghìn": 3, "nghin": 3, "ngàn": 3, "ngan": 3,
    "tr": 6, "triệu": 6, "trieu": 6, "m": 6, "củ": 6,
    "tỷ": 9, "tỉ": 9, "ty": 9, "ti": 9,
}  # fmt: skip
_CURRENCIES = {
    "đ": "VND", "d": "VND", "₫": "VND", "vnd": "VND", "vnđ": "VND", "đồng": "VND", "dong": "VND",
    "$": "USD", "usd": "USD", "us$": "USD",
    "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP", "¥": "JPY", "jpy": "JPY", "yen": "JPY",
    "đô": "USD", "euro": "EUR", "aud": "AUD", "a$": "AUD", "cad": "CAD", "cny": "CNY", "rmb": "CNY", "krw": "KRW",
    "₩": "KRW", "won": "KRW", "thb": "THB", "฿": "THB", "sgd": "SGD", "s$": "SGD", "hkd": "HKD", "twd": "TWD",
}  # fmt: skip
_NO_MINOR_UNIT = frozenset({"VND", "JPY", "KRW"})
_HALVES = frozenset({"rưỡi", "ruoi", "rưởi"})  # half of the unit before it
# `2 triệu 500 nghìn`, `1tr 500k`: with the space, since `1tr2k` is nobody's way to write anything.
_TWO_UNITS = re.compile(r"(\d[\d.,]*) ?([^\W\d_]+) (\d{1,3}) ?([^\W\d_]+)((?: [^\W\d_]+)?)")
_PARTS = re.compile(r"([^\d.,'\s]*)\s*(\d[\d.,' ]*)\s*([^\d]*?)\s*(\d*)\s*([^\d]*)")
_DOT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_LARGEST = Decimal(10) ** 15
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+")


class Money(msgspec.Struct, frozen=True):
    amount: Decimal
    currency: str  # ISO 4217

    @property
    def number(self) -> int | float:
        """The amount as JSON has it: whole where it is whole."""
        return int(self.amount) if self.amount == self.amount.to_integral_value() else float(self.amount)


def parse_money(value: Any, *, currency: str = "VND", decimal: str = ",") -> Money | None:
    """Read an amount; None when it is not one. `decimal` is the decimal sign of the source, "," or ".".

    A sign that cannot be the other one is believed whatever `decimal` says: `2.55` has decimals, `1.234.567` has none.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        exact = Decimal(str(value))
        return Money(exact, currency) if exact.is_finite() else None
    if not isinstance(value, str) or not 0 < len(value) <= 60:
        return None
    text = narrow(value).strip().lower().replace("−", "-")
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1].strip()
    if "-" in text:
        # A minus stands first, behind the currency sign, or (accounting) last; anywhere else this is no amount.
        bare = text.replace("-", "", 1).strip()
        at = text.index("-")
        if negative or "-" in bare or (any(c.isdigit() for c in text[:at]) and at != len(text) - 1):
            return None
        negative, text = True, bare
    text = text.removeprefix("+").strip()
    if (two := _TWO_UNITS.fullmatch(text)) and _UNITS.get(two[2], 0) > _UNITS.get(two[4], 99):
        found = _CURRENCIES.get(two[5].strip(), "" if two[5] else currency)
        amount = _number(two[1], "." if decimal == "." else ",", found)
        if amount is None or not found:
            return None
        amount = amount.scaleb(_UNITS[two[2]]) + Decimal(two[3]).scaleb(_UNITS[two[4]])
        return Money(-amount if negative else amount, found)
    match = _PARTS.fullmatch(text)
    if not match:
        return None
    before, digits, unit, rest, after = (part.strip() for part in match.groups())
    found, power, last, half = currency, 0, 0, Decimal(0)
    for word in (*before.split(), *unit.replace(".", " ").split(), *after.replace(".", " ").split()):
        if word in _UNITS:
            power, last, half = power + _UNITS[word], _UNITS[word], half.scaleb(_UNITS[word])
        elif word in _HALVES and last and not half and not rest:
            half = Decimal(5).scaleb(power - 1)
        elif word in _CURRENCIES:
            found = _CURRENCIES[word]
        else:
            return None
    amount = _number(digits, "." if decimal == "." else ",", found)
    if amount is None or power > 12:
        return None
    amount = amount.scaleb(power) + half
    if rest:
        # `1tr2` is 1,200,000 and `1tr250` 1,250,000: digits behind the unit are its decimals.
        first = unit.split()[0] if unit else ""
        if first not in _UNITS or len(rest) > 3 or any(word in _UNITS for word in after.split()):
            return None
        amount += Decimal(rest).scaleb(_UNITS[first] - len(rest))
    return Money(-amount if negative else amount, found)


def _number(text: str, decimal: str, currency: str) -> Decimal | None:
    text = text.replace(" ", "").replace("'", "").rstrip(".,")
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        # Both: the last one is the decimal sign, the other one groups.
        whole, fraction = (text[:dot], text[dot + 1 :]) if dot > comma else (text[:comma], text[comma + 1 :])
        groups = _COMMA_GROUPS if dot > comma else _DOT_GROUPS
        if not groups.fullmatch(whole) or not fraction.isdigit():
            return None
        return Decimal(f"{whole.replace(',', '').replace('.', '')}.{fraction}")
    if dot < 0 and comma < 0:
        return Decimal(text)
    sign = "." if dot >= 0 else ","
    groups = _DOT_GROUPS if sign == "." else _COMMA_GROUPS
    if groups.fullmatch(text) and (text.count(sign) > 1 or sign != decimal or currency in _NO_MINOR_UNIT):
        return Decimal(text.replace(sign, ""))
    if text.count(sign) > 1:
        return None
    return Decimal(text.replace(sign, "."))


def cleaned_money(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """An amount: `clean` and `key` are digits with a decimal point and the currency, `1200000 VND`, `-2.50 USD`.

    Parts: `amount` (as JSON has it), `currency` (ISO 4217). Done: plain_letters, sign (of brackets or a last minus),
    unit (k, nghìn, tr, triệu, tỷ), groups, currency_written, rounded (beyond six decimals). Hints: currency_assumed.
    Problems: empty, not_text, too_long, too_large (10^15), not_an_amount.
    """
    given, problem = as_text(value, 60)
    if problem:
        return Cleaned(value, problem=problem)
    done: list[str] = []
    text = narrow(given).strip()
    if text != given.strip():
        done.append("plain_letters")
    own = isinstance(value, str) and text.upper().endswith(locale.currency) and len(text) > len(locale.currency)
    bare = text[: -len(locale.currency)].rstrip() if own else text
    money = parse_money(value if not isinstance(value, str) else bare, currency=locale.currency, decimal=locale.decimal)
    if money is None:
        return Cleaned(value, problem="not_an_amount")
    if abs(money.amount) >= _LARGEST:
        return Cleaned(value, problem="too_large")
    amount = round(money.amount, 6).normalize()
    if amount != money.amount:
        done.append("rounded")
    lower = bare.lower().replace("−", "-")
    if amount < 0 and not lower.lstrip("$€£¥₫ ").startswith("-"):
        done.append("sign")
    words = re.findall(r"[^\W\d_]+", lower) if isinstance(value, str) else []
    if any(word in _UNITS for word in words):
        done.append("unit")
    if isinstance(value, str) and re.search(r"\d[.,' ]\d{3}", lower) and amount == amount.to_integral_value():
        done.append("groups")
    written = own or any(word in _CURRENCIES for word in (*words, *lower))
    if written:
        done.append("currency_written")
    number = Money(amount, money.currency)
    clean = f"{_plain(amount)} {money.currency}"
    return Cleaned(
        value,
        clean,
        clean,
        tuple(done),
        hints=() if written else ("currency_assumed",),
        parts=(("amount", str(number.number)), ("currency", money.currency)),
    )


def _plain(amount: Decimal) -> str:
    """Never three decimals, which could be read as a group."""
    if amount == amount.to_integral_value():
        return str(int(amount))
    decimals = len(format(amount, "f").partition(".")[2])
    return format(amount, f".{2 if decimals <= 2 else max(decimals, 4)}f")
