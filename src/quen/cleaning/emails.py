"""E-mail addresses in three forms: as given, to write to, and the key by which two spellings of a mailbox match."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.mail_domains import corrected_domain, is_disposable, meant_domain
from quen.cleaning.text import narrow

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})"
_ADDRESS = re.compile(rf"({_LOCAL})@({_DOMAIN})")
# The local part may hold letters of any script (RFC 6531).
_WIDE_ADDRESS = re.compile(rf"([^\s@<>()\[\]\\,;:\"]{{1,64}})@({_DOMAIN})")
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_LABELS = re.compile(r"^(?:mailto:|e-?mail\s*:|mail\s*:)", re.IGNORECASE)
_AT_WITH_SPACES = re.compile(r"\s*@\s*")
_DOT_WITH_SPACES = re.compile(r"\s*\.\s*")
_AROUND = " \t\r\n'\",;()[]<>"
_ROLES = """
abuse accounting accounts admin administrator billing booking care careers compliance contact customercare
customerservice enquiries feedback finance hello help helpdesk hostmaster hotline hr info inquiries invoice jobs legal
mail marketing news newsletter no-reply noreply notifications office order orders postmaster press privacy purchasing
reception reservation reservations root sale sales security service shop staff support team webmaster welcome
banhang baohanh bansi cskh chamsockhachhang daily dathang donhang giamdoc hanhchinh hoadon hotro ketoan khachhang
kinhdoanh lienhe muahang nhansu phongkinhdoanh thungan tuvan tuyendung vanphong vanthu
"""
_ROLE_NAMES = frozenset(_ROLES.split())
# What a cashier types when the customer gives none.
_PLACEHOLDERS = frozenset(
    [
        "none",
        "no",
        "na",
        "noemail",
        "no-email",
        "nomail",
        "khongco",
        "khongcoemail",
        "khong",
        "test",
        "example",
        "khachle",
    ]
)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})


class _Read(NamedTuple):
    local: str  # in the person's own spelling
    written: str  # the domain as it is written
    plain: str  # in lower case and ASCII
    domain: str  # with slips put right
    bare: bool  # nothing stood around the address


def clean_email(value: Any) -> str | None:
    """The match key of an address: lower case, full-width folded; dots, +tag and googlemail folded for Gmail only.

    Slips in large domains that can be nothing else are put right (`gmail.con`). Not the address to write to: that is
    `cleaned_email(…).clean`. None when it is not one address.
    """
    return _key(value) if isinstance(value, str) and 3 < len(value) <= 400 else None


@lru_cache(maxsize=65_536)
def _key(value: str) -> str | None:
    read = _read(narrow(value).strip())
    if read is None:
        return None
    local, domain = narrow(read.local.lower()), read.domain
    if domain in _GMAIL:
        local = local.split("+", 1)[0].replace(".", "")
        domain = "gmail.com"
    return f"{local}@{domain}" if local else None


def _read(text: str) -> _Read | None:
    if match := _ADDRESS.fullmatch(text.lower()):
        end = match.end(1)
        read = _Read(text[:end], text[end + 1 :], match[2], corrected_domain(match[2]), bare=True)
    elif (found := _read_again(text)) is None:
        return None
    else:
        read = found
    return read if len(read.local) <= 64 and len(read.domain) <= 253 else None


def _read_again(text: str) -> _Read | None:
    """The forms that copied text brings: `Lan <lan@x.vn>`, `mailto:lan@x.vn`, a full stop after it, other scripts."""
    unwrapped = _unwrapped(text)
    local, _, written = unwrapped.rpartition("@")
    plain, bare = written.lower(), unwrapped == text
    # Before the pattern: `gmail,com` is one address, `a@b.com,c` is none.
    domain = corrected_domain(plain)
    if _ADDRESS.fullmatch(f"{local.lower()}@{domain}"):
        return _Read(local, written, plain, domain, bare)
    if unwrapped.isascii() or "@" in local or local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    try:
        plain = domain = plain.encode("idna").decode()
    except UnicodeError:
        return None
    if not _WIDE_ADDRESS.fullmatch(f"{local.lower()}@{plain}"):
        return None
    return _Read(local, written, plain, domain, bare)


def _unwrapped(text: str) -> str:
    if inner := _IN_BRACKETS.search(text):
        text = inner[1]
    text = _LABELS.sub("", text.strip(_AROUND)).strip(_AROUND).rstrip(".")
    local, at, domain = _AT_WITH_SPACES.sub("@", text).rpartition("@")
    return f"{local}{at}{_DOT_WITH_SPACES.sub('.', domain)}"


def cleaned_email(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """An e-mail address: `clean` is for delivery (the person's own spelling of the name), `key` for matching.

    Parts: `domain` and, with the hint `typo`, `meant`: the domain that was perhaps meant; nobody writes to it unless a
    person says so. Done: plain_letters, unwrapped (display name, quotes, mailto:, spaces, a last full stop),
    domain_lowered, domain_corrected (gmail.con), and for the key gmail_folded. Hints: disposable, role, placeholder,
    typo. Problems: empty, not_text, too_long, no_at, several, not_an_address.
    """
    given, problem = as_text(value, 400)
    if problem:
        return Cleaned(value, problem=problem)
    key = clean_email(given)
    narrowed = narrow(given).strip()
    read = _read(narrowed) if key else None
    if key is None or read is None:
        return Cleaned(value, problem=_why_not(given))
    done: list[str] = []
    if narrowed != given.strip():
        done.append("plain_letters")
    if not read.bare:
        done.append("unwrapped")
    if read.plain != read.written:
        done.append("domain_lowered")
    domain = read.domain
    if domain != read.plain:
        done.append("domain_corrected")
    if domain in _GMAIL and key != f"{read.local.lower()}@{domain}":
        done.append("gmail_folded")
    hints = []
    if is_disposable(domain):
        hints.append("disposable")
    name = key.rpartition("@")[0].split("+", 1)[0]
    if name in _ROLE_NAMES:
        hints.append("role")
    if name in _PLACEHOLDERS:
        hints.append("placeholder")
    parts = [("domain", domain)]
    if meant := meant_domain(domain):
        hints.append("typo")
        parts.append(("meant", meant))
    return Cleaned(value, f"{read.local}@{domain}", key, tuple(done), hints=tuple(hints), parts=tuple(parts))


def _why_not(text: str) -> str:
    ats = narrow(text).count("@")
    return "no_at" if ats == 0 else "several" if ats > 1 else "not_an_address"
