"""`python -m quen.backup.opening DIR`: open a copy of an event store and say what it holds, as JSON.

A process of its own, because a process opens one event store. It may change the directory: give it one of links.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(directory: str) -> None:
    import chdb

    connection = chdb.connect(directory)  # type: ignore[no-untyped-call]
    connection.query("SYSTEM STOP MERGES")

    def rows(sql: str) -> list[list[Any]]:
        text = connection.query(sql, "JSONCompactEachRow").bytes() or b""
        return [json.loads(line) for line in text.splitlines()]

    found: dict[str, Any] = {"version": chdb.__version__, "tables": {}}
    for table, engine in rows(
        "SELECT name, engine FROM system.tables WHERE database = 'default' AND engine LIKE '%MergeTree' ORDER BY name"
    ):
        count = rows(f"SELECT sum(rows) FROM system.parts WHERE active AND database = 'default' AND table = '{table}'")
        try:
            sound = bool(rows(f"CHECK TABLE `{table}` SETTINGS check_query_single_value_result = 1")[0][0])
        except RuntimeError:
            sound = False
        found["tables"][table] = {"rows": int(count[0][0]), "engine": engine, "sound": sound}
    schema = rows("SELECT max(number) FROM schema_migrations") if "schema_migrations" in found["tables"] else [[0]]
    found["schema"] = int(schema[0][0])
    connection.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).absolute()))
