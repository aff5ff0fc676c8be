"""Faults are logged with traces, which structlog's own default draws with all local values: that takes minutes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _brief_logs() -> Iterator[None]:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(drop_missing=True, key_order=["event"])])
    yield
    structlog.reset_defaults()
