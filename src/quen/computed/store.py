"""Progress and what the definitions come to, in the state database. Only the engine computes."""

from __future__ import annotations

from quen.db import execute, fetch

_GONE = " FROM computed_definition WHERE id = %s AND version = %s AND status = 'removing'"
_STILL = "WHERE id = %s AND version = %s AND status IN ('computing', 'removing')"


def definitions_version() -> tuple[int, int]:
    """Changes whenever a computed trait is made, changed, paused or deleted. One small query."""
    count, stamp = fetch("SELECT COUNT(*), COALESCE(SUM(updated_at), 0) FROM computed_definition")[0]
    return int(count), int(stamp)


def set_computed_through(trait_id: int, version: int, profile_id: int) -> None:
    """Does nothing when the trait was changed meanwhile."""
    execute(f"UPDATE computed_definition SET computed_through = %s {_STILL}", [profile_id, trait_id, version])


def finish(trait_id: int, version: int) -> None:
    """A version is computed for everyone, or a deleted one gone from everyone."""
    execute(
        "UPDATE computed_definition SET status = 'live', computed_through = 0"
        " WHERE id = %s AND version = %s AND status = 'computing'",
        [trait_id, version],
    )
    execute(
        "DELETE FROM computed_definitionversion WHERE definition_id IN (SELECT id" + _GONE + ")", [trait_id, version]
    )
    execute("DELETE" + _GONE, [trait_id, version])
    execute(
        "DELETE FROM computed_definitionversion WHERE definition_id = %s"
        " AND NOT EXISTS (SELECT 1 FROM computed_definition WHERE id = %s)",
        [trait_id, trait_id],
    )


def people_through(profile_id: int) -> tuple[int, int]:
    """How many profiles there are up to this id, and in all."""
    done, total = fetch(
        "SELECT (SELECT COUNT(*) FROM profiles_profile WHERE id <= %s), (SELECT COUNT(*) FROM profiles_profile)",
        [profile_id],
    )[0]
    return int(done), int(total)
