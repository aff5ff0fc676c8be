"""The strings of a slice that people see: what its templates and modules hand to gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

# Functions and the places of the arguments that are messages.
_CALLS = {
    "_": (0,),
    "gettext": (0,),
    "gettext_lazy": (0,),
    "gettext_noop": (0,),
    "ngettext": (0, 1),
    "ngettext_lazy": (0, 1),
    "pgettext": (1,),
    "pgettext_lazy": (1,),
    "npgettext": (1, 2),
    "npgettext_lazy": (1, 2),
}
_START = re.compile(r"\b(" + "|".join(sorted(_CALLS, key=len, reverse=True)) + r")\(")


def strings(slice_dir: Path) -> Iterator[tuple[Path, str]]:
    """(file, message) of every translatable string below `slice_dir`."""
    for path in sorted(slice_dir.rglob("*.py")):
        for message in _of_python(path.read_text("utf-8")):
            yield path, message
    for path in sorted([*slice_dir.rglob("*.html"), *slice_dir.rglob("*.txt")]):
        if "templates" in path.parts:
            for message in _of_template(path.read_text("utf-8")):
                yield path, message


def _of_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _messages(node)


def _of_template(source: str) -> Iterator[str]:
    code = templatize(source)
    for match in _START.finditer(code):
        # The call ends at the first closing bracket that makes it valid Python: messages may hold brackets.
        end = match.end()
        while (end := code.find(")", end) + 1) > 0:
            try:
                tree = ast.parse(code[match.start() : end].strip(), mode="eval")
            except SyntaxError:
                continue
            if isinstance(tree.body, ast.Call):
                yield from _messages(tree.body)
            break


def _messages(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    for place in _CALLS.get(name, ()):
        if place < len(call.args):
            argument = call.args[place]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.strip():
                yield argument.value
