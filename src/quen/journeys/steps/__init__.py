"""Every kind of step, found by looking into this package."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from quen.journeys.steps.base import StepKind


@lru_cache(maxsize=1)
def step_kinds() -> dict[str, StepKind]:
    """Type → kind, in the order of the menu."""
    kinds = [
        import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__) if module.name != "base"
    ]
    return {kind.type: kind for kind in sorted(kinds, key=lambda kind: (kind.order, kind.type))}
