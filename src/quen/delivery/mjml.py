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
from django.utils.translation import gettext_noop

from quen.delivery.errors import TemplateError

NO_MJML = gettext_noop("an e-mail template begins with <mjml> and has an <mj-body>")
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
    """`text` with `%(name)s` for `values`, so that pages can translate it."""

    line: int
    text: str
    values: dict[str, str] = {}
    fatal: bool = True

    @property
    def message(self) -> str:
        return self.text % self.values if self.values else self.text


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
        raise TemplateError("MJML: %(error)s", {"error": str(error)}) from error
    except BaseException as error:
        # A panic inside mrml comes as PanicException, which is no Exception; anything else is not ours.
        if type(error).__name__ != "PanicException":
            raise
        raise TemplateError("MJML: %(error)s", {"error": str(error)}) from error
    if len(html) > MAX_HTML:
        raise TemplateError(gettext_noop("the e-mail is too long; make it shorter"))
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
        return TemplateError(problem.text, problem.values, line=problem.line)
    blanked = _LIQUID.sub(lambda m: "\n" * m[0].count("\n"), source)
    own = next((p for p in check(blanked) if p.fatal), None)
    if own is None:
        return TemplateError(problem.text, problem.values)  # only in what Liquid makes of it: no line of the template
    return TemplateError(own.text, own.values, line=own.line)


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
                self._problem(gettext_noop("more than %(most)s elements inside each other"), most=MAX_DEPTH)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        elif any(name == tag for name, _ in self.open):
            name, line = self.open[-1]
            text = gettext_noop("</%(tag)s> comes before <%(open)s> of line %(other)s is closed")
            self._problem(text, tag=tag, open=name, other=line)
            while self.open.pop()[0] != tag:
                pass
        else:
            self._problem(gettext_noop("</%(tag)s> closes nothing"), tag=tag)

    def handle_data(self, data: str) -> None:
        if "<" in data and not (self.open and self.open[-1][0] in {"style", "script"}):
            before = data[: data.index("<")]
            self._problem(gettext_noop("write &lt; for a < in text"), below=before.count("\n"))
        elif data.strip() and self.open and self.open[-1][0] in _NO_TEXT:
            before = data[: len(data) - len(data.lstrip())]
            text = gettext_noop("text directly inside <%(tag)s> is not shown; put it into <mj-text>")
            self._problem(text, fatal=False, below=before.count("\n"), tag=self.open[-1][0])

    def handle_decl(self, decl: str) -> None:
        self._problem(gettext_noop("<!%(what)s…> has no place in MJML"), what=decl[:20])

    def unknown_decl(self, data: str) -> None:
        self._problem(gettext_noop("<!%(what)s…> has no place in MJML"), what="[")

    def finish(self) -> list[Problem]:
        for tag, line in reversed(self.open):
            self.problems.append(Problem(line, gettext_noop("<%(tag)s> is never closed"), {"tag": tag}))
        if self.rawdata.strip():  # an unfinished tag or quote at the end
            self._problem(gettext_noop("a tag or a quote is never closed"))
        if not self.has_root:
            self.problems.insert(0, Problem(1, NO_MJML))
        return self.problems

    def _start(self, tag: str) -> None:
        if tag == "mjml":
            self.has_root = True
        elif not self.open and not self.has_root:
            self.has_root = True  # said once is enough
            self._problem(NO_MJML)
        if tag == "mj-include":
            self._problem(gettext_noop("mj-include is not supported; put the text itself here"))
        elif tag.startswith("mj-") and tag not in _KNOWN:
            self._problem(gettext_noop("<%(tag)s> is no MJML element and is left out"), fatal=False, tag=tag)
        if _UNQUOTED.search(_QUOTED.sub('""', self.get_starttag_text() or "")):
            self._problem(gettext_noop("put the attribute values of <%(tag)s> in quotes"), tag=tag)

    def _problem(self, text: str, *, fatal: bool = True, below: int = 0, **values: object) -> None:
        """`below`: so many lines after where the parser stands."""
        given = {name: str(value) for name, value in values.items()}
        self.problems.append(Problem(self.getpos()[0] + below, text, given, fatal))
