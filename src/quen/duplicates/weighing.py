"""Weighs pairs of records with Splink on DuckDB, and learns from a table how careless it is. All in this process."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_level_library import CustomLevel
from splink.comparison_library import CustomComparison

from quen.duplicates.model import PERSONAL, Comparison
from quen.duplicates.pairs import Pair, bits_of, probability
from quen.duplicates.table import frequencies

NO_BITS = -1e6
LOWEST_BITS = -6.0  # pairs below are of no use to anybody
TWO_PEOPLE_BITS = -4.0  # at most, where something says that they are two
HOUSEHOLD_BITS = -1.0  # what a pair begins with against: they are of one household
LEARNED_FROM = 150_000  # pairs
LEARNING_ROUNDS = 2
HELD_BY = 100.0  # pairs of one person that our own values are worth
MOST_LIKELY = 0.03  # that two records taken blindly are one person, however few there are
MOST_LEARNED = 4.0  # times more or less than ours: what a table says of itself is not believed without bounds


class Weigher:
    """Splink's weights; then the two rules that comparisons which know nothing of each other cannot have.

    `records` is a table of the connection, `table` the same one in Arrow.
    """

    def __init__(self, connection: Any, table: pa.Table, chosen: Sequence[Comparison], prior_bits: float) -> None:
        logging.getLogger("splink").setLevel(logging.ERROR)
        self._connection = connection
        self._comparisons = chosen
        self._api = DuckDBAPI(connection=connection)
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="id",
            comparisons=[_for_splink(c) for c in chosen],
            blocking_rules_to_generate_predictions=[block_on("id")],  # never used: the pairs are ours
            probability_two_random_records_match=probability(prior_bits),
            retain_matching_columns=True,  # the levels come with them
            retain_intermediate_calculation_columns=True,
        )
        self._linker = Linker(self._api.register("records"), settings, log_level=None, validate_settings=False)
        for column in sorted({level.frequency for c in chosen for level in c.levels if level.frequency}):
            self._linker.table_management.register_term_frequency_lookup(
                self._api.register(frequencies(table, column)), column
            )

    def pairs(self, pairs_table: str, lowest: float = LOWEST_BITS) -> list[Pair]:
        """The pairs of a table (match_key, join_key_l, join_key_r) with at least `lowest` bits, in order."""
        columns = [f"{kind}_{c.name}" for kind in ("gamma", "bits") for c in self._comparisons]
        rows = self._weigh(pairs_table, lowest, f"id_l, id_r, weight, {', '.join(columns)}", "ORDER BY id_l, id_r")
        count = len(self._comparisons)
        found = []
        for left, right, bits, *rest in rows:
            parts = tuple(
                (c.name, c.levels[len(c.levels) - 1 - gamma].name, weight)
                for c, gamma, weight in zip(self._comparisons, rest[:count], rest[count:], strict=True)
                if gamma >= 0
            )
            found.append(Pair(left, right, bits, parts))
        return found

    def seen(self, pairs_table: str) -> tuple[float, list[list[float]]]:
        """(expected pairs of one person, the same by comparison and level)."""
        probable = "1 / (1 + pow(2, -greatest(-60, weight)))"
        sums = [
            f"coalesce(sum({probable}) FILTER (gamma_{c.name} = {gamma}), 0)"
            for c in self._comparisons
            for gamma in reversed(range(len(c.levels)))
        ]
        [row] = self._weigh(pairs_table, LOWEST_BITS, ", ".join([f"coalesce(sum({probable}), 0)", *sums]), "")
        left = list(row[1:])
        by_level = []
        for comparison in self._comparisons:
            by_level.append(left[: len(comparison.levels)])
            left = left[len(comparison.levels) :]
        return row[0], by_level

    def _weigh(self, pairs_table: str, lowest: float, what: str, behind: str) -> list[tuple[Any, ...]]:
        self._linker.table_management.register_blocked_pairs_for_predict(self._api.register(pairs_table))
        lowest = max(lowest, NO_BITS)
        scored = self._linker.inference.predict(threshold_match_weight=lowest, warning_mode="never").physical_name
        columns = {row[0] for row in self._connection.execute(f"DESCRIBE {scored}").fetchall()}
        names = {c.name for c in self._comparisons}
        gammas = ", ".join(f"gamma_{name}" for name in sorted(names))
        bits = ", ".join(f"{_bits(name, columns)} AS bits_{name}" for name in sorted(names))
        own = " + ".join(["0", *(f"{share} * bits_{name}" for name, share in PERSONAL.items() if name in names)])
        rows: list[tuple[Any, ...]] = self._connection.execute(
            f"WITH weighed AS (SELECT id_l, id_r, match_weight, {gammas}, {bits} FROM {scored}),"
            f" guarded AS (SELECT *, least(match_weight, {own} + {HOUSEHOLD_BITS},"
            f" CASE WHEN {self._two_people(names)} THEN {TWO_PEOPLE_BITS} ELSE 1e9 END) AS weight FROM weighed)"
            f" SELECT {what} FROM guarded WHERE weight >= ? {behind}",
            [lowest],
        ).fetchall()
        self._connection.execute(f"DROP TABLE IF EXISTS {scored}")
        return rows

    def _two_people(self, names: set[str]) -> str:
        """Twins share all but the given name, sisters with names like Lan and Lam are not born on one day, a parent and
        a child of one name are a generation apart.

        What only one person has outweighs that: a number of a register, and of the last an e-mail address.
        """
        name = "given" if "given" in names else "name"
        rules = []
        if name in names:
            rules.append(f"gamma_{name} = {self._gamma(name, 'different')}")
        if "birth" in names:
            old = f"gamma_birth = {self._gamma('birth', 'generation')}"
            other_day = f"(gamma_birth = {self._gamma('birth', 'different')} OR {old})"
            if name in names:
                rules.append(f"gamma_{name} = {self._gamma(name, 'one_letter')} AND {other_day}")
            same_mail = f" AND gamma_email <> {self._gamma('email', 'same')}" if "email" in names else ""
            rules.append(old + same_mail)
        if not rules:
            return "FALSE"
        code = f" AND gamma_code <> {self._gamma('code', 'same')}" if "code" in names else ""
        return f"({' OR '.join(f'({rule})' for rule in rules)}){code}"

    def _gamma(self, name: str, level: str) -> int:
        """Splink's number of a level: the last is 0."""
        levels = next(c.levels for c in self._comparisons if c.name == name)
        return len(levels) - 1 - next(at for at, each in enumerate(levels) if each.name == level)


