"""Every text of the console exists in Vietnamese, with the same placeholders, and no translation is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from django.template import Template
from django.template.base import Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

import quen
from quen.config import SETTINGS
from quen.web.locale_build import compile_all

PACKAGE = Path(quen.__file__).parent
SLICES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
KEYWORDS = {name.replace("ugettext", "gettext"): spec for name, spec in DEFAULT_KEYWORDS.items()} | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")

pytestmark = pytest.mark.django_db  # templates may ask for the user's language


@pytest.mark.parametrize("name", SLICES)
def test_every_text_is_translated(name: str) -> None:
    catalogue = translations()
    missing = sorted({text for text in texts_of(name) if not catalogue.get(text)})
    assert not missing, f"add to src/quen/{name}/locale/vi/LC_MESSAGES/django.po: {missing}"


def test_no_translation_is_left_over() -> None:
    used = {text for name in SLICES for text in texts_of(name)}
    left = {str(path.relative_to(PACKAGE)): sorted({e.msgid for e in entries} - used) for path, entries in catalogues()}
    assert not {path: texts for path, texts in left.items() if texts}


def test_placeholders_survive_translation() -> None:
    for _path, entries in catalogues():
        for entry in entries:
            for translation in filter(None, [entry.msgstr, *entry.msgstr_plural.values()]):
                expected = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
                assert set(PLACEHOLDER.findall(translation)) == expected, (entry.msgid, translation)


def test_two_slices_agree_on_a_text() -> None:
    """Django merges the catalogues of all slices: of two translations of one text only one would ever be seen."""
    said: dict[tuple[str | None, str], str] = {}
    for path, entries in catalogues():
        for entry in entries:
            first = said.setdefault((entry.msgctxt, entry.msgid), entry.msgstr)
            assert first == entry.msgstr, f"{path.relative_to(PACKAGE)}: {entry.msgid!r} is {first!r} elsewhere"


def test_a_catalogue_is_compiled_once(tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "locale" / "vi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "django.po").write_text(header + 'msgid "a"\nmsgstr "á"\n')
    assert compile_all(tmp_path) == [folder / "django.mo"]
    assert compile_all(tmp_path) == []
    assert {e.msgid: e.msgstr for e in polib.mofile(str(folder / "django.mo"))} == {"a": "á"}


def test_a_broken_catalogue_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "locale" / "vi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid "a"\nmsgid "b"\nmsgctxt\n')
    with pytest.raises(ValueError, match=re.escape(str(folder))):
        compile_all(tmp_path)


@cache
def catalogues() -> list[tuple[Path, list[polib.POEntry]]]:
    return [(path, list(polib.pofile(str(path)))) for path in sorted(PACKAGE.glob("*/locale/vi/LC_MESSAGES/*.po"))]


@cache
def translations() -> dict[str, str]:
    entries = [entry for _, entries in catalogues() for entry in entries if not entry.fuzzy and not entry.obsolete]
    return {entry.msgid: entry.msgstr or next(iter(entry.msgstr_plural.values()), "") for entry in entries}


@cache
def texts_of(name: str) -> frozenset[str]:
    folder = PACKAGE / name
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for _line, message, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            found.add(message[0] if isinstance(message, tuple) else message)
    for path in (*folder.glob("templates/**/*.html"), *folder.glob("templates/**/*.txt")):
        found.update(texts_of_template(path))
    if name == "accounts":
        found.update(setting.description for setting in SETTINGS)  # the Settings page shows them
    return frozenset(found - {""})


def texts_of_template(path: Path) -> Iterator[str]:
    template = Template(path.read_text("utf-8"))
    translated: tuple[type[Node], ...] = (TranslateNode, BlockTranslateNode)
    for kind in translated:
        for node in template.nodelist.get_nodes_by_type(kind):
            if isinstance(node, TranslateNode):
                if isinstance(node.filter_expression.var, str):
                    yield node.filter_expression.var
                elif node.filter_expression.var.literal is not None:
                    yield str(node.filter_expression.var.literal)
            elif isinstance(node, BlockTranslateNode):
                text, _variables = node.render_token_list(node.singular)
                yield trimmed(text) if node.trimmed else text


def trimmed(text: str) -> str:
    return " ".join(line.strip() for line in text.strip().splitlines() if line.strip())
