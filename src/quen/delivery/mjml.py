"""MJML to HTML by mrml, with errors that name the line. Pure: includes are refused, nothing is read or fetched.

mrml passes over what it does not know and says little of what it refuses, and deep nesting overflows its stack (which
would end the process). So the text is checked here first: balance, quotes, depth.
"""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import mrml
import msgspec

from quen.delivery.errors import TemplateError

MAX_DEPTH = 100
MAX_HTML = 1_000_000  # characters

_VOID_NAMES = "area base br col embed hr img input link meta source track wbr"
VOID = frozenset(_VOID_NAMES.split())  # HTML elements that have no end
_KNOWN_NAMES = (
    "mj-accordion mj-accordion-element mj-accordion-text mj-accordion-title mj-all mj-attributes mj-body mj-breakpoint"
    " mj-button mj-carousel mj-carousel-image mj-class mj-column mj-divider mj-font mj-group mj-head mj-hero"
    " mj-html-attribute mj-html-attributes mj-image mj-navbar mj-navbar-link mj-preview mj-raw mj-section mj-selector"
    " mj-social mj-social-element mj-spacer mj-style mj-table mj-text mj-title mj-wrapper"
)
_KNOWN = frozenset(_KNOWN_NAMES.split())
# Elements whose direct text mrml drops without a word.
_NO_TEXT = frozenset({"mjml", "mj-head", "mj-body", "mj-section", "mj-column", "mj-group", "mj-wrapper", "mj-hero"})
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'", re.DOTALL)
_UNQUOTED = re.compile(r"=\s*[^\s\"'>]")
# Not allowed in XML, and of no use in a letter.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


# mrml writes attribute values as Rust shows strings to programmers: a backslash, a quote, a line break, a combining
# mark or a joiner comes out as \\, \", \n, \u{301}. As entities they pass.
_TAG = re.compile(r"<[a-zA-Z](?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>")
_TITLE = re.compile(r"(?<=<mj-title>)[^<]*")


class Problem(msgspec.Struct, frozen=True):
    line: int
    message: str
    fatal: bool = True


def clean_text(text: str) -> str:
    """Without control characters and broken surrogates; lines end in a newline only, as mrml wants them."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def to_html(mjml: str, source: str | None = None) -> tuple[str, list[Problem]]:
    """HTML of MJML in which Liquid is already filled in; the second value holds what is only odd.

    `source` is the template before Liquid: errors then name its lines. Raises TemplateError.
    """
    problems = check(mjml)
    if fatal := next((p for p in problems if p.fatal), None):
        raise _located(fatal, source)
    try:
        html = mrml.to_html(
            _protected(mjml),
            mrml.ParserOptions(include_loader=mrml.noop_loader()),
            # By default each reader's program would fetch a font from another company, which learns who reads what.
            mrml.RenderOptions(fonts={}),
        ).content
    except Exception as error:
        raise TemplateError(f"MJML: {error}") from error
    except BaseException as error:
        # A panic inside mrml comes as PanicException, which is no Exception; anything else is not ours.
        if type(error).__name__ != "PanicException":
            raise
        raise TemplateError(f"MJML: {error}") from error
    if len(html) > MAX_HTML:
        raise TemplateError(f"the e-mail is over {MAX_HTML:,} characters of HTML; make it shorter")
    return html, problems


def _protected(mjml: str) -> str:
    quoted = _TAG.sub(lambda tag: _QUOTED.sub(lambda value: f'"{_entities(value[0][1:-1])}"', tag[0]), mjml)
    return _TITLE.sub(lambda title: _entities(title[0]), quoted)


def _entities(value: str) -> str:
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return value
    return "".join(
        f"&#{ord(c)};" if c in '"\\' or (c != " " and unicodedata.category(c)[0] in "CMZ") else c for c in value
    )


def check(mjml: str) -> list[Problem]:
    """What is wrong with the structure, in order of lines."""
    reader = _Reader()
    reader.feed(mjml)
    reader.close()
    return reader.finish()


def _located(problem: Problem, source: str | None) -> TemplateError:
    """The same problem in the template's own lines: Liquid is blanked out, newlines stay."""
    if source is None:
        return TemplateError(problem.message, line=problem.line)
    blanked = _LIQUID.sub(lambda m: "\n" * m[0].count("\n"), source)
    own = next((p for p in check(blanked) if p.fatal), None)
    if own is None:
        return TemplateError(f"{problem.message} (in what Liquid makes of the template)")
    return TemplateError(own.message, line=own.line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[tuple[str, int]] = []
        self.problems: list[Problem] = []
        self.has_root = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag)
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))
            if len(self.open) == MAX_DEPTH + 1:
                self._problem(f"more than {MAX_DEPTH} elements inside each other")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        elif any(name == tag for name, _ in self.open):
            name, line = self.open[-1]
            self._problem(f"</{tag}> comes before <{name}> of line {line} is closed")
            while self.open.pop()[0] != tag:
                pass
        else:
            self._problem(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if "<" in data and not (self.open and self.open[-1][0] in {"style", "script"}):
            before = data[: data.index("<")]
            self._problem("write &lt; for a < in text", extra_lines=before.count("\n"))
        elif data.strip() and self.open and self.open[-1][0] in _NO_TEXT:
            before = data[: len(data) - len(data.lstrip())]
            self._problem(
                f"text directly inside <{self.open[-1][0]}> is not shown; put it into <mj-text>",
                fatal=False,
                extra_lines=before.count("\n"),
            )

    def handle_decl(self, decl: str) -> None:
        self._problem(f"<!{decl[:20]}…> has no place in MJML")

    def unknown_decl(self, data: str) -> None:
        self._problem("<![…]> has no place in MJML")

    def finish(self) -> list[Problem]:
        for tag, line in reversed(self.open):
            self.problems.append(Problem(line, f"<{tag}> is never closed"))
        if self.rawdata.strip():  # an unfinished tag or quote at the end
            self._problem("a tag or a quote is never closed")
        if not self.has_root:
            self.problems.insert(0, Problem(1, "an e-mail template begins with <mjml> and has an <mj-body>"))
        return self.problems

    def _start(self, tag: str) -> None:
        if tag == "mjml":
            self.has_root = True
        elif not self.open and not self.has_root:
            self.has_root = True  # said once is enough
            self._problem(f"an e-mail template begins with <mjml>, not with <{tag}>")
        if tag == "mj-include":
            self._problem("mj-include is not supported; put the text itself here")
        elif tag.startswith("mj-") and tag not in _KNOWN:
            self._problem(f"<{tag}> is no MJML element and is left out", fatal=False)
        if _UNQUOTED.search(_QUOTED.sub('""', self.get_starttag_text() or "")):
            self._problem(f"put the attribute values of <{tag}> in quotes")

    def _problem(self, message: str, *, fatal: bool = True, extra_lines: int = 0) -> None:
        self.problems.append(Problem(self.getpos()[0] + extra_lines, message, fatal))
