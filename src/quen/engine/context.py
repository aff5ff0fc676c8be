"""What lives as long as the engine: stores, definitions in force, caches. One thread owns it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from quen.cleaning import Locale
from quen.config import Config
from quen.connectors import declared
from quen.connectors.models import Source
from quen.engine.catalogue import Catalogue
from quen.engine.metrics import Parts
from quen.engine.seen import Seen
from quen.events.store import EventStore
from quen.identity.types import DEFAULTS, Rules
from quen.journal.protocol import Journal
from quen.profiles.strategies import ALL_LATEST, Strategies
from quen.segments.costs import Costs
from quen.segments.live import Program

INTERNAL_KIND = "internal"


# Inserting events is work of the event store's own, outside the interpreter: it goes on beside the state's. One thread
# for all engines of a process: the next one looks for what is stored after the last one's insert has ended.
RECORDER = ThreadPoolExecutor(1, "quen-recorder")


@dataclass
class Context:
    config: Config
    journal: Journal
    store: EventStore
    program: Program
    program_version: object = None
    rules: Rules = DEFAULTS  # identifier types
    rules_version: int = 0
    separations: dict[str, set[str]] | None = None  # identifiers cut apart by hand; None: read them anew
    open_claims: set[int] = field(default_factory=set)  # pairs; decided ones may still be among them
    known_pairs: set[int] = field(default_factory=set)  # some of the pairs that the log has: saves looking them up
    strategies: Strategies = ALL_LATEST  # of traits
    strategies_version: int = 0
    may_compute: bool = True  # whether a segment may wait to be computed
    may_renew: bool = True  # whether the present traits may wait to be made anew
    costs: Costs = field(default_factory=Costs)
    audited: float = field(default_factory=time.monotonic)  # when members were last compared with SQL
    lessened: dict[str, str] = field(default_factory=dict)  # batches of which another try told something (engine.told)
    catalogue: Catalogue = field(default_factory=Catalogue)
    seen: Seen = field(default_factory=Seen)
    parts: Parts = field(default_factory=Parts)
    recorder: ThreadPoolExecutor = RECORDER
    source_kinds: dict[int, str] = field(default_factory=dict)
    source_locales: dict[int, Locale] | None = None  # None: read them anew

    def source_kind(self, source_id: int) -> str:
        """`browser`, `server`, `file` or `internal`; an unknown source is trusted with nothing."""
        if source_id == 0:
            return INTERNAL_KIND
        kind = self.source_kinds.get(source_id)
        if kind is None:
            self.source_kinds = dict(Source.objects.values_list("id", "kind"))
            kind = self.source_kinds.setdefault(source_id, "browser")
        return kind

    def source_locale(self, source_id: int) -> Locale:
        """How the source declares that it writes, else as the workspace does."""
        found = None if self.source_locales is None else self.source_locales.get(source_id)
        if found is None:
            if self.source_locales is None:
                self.source_locales = declared.locales(self.config)
            usual = declared.workspace_locale(self.config)  # of what is no source: Quen itself, one made just now
            found = self.source_locales.setdefault(source_id, usual)
        return found
