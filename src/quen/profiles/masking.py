"""What a viewer without the right to personal contact data sees: e-mail addresses and phone numbers, masked.

Pure. It looks at values, not only at names: an address inside an event's property, a URL or a note is masked too.
"""

from __future__ import annotations

import re
from typing import Any

_EMAIL = re.compile(r"([^\s@<>()\"',;:=&?/]+)(?:@|%40)([^\s@<>()\"',;&?/]+\.[^\s@<>()\"',;&?/]+)", re.IGNORECASE)
# Nine digits and more, with the signs that people put between them; not inside a longer word such as an order code.
_PHONE = re.compile(r"(?<![\w.])(?:\+|%2B|00)?\(?\d(?:[\s.()-]{0,2}\d){8,14}(?![\w])", re.IGNORECASE)
_PHONE_NAMES = re.compile(r"phone|mobile|msisdn|(?:^|_)tel(?:$|_)|điện thoại|dien_?thoai|sdt|zalo", re.IGNORECASE)
_EMAIL_NAMES = re.compile(r"e-?mail", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
MASK = "•••"


def mask_email(value: str) -> str:
    """`lan.nguyen@gmail.com` → `l•••@gmail.com`: enough to tell two apart on one page, not to write to."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}{MASK}@{domain}" if at else f"{value[:1]}{MASK}"


def mask_phone(value: str) -> str:
    """`+84912345678` → `•••678`: the last three digits, as people read them out to confirm a number."""
    digits = "".join(_DIGIT.findall(value))
    return f"{MASK}{digits[-3:]}" if len(digits) >= 6 else MASK


def mask_identifier(type_: str, value: str) -> str:
    """An identifier's value as a viewer without the right sees it."""
    if type_ == "email":
        return mask_email(value)
    if type_ == "phone":
        return mask_phone(value)
    return mask_text(value)


def mask_text(text: str) -> str:
    """The text with every address and number in it masked."""
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(lambda m: f"{m[1][:1]}{MASK}@{m[2]}", text)
    return _PHONE.sub(lambda m: mask_phone(m[0]), text) if _PHONE.search(text) else text


def mask(value: Any, name: str = "") -> Any:
    """Any JSON value; `name` is the key it stands under, which tells that a bare number is a phone."""
    if isinstance(value, dict):
        return {mask_text(str(key)): mask(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask(item, name) for item in value]
    if isinstance(value, str):
        if _EMAIL_NAMES.search(name) and value:
            return mask_email(value) if "@" in value else mask_text(value)
        if _PHONE_NAMES.search(name) and value:
            return mask_phone(value) if len(_DIGIT.findall(value)) >= 6 else mask_text(value)
        return mask_text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _PHONE_NAMES.search(name):
        return mask_phone(str(value)) if abs(value) >= 1e5 else value
    return value
