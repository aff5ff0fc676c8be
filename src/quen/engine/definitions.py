"""Changed segments, computed traits, identifier types and strategies are taken over between two batches: a batch sees
one set of definitions."""

from __future__ import annotations

import time

from quen.computed import service as computed
from quen.engine.context import Context
from quen.identity import rules as identifier_rules
from quen.profiles import strategy_store

LOOK_EVERY_S = 0.5
_NOT_YET = float("-inf")


class Definitions:
    """What of the context comes from definitions, and when it was last looked at."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looked = _NOT_YET

    def take_over(self, *, force: bool = False) -> bool:
        """Whether it was time to look. `force`: it is, and the program is loaded anew whatever is found."""
        if not force and time.monotonic() - self._looked < LOOK_EVERY_S:
            return False
        self._looked = time.monotonic()
        context = self._context
        version = computed.definitions_version()
        if force or version != context.program_version:
            context.program = computed.load_program()
            context.program_version = version
            context.may_compute = True
        context.source_locales = None
        rules_version = identifier_rules.version()
        if rules_version != context.rules_version:
            context.rules = identifier_rules.current()
            context.rules_version = rules_version
        strategies_version = strategy_store.version()
        if strategies_version != context.strategies_version:
            context.strategies = strategy_store.current()
            context.strategies_version = strategies_version
        context.may_renew = True
        return True

    def forget(self) -> None:
        """Load the program anew at the next look, which is due."""
        self._looked, self._context.program_version = _NOT_YET, None
