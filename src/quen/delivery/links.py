"""Links of a finished HTML e-mail: which are dangerous, which are followed, and the open pixel. Pure."""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Callable

_HREF = re.compile(r"(\shref\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)", re.IGNORECASE)
# A link, or what only looks like one: comments, styles and scripts are stepped over whole.
_TOKEN = re.compile(
    r"<!--.*?-->|<(style|script)\b.*?</\1\s*>|(<(?:a|area)\s(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>)",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_FOLLOWED = frozenset({"http", "https"})
_HARMLESS = frozenset({"mailto", "tel", "sms", "zalo"})
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


def disarm(html: str) -> tuple[str, list[str]]:
    """Take the address from links whose scheme is not one of a letter's (javascript:, data:…); which those were."""
    refused: list[str] = []

    def harmless(address: str) -> str:
        scheme = _scheme(address)
        if scheme is None or scheme in _FOLLOWED or scheme in _HARMLESS:
            return address
        refused.append(address[:100])
        return "#"

    return rewrite(html, harmless), refused


def follow(html: str, sign: Callable[[str], str], *, except_for: frozenset[str]) -> str:
    """Lead every http(s) link through `sign(address)`, but not the addresses in `except_for`."""
    return rewrite(html, lambda a: sign(a) if _scheme(a) in _FOLLOWED and a not in except_for else a)


def has_link(html: str, address: str) -> bool:
    found: list[str] = []

    def note(given: str) -> str:
        found.append(given)
        return given

    rewrite(html, note)
    return address in found


def append(html: str, fragment: str) -> str:
    """Put a fragment at the end of the body."""
    ends = list(_BODY_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + fragment + html[at:]


def pixel(address: str) -> str:
    return (
        f'<img src="{html_module.escape(address)}" width="1" height="1" alt=""'
        ' style="display:block;width:1px;height:1px;border:0;">'
    )


def _scheme(address: str) -> str | None:
    # Browsers drop tabs and newlines inside an address before they look at its scheme.
    match = _SCHEME.match(re.sub(r"[\x00-\x20]", "", address))
    return match[1].lower() if match else None


def rewrite(html: str, change: Callable[[str], str]) -> str:
    """Pass each address of <a> and <area> through `change`; every other character stays as it is."""
    return _TOKEN.sub(lambda m: _HREF.sub(lambda h: _changed(h, change), m[2]) if m[2] else m[0], html)


def _changed(match: re.Match[str], change: Callable[[str], str]) -> str:
    address = html_module.unescape(match[2].strip("\"'")).strip()
    changed = change(address)
    return match[0] if changed == address else f'{match[1]}"{html_module.escape(changed)}"'
