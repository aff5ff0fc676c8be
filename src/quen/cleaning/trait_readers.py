"""What each field of a person becomes, by its cleaner; names and places are treated with the most care. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from quen.cleaning.addresses import cleaned_address
from quen.cleaning.cleaned import Cleaned, Locale
from quen.cleaning.dates import cleaned_birth
from quen.cleaning.emails import cleaned_email
from quen.cleaning.genders import cleaned_gender
from quen.cleaning.money import cleaned_money
from quen.cleaning.names import cleaned_name
from quen.cleaning.phones import cleaned_phone
from quen.cleaning.provinces import cleaned_province
from quen.cleaning.text import fold, narrow, tidy, unify_tone
from quen.cleaning.urls import cleaned_url

_COUNTRIES = frozenset({"vn", "vnm", "vietnam", "viet nam"})
# Towns that people also call their province by: as a city they are the town.
_TOWNS = frozenset({"vung tau", "ba ria"})
_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = re.compile(r"[<>{}=\\|#$%^*~_]")  # what holds these is no name that anybody could put right


class CleanTrait(msgspec.Struct, frozen=True):
    """What became of one trait.

    `outcome` is valid (nothing to do), fixed (`value` is the clean form, `done` says how), rejected (`value` as given,
    `problem` says why) or empty (nobody said anything). The words are those of the field's cleaner, and `tidied`
    (spaces, invisible characters).
    """

    field: str
    value: Any
    outcome: str
    done: tuple[str, ...] = ()
    problem: str | None = None
    hints: tuple[str, ...] = ()


def is_abroad(traits: Mapping[str, Any]) -> bool:
    """Whether the traits name another country, whose provinces we do not know."""
    country = traits.get("country")
    return isinstance(country, str) and bool(country.strip()) and fold(country) not in _COUNTRIES


def _plain(clean: Callable[[Any, Locale], Cleaned]) -> Callable[[str, Any, Locale, date], CleanTrait]:
    return lambda field, value, locale, _today: _judged(field, clean(value, locale))


def _judged(field: str, cleaned: Cleaned) -> CleanTrait:
    """The cleaner's own clean form is what is stored."""
    if cleaned.clean is None:
        return _refused(field, cleaned)
    return _stored(field, cleaned, cleaned.clean, cleaned.done)


def _refused(field: str, cleaned: Cleaned) -> CleanTrait:
    if cleaned.problem in ("empty", "not_said"):
        return CleanTrait(field, cleaned.given, "empty")
    return CleanTrait(field, cleaned.given, "rejected", problem=cleaned.problem, hints=cleaned.hints)


def _stored(field: str, cleaned: Cleaned, value: Any, done: tuple[str, ...], *more_hints: str) -> CleanTrait:
    hints = (*cleaned.hints, *more_hints)
    if value == cleaned.given and type(value) is type(cleaned.given):
        return CleanTrait(field, value, "valid", hints=hints)
    return CleanTrait(field, value, "fixed", done or ("tidied",), hints=hints)


def _email(field: str, value: Any, locale: Locale, _today: date) -> CleanTrait:
    cleaned = cleaned_email(value, locale)
    if cleaned.clean is None:
        return _refused(field, cleaned)
    # Gmail's dots are folded to match by; mail goes to the address as its owner writes it.
    return _stored(field, cleaned, cleaned.clean, tuple(word for word in cleaned.done if word != "gmail_folded"))


def _birthday(field: str, value: Any, locale: Locale, today: date) -> CleanTrait:
    return _judged(field, cleaned_birth(value, locale, today=today))


def _name(field: str, value: Any, locale: Locale, _today: date) -> CleanTrait:
    """A whole name. What is dropped is sure to be no part of it: `Anh Khoa` stays, `Anh Nguyễn Văn Khoa` does not."""
    cleaned = cleaned_name(value, locale)
    if cleaned.clean is None:
        return _refused(field, cleaned)
    cleaned = _without_idle_hints(cleaned)
    if not isinstance(value, str):
        return _stored(field, cleaned, cleaned.clean, cleaned.done)
    text = tidy(narrow(tidy(value)))
    if _SIGNS.search(text):
        return _stored(field, cleaned, tidy(value), ())
    done = tuple(word for word in cleaned.done if word != "tone_place")
    if "honorific_dropped" in done and cleaned.part("family") is None and not _is_short_for_a_title(text):
        if text.isupper() or text.islower():
            return _stored(field, cleaned, _capitalised(text), ("case",), "honorific_or_name")
        return _stored(field, cleaned, text, (), "honorific_or_name")
    return _stored(field, cleaned, _as_written(text, cleaned.clean or ""), done)


def _without_idle_hints(cleaned: Cleaned) -> Cleaned:
    """Of a name only what somebody may want to correct: its order is for matching. Trương is a school's word too."""
    told = {"digits", "several"} | ({"organisation"} if cleaned.part("family") is None else set())
    return msgspec.structs.replace(cleaned, hints=tuple(hint for hint in cleaned.hints if hint in told))


