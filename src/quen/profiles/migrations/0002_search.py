"""The index behind the search box: any part of a folded name, e-mail or phone, among millions, in milliseconds.

SQLite: an FTS5 trigram table over `profiles_profile.search`, kept by triggers that run only when that text changes.
PostgreSQL: a pg_trgm index (a trusted extension since version 13).
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE profiles_search USING fts5(
        search, content='profiles_profile', content_rowid='id', tokenize='trigram')""",
    """CREATE TRIGGER profiles_search_insert AFTER INSERT ON profiles_profile WHEN new.search <> '' BEGIN
        INSERT INTO profiles_search(rowid, search) VALUES (new.id, new.search); END""",
    """CREATE TRIGGER profiles_search_delete AFTER DELETE ON profiles_profile WHEN old.search <> '' BEGIN
        INSERT INTO profiles_search(profiles_search, rowid, search) VALUES ('delete', old.id, old.search); END""",
    # One trigger, because SQLite does not say in which order two would run; a side that is empty is not in the index.
    """CREATE TRIGGER profiles_search_update AFTER UPDATE OF search ON profiles_profile
        WHEN new.search <> old.search BEGIN
        INSERT INTO profiles_search(profiles_search, rowid, search)
            SELECT 'delete', old.id, old.search WHERE old.search <> '';
        INSERT INTO profiles_search(rowid, search) SELECT new.id, new.search WHERE new.search <> ''; END""",
    "INSERT INTO profiles_search(rowid, search) SELECT id, search FROM profiles_profile WHERE search <> ''",
]
SQLITE_UNDO = [
    "DROP TRIGGER profiles_search_update",
    "DROP TRIGGER profiles_search_delete",
    "DROP TRIGGER profiles_search_insert",
    "DROP TABLE profiles_search",
]
POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX profiles_search ON profiles_profile USING gin (search gin_trgm_ops)",
]
POSTGRESQL_UNDO = ["DROP INDEX profiles_search"]


def _create(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def _drop(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL_UNDO if schema_editor.connection.vendor == "postgresql" else SQLITE_UNDO:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [migrations.RunPython(_create, _drop)]
