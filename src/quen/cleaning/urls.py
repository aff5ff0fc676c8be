"""Web addresses and the campaign marks (UTM) that they carry."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import tidy

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)")
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{1,62}|localhost|\d{1,3}(?:\.\d{1,3}){3}", re.ASCII
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UTM = frozenset({"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"})
# Of one click of one person: never part of which page it is.
_CLICK_IDS = frozenset(
    {"gclid", "gbraid", "wbraid", "dclid", "fbclid", "ttclid", "msclkid", "twclid", "yclid", "li_fat_id", "igshid",
     "zclid", "zarsrc", "mc_eid", "mc_cid", "_ga", "_gl"}
)  # fmt: skip
_PERSONAL = re.compile(r"[^@\s=&]+@[^@\s=&]+\.[a-z]{2,}", re.IGNORECASE)
_MARK_NEXT = r"(?=(?:utm[_-]|gclid=|fbclid=|ttclid=))"
_MARK_BEHIND_QUESTION = re.compile(rf"[?;]{_MARK_NEXT}", re.IGNORECASE)
# Marks that were hung on the path, or encoded once too often: `/ao&utm_source=x`, `/ao%3Futm_source%3Dx`.
_MARK_IN_PATH = re.compile(rf"(?:[&;]|%3F|%26){_MARK_NEXT}", re.IGNORECASE)
_AMPERSANDS = re.compile(r"&(?:amp;)+")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]"
_LONGEST = 8000


def cleaned_url(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A web address: `clean` is the whole, `key` the page: no scheme, `www.`, campaign marks, click ids or fragment.

    Parts: `host`, and of utm_source, utm_medium, utm_campaign, utm_term, utm_content and utm_id, and of the click ids
    (gclid, fbclid, …), those that are there, in the fragment too (source and medium in lower case; of two the first). A
    fragment that is a route (`#/cart`) belongs to the page. Done: scheme_added, sign_in_dropped, ampersands (`&amp;`),
    question_marks (`?a=1?utm_…`, `/a&utm_…`), tidied. Hints:
    personal_data (an e-mail address in it), utm_twice. Problems: empty, not_text, too_long, not_a_url, other_scheme.
    """
    given, problem = as_text(value, _LONGEST)
    if problem:
        return Cleaned(value, problem=problem)
    done: list[str] = []
    text = tidy(given).strip("<>\"' ")
    if not _SCHEME.match(text):
        text = "https://" + text.removeprefix("//")
        done.append("scheme_added")
    elif not text.lower().startswith(("http://", "https://")):
        return Cleaned(value, problem="other_scheme")
    if "&amp;" in text:
        text = _AMPERSANDS.sub("&", text)
        done.append("ampersands")
    try:
        split = urlsplit(text)
        host, port = _host(split), split.port
    except ValueError:
        return Cleaned(value, problem="not_a_url")
    if not host:
        return Cleaned(value, problem="not_a_url")
    if "@" in split.netloc:
        done.append("sign_in_dropped")
    page, query = _marks_out_of_path(split.path, split.query)
    query = _MARK_BEHIND_QUESTION.sub("&", query)
    if query != split.query:
        done.append("question_marks")
    place = host if port in (None, _DEFAULT_PORTS[split.scheme]) else f"{host}:{port}"
    path = _encoded(page, _PATH_SAFE) or "/"
    query, fragment = _encoded(query, _QUERY_SAFE), _encoded(split.fragment, _QUERY_SAFE)
    clean = f"{split.scheme}://{place}{path}" + (query and f"?{query}") + (fragment and f"#{fragment}")
    if len(clean) > _LONGEST:
        return Cleaned(value, problem="too_long")
    if not done and clean != given:
        done.append("tidied")
    pairs = _pairs(query)
    route, _, behind = fragment.partition("?")
    in_fragment = _pairs(behind or fragment) if "=" in fragment else []
    hints = ["personal_data"] if _PERSONAL.search(unquote(path + "?" + query)) else []
    marks = _marks(pairs + in_fragment, hints)
    key = place.removeprefix("www.") + path.rstrip("/") + _page_query(pairs)
    if fragment.startswith(("/", "!")):
        key += f"#{route}" + (_page_query(in_fragment) if behind else "")
    return Cleaned(value, clean, key, tuple(done), hints=tuple(hints), parts=(("host", host), *marks.items()))


def _marks_out_of_path(path: str, query: str) -> tuple[str, str]:
    if not (match := _MARK_IN_PATH.search(path)):
        return path, query
    marks = path[match.end() :]
    marks = unquote(marks) if match[0][0] == "%" else marks
    return path[: match.start()], f"{marks}&{query}" if query else marks


def _host(split: SplitResult) -> str | None:
    host = (split.hostname or "").rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode()  # UnicodeError is a ValueError
    return host if _HOST.fullmatch(host) else None


def _encoded(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")


def _pairs(query: str) -> list[tuple[str, str]]:
    """Of a query that was encoded as a whole (`utm_source%3Dzalo%26utm_medium%3Dcpc`) the pairs inside."""
    pairs: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        inside = parse_qsl(name) if not value and "=" in name and _mark(name).startswith("utm_") else []
        pairs += inside or [(name, value)]
    return pairs


def _mark(name: str) -> str:
    return name.strip().lower().replace("utm-", "utm_")


def _marks(pairs: list[tuple[str, str]], hints: list[str]) -> dict[str, str]:
    marks: dict[str, str] = {}
    for name, value in pairs:
        mark, text = _mark(name), tidy(value)
        if not text or (mark not in _UTM and mark not in _CLICK_IDS):
            continue
        text = text.lower() if mark in ("utm_source", "utm_medium") else text
        if marks.setdefault(mark, text) != text and mark in _UTM and "utm_twice" not in hints:
            hints.append("utm_twice")
    return marks


def _page_query(pairs: list[tuple[str, str]]) -> str:
    kept = sorted((name, value) for name, value in pairs if not _is_mark(_mark(name)))
    return "?" + urlencode(kept, errors="replace") if kept else ""


def _is_mark(name: str) -> bool:
    return name.startswith("utm_") or name in _CLICK_IDS
