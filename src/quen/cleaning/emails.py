"""E-mail addresses: the key by which two ways of writing one mailbox match."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from quen.cleaning.text import narrow

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"({_LOCAL})@((?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}}))")
# The local part may hold letters of any script (RFC 6531).
_WIDE_ADDRESS = re.compile(rf"([^\s@<>()\[\]\\,;:\"]{{1,64}})@((?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}}))")
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})


def clean_email(value: Any) -> str | None:
    """The match key of an address: lower case, full-width folded; dots, +tag and googlemail folded for Gmail only.

    Not the address to write to: mail goes to the address as it was given. None when it is not one address.
    """
    return _key(value) if isinstance(value, str) and 3 < len(value) <= 400 else None


@lru_cache(maxsize=65_536)
def _key(value: str) -> str | None:
    text = narrow(value).strip().lower()
    if not (match := _ADDRESS.fullmatch(text)):
        match = _parse_again(text)
    if match is None:
        return None
    local, domain = match.groups()
    if len(local) > 64 or len(domain) > 253:
        return None
    if domain in _GMAIL:
        local = local.split("+", 1)[0].replace(".", "")
        domain = "gmail.com"
        if not local:
            return None
    return f"{local}@{domain}"


def _parse_again(text: str) -> re.Match[str] | None:
    """The forms that copied text brings: `Lan <lan@x.vn>`, `mailto:lan@x.vn`, a full stop after it, other scripts."""
    if inner := _IN_BRACKETS.search(text):
        text = inner.group(1)
    text = text.strip(" \t\r\n'\",;").removeprefix("mailto:").strip().rstrip(".")
    if match := _ADDRESS.fullmatch(text):
        return match
    if text.isascii() or text.count("@") != 1:
        return None
    local, domain = text.split("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    return _WIDE_ADDRESS.fullmatch(f"{local}@{domain}")
