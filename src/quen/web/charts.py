"""The data of a chart component (`web/components/chart.html`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def chart(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], *, kind: str = "line"
) -> dict[str, Any]:
    """What the drawing and its table need. `kind` is `line`, `bar`, or `rows`: bars that lie, for labels that are
    names. All series are as long as `labels`."""
    columns = list(series.values())
    return {
        "title": title,
        "kind": kind,
        "labels": list(labels),
        "series": [{"name": name, "values": list(values)} for name, values in series.items()],
        "rows": [{"label": label, "values": [column[at] for column in columns]} for at, label in enumerate(labels)],
    }
