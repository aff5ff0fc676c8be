"""E-mail addresses in three forms: as given, to write to, and the key by which two spellings of a mailbox match."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.mail_domains import is_disposable, meant_domain
from quen.cleaning.text import narrow

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"({_LOCAL})@((?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}}))")
# The local part may hold letters of any script (RFC 6531).
_WIDE_ADDRESS = re.compile(rf"([^\s@<>()\[\]\\,;:\"]{{1,64}})@((?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}}))")
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_ROLES = """
abuse accounting accounts admin administrator billing careers compliance contact enquiries feedback finance
hello help helpdesk hostmaster hr info inquiries invoice jobs legal mail marketing news newsletter no-reply
noreply notifications office orders postmaster press privacy purchasing reception root sales security service
shop staff support team webmaster welcome
banhang bansi cskh chamsockhachhang daily dathang donhang hanhchinh hoadon hotro ketoan kinhdoanh lienhe nhansu
phongkinhdoanh thungan tuvan tuyendung vanphong vanthu
"""
_ROLE_NAMES = frozenset(_ROLES.split())
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


def cleaned_email(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """An e-mail address: `clean` is for delivery (the person's own spelling of the name), `key` for matching.

    Parts: `domain` and, with the hint `typo`, `meant`: the domain that was probably meant; nobody writes to it unless a
    person says so. Done: plain_letters, unwrapped (display name, quotes, mailto:, a last full stop), domain_lowered,
    and for the key gmail_folded. Hints: disposable, role, typo. Problems: empty, not_text, too_long, no_at, several,
    not_an_address.
    """
    given, problem = as_text(value, 400)
    if problem:
        return Cleaned(value, problem=problem)
    key = clean_email(given)
    if key is None:
        return Cleaned(value, problem=_why_not(given))
    done: list[str] = []
    narrowed = narrow(given).strip()
    if narrowed != given.strip():
        done.append("plain_letters")
    bare = _unwrapped(narrowed)
    if bare != narrowed:
        done.append("unwrapped")
    local, _, written = bare.rpartition("@")
    lowered = written.lower()
    domain = lowered if lowered.isascii() else lowered.encode("idna").decode()
    if domain != written:
        done.append("domain_lowered")
    if domain in _GMAIL and key != f"{local.lower()}@{domain}":
        done.append("gmail_folded")
    hints = []
    if is_disposable(domain):
        hints.append("disposable")
    if local.lower().split("+", 1)[0] in _ROLE_NAMES:
        hints.append("role")
    parts = [("domain", domain)]
    if meant := meant_domain(domain):
        hints.append("typo")
        parts.append(("meant", meant))
    return Cleaned(value, f"{local}@{domain}", key, tuple(done), hints=tuple(hints), parts=tuple(parts))


def _unwrapped(text: str) -> str:
    """The same steps as `_parse_again`, with the letters' case kept."""
    if _ADDRESS.fullmatch(text.lower()):
        return text
    if inner := _IN_BRACKETS.search(text):
        text = inner.group(1)
    text = text.strip(" \t\r\n'\",;")
    return (text[7:] if text[:7].lower() == "mailto:" else text).strip().rstrip(".")


def _why_not(text: str) -> str:
    ats = narrow(text).count("@")
    return "no_at" if ats == 0 else "several" if ats > 1 else "not_an_address"
