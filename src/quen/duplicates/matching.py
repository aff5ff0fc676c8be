"""Finds the records that are one person: candidates by many keys, weights by Splink, groups guarded against chains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from quen.duplicates import blocking
from quen.duplicates.clusters import clusters_of, components
from quen.duplicates.model import comparisons
from quen.duplicates.pairs import Found, Pair, bits_of
from quen.duplicates.records import Record, Style
from quen.duplicates.table import filled, table_of
from quen.duplicates.weighing import MOST_LIKELY, NO_BITS, Weigher, learned

THREADS = 2
MEMORY = "900MB"
THRESHOLD = 0.5  # the likelier answer of the two
LARGEST_COMPONENT = 60  # records that are weighed all against all; a larger one is first cut at a higher weight
CUT_BITS = 3.0

Progress = Callable[[str, float], None]


def find(
    records: Sequence[Record],
    style: Style,
    *,
    threshold: float = THRESHOLD,
    progress: Progress = lambda step, done: None,
    apart: Callable[[int, int], bool] = lambda left, right: False,
) -> Found:
    """`threshold`: the probability from which two go together. `apart`: pairs (smaller first) that never do."""
    if len(records) < 2:
        return Found([], [], 0, {}, 0.0)
    progress("table", 0.0)
    table = table_of(records, style)
    chosen = comparisons(style, filled(table))
    with TemporaryDirectory(prefix="quen-duplicates-") as spill, _connected(spill) as connection:
        connection.register("records_arrow", table)
        connection.execute("CREATE TABLE records AS SELECT * FROM records_arrow")
        progress("candidates", 0.1)
        compared = _candidates(connection, records)
        progress("learn", 0.25)
        chosen, prior = learned(connection, table, chosen, _prior_bits(connection, len(records)), compared)
        progress("compare", 0.4)
        weigher = Weigher(connection, table, chosen, prior)
        pairs = weigher.pairs("candidates")
        progress("group", 0.85)
        found = _grouped(connection, weigher, pairs, bits_of(threshold), apart)
        return msgspec.structs.replace(found, compared=compared, prior_bits=prior)


def _connected(spill: str) -> Any:
    """DuckDB in memory; what does not fit goes to `spill`. It never fetches an extension."""
    return duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "memory_limit": MEMORY,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def _candidates(connection: Any, records: Sequence[Record]) -> int:
    """Make the table `candidates`; how many pairs are in it."""
    pair = "'0' AS match_key, a.id AS join_key_l, b.id AS join_key_r"
    if len(records) <= blocking.ALL_PAIRS_UP_TO:
        connection.execute(f"CREATE TABLE candidates AS SELECT {pair} FROM records a JOIN records b ON a.id < b.id")
    else:
        keys, numbers = blocking.places(records)
        connection.register("keys_arrow", pa.table({"key": pa.array(keys, pa.string()), "id": pa.array(numbers)}))
        connection.execute(
            "CREATE TABLE keyed AS SELECT hash(key) AS key, id, count(*) OVER (PARTITION BY hash(key)) AS size"
            " FROM keys_arrow QUALIFY size BETWEEN 2 AND ?",
            [blocking.LARGEST_BLOCK],
        )
        connection.unregister("keys_arrow")
        by_size = connection.execute("SELECT size, count(*) FROM keyed GROUP BY size ORDER BY size").fetchall()
        connection.execute(
            f"CREATE TABLE candidates AS SELECT DISTINCT {pair}"
            " FROM keyed a JOIN keyed b ON a.key = b.key AND a.id < b.id WHERE a.size <= ?",
            [blocking.largest_block(by_size, len(records))],
        )
        connection.execute("DROP TABLE keyed")
    [(count,)] = connection.execute("SELECT count(*) FROM candidates").fetchall()
    return int(count)


def _prior_bits(connection: Any, records: int) -> float:
    """How likely two records taken blindly are one person: as many as surely are, and a few more."""
    sure = (
        "SELECT count(*) FROM candidates c JOIN records l ON l.id = c.join_key_l JOIN records r ON r.id = c.join_key_r"
        " WHERE (list_has_any(l.own_emails, r.own_emails) OR list_has_any(l.own_phones, r.own_phones)"
        " OR l.birth = r.birth OR l.code = r.code) AND jaro_winkler_similarity(l.words, r.words) > 0.8"
    )
    [(count,)] = connection.execute(sure).fetchall()
    return bits_of(min(MOST_LIKELY, (1.5 * count + 0.02 * records + 0.1) / (records * (records - 1) / 2)))


def _grouped(
    connection: Any,
    weigher: Weigher,
    pairs: list[Pair],
    limit: float,
    apart: Callable[[int, int], bool],
) -> Found:
    """Every pair inside a component is weighed: what was no candidate may speak against a group."""
    known = {(pair.left, pair.right): pair for pair in pairs}
    if missing := missing_pairs({key: pair.bits for key, pair in known.items()}, limit):
        left, right = zip(*missing, strict=True)
        connection.register("missing_arrow", pa.table({"l": pa.array(left), "r": pa.array(right)}))
        connection.execute(
            "CREATE TABLE missing AS SELECT '0' AS match_key, l AS join_key_l, r AS join_key_r FROM missing_arrow"
        )
        known |= {(pair.left, pair.right): pair for pair in weigher.pairs("missing", NO_BITS)}
    clusters = clusters_of({key: pair.bits for key, pair in known.items()}, limit, apart)
    inside = {
        key: known[key]
        for members in clusters
        for at, left in enumerate(members)
        for right in members[at + 1 :]
        if (key := (left, right)) in known
    }
    return Found(pairs, clusters, 0, inside, 0.0)


def missing_pairs(weights: Mapping[tuple[int, int], float], limit: float) -> list[tuple[int, int]]:
    """The pairs inside components (linked at `limit` bits) that have no weight yet. Pure.

    Of a component too large for that only the parts that hang together at higher weights are looked at.
    """
    found: list[tuple[int, int]] = []
    links = [pair for pair, bits in weights.items() if bits >= limit]
    while links:
        large: set[int] = set()
        for members in components(links):
            if len(members) > LARGEST_COMPONENT:
                large.update(members)
                continue
            found += [
                (left, right)
                for at, left in enumerate(members)
                for right in members[at + 1 :]
                if (left, right) not in weights
            ]
        limit += CUT_BITS
        links = [pair for pair in links if pair[0] in large and weights[pair] >= limit]
    return found