def _is_short_for_a_title(text: str) -> bool:
    first = text.split(" ", 1)[0].lower()
    return "." in first or ":" in first or first in ("mr", "mrs", "ms", "miss", "dr")


def _as_written(text: str, clean: str) -> str:
    """`clean` with its tone marks where `text` has them: `Hoà` is how this person writes it."""
    at = unify_tone(text).lower().find(clean.lower())
    written = text[at : at + len(clean)] if at >= 0 else ""
    if text.isupper() or text.islower():
        written = _capitalised(written)
    return written if unify_tone(written) == clean else clean


def _capitalised(text: str) -> str:
    return _WORD.sub(lambda word: word[0].capitalize(), text)


def _part_of_name(field: str, value: Any, locale: Locale, _today: date) -> CleanTrait:
    """A first or last name: nothing is taken off it, since `Anh` and `Ông` are names too."""
    cleaned = cleaned_name(value, locale)
    if cleaned.clean is None:
        return _refused(field, cleaned)
    text = tidy(narrow(value)) if isinstance(value, str) else cleaned.clean
    shouted = len(text) > 3 and (text.isupper() or text.islower()) and not _SIGNS.search(text)
    return _stored(
        field, _without_idle_hints(cleaned), _capitalised(text) if shouted else text, ("case",) if shouted else ()
    )


def _place(field: str, value: Any, locale: Locale, _today: date) -> CleanTrait:
    """A city or province: the usual spelling of what was named, of before July 2025 too.

    Figures are left alone: they may be anybody's own codes. A city need not be a province; a province must be one.
    """
    if not isinstance(value, str):
        return CleanTrait(field, value, "valid" if _is_number(value) else "rejected", problem=_no_text(value))
    text = tidy(value)
    if not text:
        return CleanTrait(field, value, "empty")
    if locale.region != "VN" or text.isdigit():
        return _stored(field, Cleaned(value, text), text, ())
    cleaned = cleaned_province(value, locale)
    if cleaned.clean is None:
        if field == "province":
            return _refused(field, cleaned)
        return _stored(field, Cleaned(value, text), text, ())
    if field == "city" and fold(text) in _TOWNS:
        return _stored(field, Cleaned(value, text), text, ())
    name = cleaned.part("old_name") or cleaned.clean
    moved = ("merged_2025",) if cleaned.part("old_name") else ()
    return _stored(field, cleaned, name, tuple(word for word in cleaned.done if word != "merged_2025"), *moved)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _no_text(value: Any) -> str | None:
    return None if _is_number(value) else "not_text"


def _address(field: str, value: Any, locale: Locale, today: date) -> CleanTrait:
    """One line of text, or the parts that SDKs send: {street, city, state, postalCode, country}."""
    if not isinstance(value, dict):
        return _judged(field, cleaned_address(value, locale))
    parts = dict(value)
    done: dict[str, None] = {}
    for name, text in value.items():
        kind = _ADDRESS_PARTS.get(name)
        if kind is None or not isinstance(text, str):
            continue
        if kind != "street" and not is_abroad(value):
            part = _place("city", text, locale, today)  # nothing is refused for one part of it
            parts[name] = part.value
            done |= dict.fromkeys(part.done)
        elif (neat := tidy(text)) != text:
            parts[name] = neat
            done["tidied"] = None
    if not any(isinstance(text, str) and text.strip() for text in value.values()):
        return CleanTrait(field, value, "empty")
    return CleanTrait(field, parts, "fixed" if parts != value else "valid", tuple(done))


def _amount(field: str, value: Any, locale: Locale, _today: date) -> CleanTrait:
    """An amount as a number, where it is in the source's currency; in another one it stays with its currency."""
    if _is_number(value):
        return CleanTrait(field, value, "valid")
    cleaned = cleaned_money(value, locale)
    if cleaned.clean is None:
        return _refused(field, cleaned)
    if cleaned.part("currency") != locale.currency:
        return CleanTrait(field, value, "valid", hints=("other_currency",))
    number: Any = msgspec.json.decode(cleaned.part("amount") or "0")
    quiet = msgspec.structs.replace(cleaned, hints=())
    return _stored(field, quiet, number, tuple(word for word in cleaned.done if word != "groups") or ("number",))


_ADDRESS_PARTS = {"street": "street", "city": "city", "state": "state", "province": "state"}
READERS: Mapping[str, Callable[[str, Any, Locale, date], CleanTrait]] = {
    "email": _email,
    "phone": _plain(cleaned_phone),
    "name": _name,
    "first_name": _part_of_name,
    "last_name": _part_of_name,
    "birthday": _birthday,
    "gender": _plain(cleaned_gender),
    "address": _address,
    "city": _place,
    "province": _place,
    "website": _plain(cleaned_url),
    "avatar": _plain(cleaned_url),
    "amount": _amount,
}
