"""Finding the parts of rules: a file in a folder is a part (decision 10)."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TypeVar

T = TypeVar("T")


def discover(package: str, attribute: str, kind: type[T]) -> list[T]:
    """The `attribute` of every module of a package that has one."""
    folder = importlib.import_module(package).__path__
    found = []
    for module in sorted(pkgutil.iter_modules(folder), key=lambda m: m.name):
        part = getattr(importlib.import_module(f"{package}.{module.name}"), attribute, None)
        if part is not None:
            if not isinstance(part, kind):
                raise TypeError(f"{package}.{module.name}.{attribute} is not a {kind.__name__}")
            found.append(part)
    return found
