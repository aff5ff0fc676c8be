"""The plain-text part of an e-mail, made from its HTML: paragraphs, lists, links kept. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from quen.delivery.mjml import VOID

_BLOCK_NAMES = (
    "address article aside blockquote div dl dt dd fieldset footer form h1 h2 h3 h4 h5 h6 header main nav ol p pre"
    " section table tbody thead tfoot tr ul li"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SKIPPED = frozenset({"head", "style", "script", "title", "noscript", "template"})
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote"})
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_HIDDEN = re.compile(r"(?:^|;)\s*display\s*:\s*none\b", re.IGNORECASE)


def html_to_text(html: str) -> str:
    """Readable text; a link is `words (address)`, an image its `alt`. Hidden parts and comments are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.skipped: list[str] = []  # open elements inside the outermost that is left out
        self.links: list[tuple[str, int]] = []  # address, and where its words begin in `parts`

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self.skipped or tag in _SKIPPED or _HIDDEN.search(given.get("style", "")):
            if tag not in VOID:
                self.skipped.append(tag)
            return
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n\n---\n\n")
        elif tag == "img":
            self._words(given.get("alt", ""))
        elif tag == "a":
            self.links.append((given.get("href", "").strip(), len(self.parts)))
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in {"td", "th"}:
            self.parts.append("\t")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in _SPACED else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            if tag in self.skipped:
                while self.skipped.pop() != tag:
                    pass
            return
        if tag == "a" and self.links:
            address, start = self.links.pop()
            words = "".join(self.parts[start:]).strip()
            if address and not address.startswith("#") and address.removeprefix("mailto:") != words:
                self.parts.append(f" ({address})" if words else address)
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in _SPACED else "\n")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self._words(data)

    def _words(self, text: str) -> None:
        if text:
            self.parts.append(_SPACES.sub(" ", text))

    def text(self) -> str:
        lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(self.parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
