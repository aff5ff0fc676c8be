"""The edge process alone, as `quen up` starts it, without the app beside it. What it took is read from its journal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import httpx

from quen.config import load
from quen.journal.protocol import Entry
from quen.journal.sqlite import SqliteJournal
from quen.protocol.decode import decode_entry
from quen.protocol.messages import Message, Rejected
from tests.support import Quen, eventually


class EdgeOnly:
    """`settings` are QUEN_ settings without the prefix. `constants`: other values of what is fixed in `module:NAME`."""

    def __init__(self, data_dir: Path, *, constants: Mapping[str, object] | None = None, **settings: str) -> None:
        self._constants = dict(constants or {})
        self._home = Quen(data_dir, settings={f"QUEN_{name}": value for name, value in settings.items()})
        self.data_dir = data_dir
        self.url, self.port = self._home.edge_url, self._home.edge_port
        self.http = httpx.Client(base_url=self.url, timeout=60)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._journal: SqliteJournal | None = None

    def prepare(self) -> None:
        """A data directory as `quen init` makes it."""
        self._home.init()

    def start(self, *, healthy: bool = True) -> None:
        self._log = self._log or self.data_dir.with_suffix(".edge.log").open("ab")
        environment = {**self._home._environment(), "QUEN_DATA_DIR": str(self.data_dir)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._program(), "edge", "127.0.0.1", str(self.port)],
            env=environment,
            stdout=self._log,
            stderr=self._log,
        )
        eventually(lambda: self._answers(200 if healthy else 503))

    def _program(self) -> str:
        """`python -m quen.server`, with other values of constants."""
        lines = ["import importlib, sys", "from quen.server import main"]
        for name, value in self._constants.items():
            module, _, constant = name.partition(":")
            lines.append(f"setattr(importlib.import_module({module!r}), {constant!r}, {value!r})")
        return "\n".join([*lines, "main(sys.argv[1:])"])

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.http.close()
        if self._process is not None and self._process.poll() is None:
            self.stop()
        if self._log is not None:
            self._log.close()
        if self._journal is not None:
            self._journal.close()

    def key(self, kind: str = "server", name: str = "") -> str:
        return self._home.source(kind, name)

    def log(self) -> str:
        return self.data_dir.with_suffix(".edge.log").read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def journal(self) -> SqliteJournal:
        if self._journal is None:
            limit = load(self.data_dir, {}).journal_max_mb * 1_000_000
            self._journal = SqliteJournal(self.data_dir / "journal.db", max_bytes=limit)
        return self._journal

    def entries(self, since: int = 0) -> list[Entry]:
        """Everything after the offset `since`."""
        found: list[Entry] = []
        while chunk := self.journal.read(found[-1].offset if found else since, 10_000):
            found += chunk
        return found

    def decoded(self, since: int = 0, *, source_kind: str = "server") -> list[Message | Rejected]:
        return [
            item
            for entry in self.entries(since)
            if entry.kind == "track"
            for item in decode_entry(entry, source_kind=source_kind)
        ]

    def messages(
        self, since: int, count: int, *, source_kind: str = "server", wanted: Wanted | None = None
    ) -> list[Message]:
        """`count` messages after the offset, as soon as they are there.

        Something rejected among them fails the test, unless only some are `wanted`.
        """

        def all_there() -> list[Message] | None:
            found = []
            for item in self.decoded(since, source_kind=source_kind):
                if wanted is not None and not (isinstance(item, Message) and wanted(item)):
                    continue
                assert isinstance(item, Message), item
                found.append(item)
            return found if len(found) >= count else None

        found = eventually(all_there) or []
        assert len(found) == count, [(m.type, m.event) for m in found[:20]]
        return found

    def _answers(self, status: int) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the edge ended:\n{self.log()}"
        try:
            return self.http.get("/health").status_code == status
        except httpx.TransportError:
            return False


Wanted = Callable[[Message], bool]
