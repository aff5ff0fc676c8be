"""Progress and what the definitions come to, in the state database. Only the engine computes."""

from __future__ import annotations

from quen.db import execute, fetch
from quen.profiles import store as profiles
from quen.profiles.store import EVERYONE

_GONE = " FROM computed_definition WHERE id = %s AND version = %s AND status = 'removing'"


def definitions_version() -> tuple[int, int]:
    """Changes whenever a computed trait is made, changed, paused or deleted. One small query."""
    count, stamp = fetch("SELECT COUNT(*), COALESCE(SUM(updated_at), 0) FROM computed_definition")[0]
    return int(count), int(stamp)


def set_computed_through(slot: int, profile_id: int) -> None:
    """Does nothing when the trait was changed meanwhile. `EVERYONE`: all are."""
    execute("UPDATE computed_definition SET computed_through = %s WHERE next_slot = %s", [profile_id, slot])


def take_place(slot: int, now: int) -> bool:
    """Values that everyone has take the place of those before, all at once. Whether they did: not when the trait was
    changed meanwhile. The caller has the transaction."""
    found = fetch(
        "SELECT name FROM computed_definition WHERE next_slot = %s AND computed_through = %s", [slot, EVERYONE]
    )
    if not found:
        return False
    profiles.take_over(slot, found[0][0], now)
    execute(
        "UPDATE computed_definition SET status = 'live', computed_through = 0, shown_version = version,"
        " slot = next_slot, next_slot = 0, stands = %s WHERE next_slot = %s",
        [False, slot],
    )
    return True


def set_removed_through(trait_id: int, version: int, profile_id: int) -> None:
    execute(
        "UPDATE computed_definition SET computed_through = %s WHERE id = %s AND version = %s AND status = 'removing'",
        [profile_id, trait_id, version],
    )


def finish_removing(trait_id: int, version: int) -> None:
    """A deleted one is gone from everyone."""
    profiles.forget_takeovers(fetch("SELECT name" + _GONE, [trait_id, version])[0][0])
    execute("DELETE FROM computed_definitionversion WHERE definition_id = %s", [trait_id])
    execute("DELETE" + _GONE, [trait_id, version])


def people_through(profile_id: int) -> tuple[int, int]:
    """How many profiles there are up to this id, and in all."""
    done, total = fetch(
        "SELECT (SELECT COUNT(*) FROM profiles_profile WHERE id <= %s), (SELECT COUNT(*) FROM profiles_profile)",
        [profile_id],
    )[0]
    return int(done), int(total)
