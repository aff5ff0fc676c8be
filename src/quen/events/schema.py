"""The event store's schema: numbered migrations in ClickHouse's SQL, applied once each, in order.

A migration that has been released is never changed; a new need is a new number.
"""

from __future__ import annotations

from collections.abc import Callable

# Events keep the identifiers they came with and the profile id of that moment (decision 5); readers map ids that were
# merged away through links_dict. `index_granularity` 1024 makes one person's timeline cheap (decision 7). The
# deduplication window remembers the tokens of the last batches: a batch that is replayed after a crash inserts nothing.
MIGRATIONS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (
        1,
        (
            """
            CREATE TABLE events (
                profile_id UInt64,
                time DateTime64(3, 'UTC'),
                id UInt64,
                event LowCardinality(String),
                type LowCardinality(String),
                source_id UInt64,
                message_id String,
                user_id String,
                anonymous_id String,
                properties JSON(max_dynamic_paths=256),
                context String CODEC(ZSTD(3)),
                received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
                original_time Nullable(DateTime64(3, 'UTC')),
                sent_at Nullable(DateTime64(3, 'UTC')),
                INDEX received received_at TYPE minmax GRANULARITY 4,
                INDEX event_name event TYPE set(100) GRANULARITY 4
            ) ENGINE = MergeTree
            PARTITION BY toYYYYMM(time)
            ORDER BY (profile_id, time, id)
            SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000
            """,
            """
            CREATE TABLE profiles (
                id UInt64,
                version UInt64,
                deleted UInt8,
                created_at DateTime64(3, 'UTC'),
                traits JSON(max_dynamic_paths=256)
            ) ENGINE = ReplacingMergeTree(version, deleted)
            ORDER BY id
            SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000
            """,
            """
            CREATE TABLE links (
                from_id UInt64,
                to_id UInt64,
                version UInt64
            ) ENGINE = ReplacingMergeTree(version)
            ORDER BY from_id
            SETTINGS non_replicated_deduplication_window = 10000
            """,
            """
            CREATE DICTIONARY links_dict (from_id UInt64, to_id UInt64)
            PRIMARY KEY from_id
            SOURCE(CLICKHOUSE(QUERY 'SELECT from_id, to_id FROM links FINAL'))
            LAYOUT(HASHED())
            LIFETIME(0)
            """,
        ),
    ),
    (
        2,
        (
            # What a later separation needs: the identifiers that a message was matched by, strongest first, the profile
            # id of the moment (`profile_id` moves when links are folded in), and its traits as they were taken.
            """
            ALTER TABLE events
                ADD COLUMN IF NOT EXISTS identifiers Array(String) CODEC(ZSTD(3)),
                ADD COLUMN IF NOT EXISTS origin UInt64 DEFAULT profile_id CODEC(Delta, ZSTD),
                ADD COLUMN IF NOT EXISTS traits String CODEC(ZSTD(3))
            """,
        ),
    ),
    (
        3,
        (
            # What computed traits were, and since when: `value` is JSON, null for none. The same row again is one row.
            """
            CREATE TABLE computed_changes (
                profile_id UInt64,
                trait_id UInt64,
                at DateTime64(3, 'UTC'),
                name LowCardinality(String),
                value String CODEC(ZSTD(3))
            ) ENGINE = ReplacingMergeTree
            ORDER BY (profile_id, trait_id, at)
            SETTINGS index_granularity = 1024
            """,
        ),
    ),
    (
        4,
        # A part is on the disk before its insert returns, and a merged one before its sources go (decision 33).
        tuple(
            f"ALTER TABLE {table} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1,"
            " min_rows_to_fsync_after_merge = 1"
            for table in ("events", "profiles", "links", "computed_changes")
        ),
    ),
)


def migrate(execute: Callable[[str], list[tuple[object, ...]]]) -> int:
    """Bring the schema up to date; the number it now has. Safe to run at every start."""
    execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, applied_at DateTime DEFAULT now())"
        " ENGINE = MergeTree ORDER BY number"
    )
    done = {number for (number,) in execute("SELECT number FROM schema_migrations")}
    for number, statements in MIGRATIONS:
        if number in done:
            continue
        for statement in statements:
            # A crash between two statements leaves the number unrecorded: what exists already is kept.
            execute(
                statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ").replace(
                    "CREATE DICTIONARY ", "CREATE DICTIONARY IF NOT EXISTS "
                )
            )
        execute(f"INSERT INTO schema_migrations (number) VALUES ({number})")
    return MIGRATIONS[-1][0]