def learned(
    connection: Any, table: pa.Table, chosen: Sequence[Comparison], prior_bits: float, candidates: int
) -> tuple[list[Comparison], float]:
    """The comparisons and the prior as the table has them: expectation-maximisation that begins with ours.

    Only `m` is learned, from a sample of the candidates; ours hold it where there is little to learn from.
    """
    thousandths = math.ceil(1000 * min(1.0, LEARNED_FROM / max(1, candidates)))
    connection.execute(
        "CREATE TABLE sampled AS SELECT * FROM candidates WHERE hash(join_key_l, join_key_r) % 1000 < ?", [thousandths]
    )
    all_pairs = table.num_rows * (table.num_rows - 1) / 2
    now, prior = list(chosen), prior_bits
    for _ in range(LEARNING_ROUNDS):
        expected, by_level = Weigher(connection, table, now, prior).seen("sampled")
        now = [_with_m(ours, seen) for ours, seen in zip(chosen, by_level, strict=True)]
        share = min(MOST_LIKELY, (expected * 1000 / thousandths + 0.01 * table.num_rows) / all_pairs)
        prior = max(prior_bits - 2, min(prior_bits + 2, bits_of(share)))
    connection.execute("DROP TABLE sampled")
    return now, prior


def _with_m(ours: Comparison, seen: Sequence[float]) -> Comparison:
    whole = sum(seen) + HELD_BY
    levels = tuple(
        msgspec.structs.replace(
            level, m=min(level.m * MOST_LEARNED, max(level.m / MOST_LEARNED, (count + HELD_BY * level.m) / whole))
        )
        for level, count in zip(ours.levels, seen, strict=True)
    )
    return msgspec.structs.replace(ours, levels=levels)


def _bits(name: str, columns: set[str]) -> str:
    adjusted = f"mw_tf_adj_{name}"
    return f"mw_{name}" + (f" + coalesce({adjusted}, 0)" if adjusted in columns else "")


def _for_splink(comparison: Comparison) -> CustomComparison:
    levels: list[Any] = [CustomLevel(comparison.missing, "missing").configure(is_null_level=True)]
    for level in comparison.levels:
        made = CustomLevel(level.sql or "ELSE", level.name).configure(m_probability=level.m, u_probability=level.u)
        if level.frequency:
            made = made.configure(tf_adjustment_column=level.frequency, disable_tf_exact_match_detection=True)
        levels.append(made)
    return CustomComparison(levels, output_column_name=comparison.name)
