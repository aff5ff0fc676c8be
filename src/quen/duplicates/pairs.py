"""What matching answers. Pure, and without the packages that matching itself needs."""

from __future__ import annotations

import math

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """Two records by their places, with the weight in bits and, per comparison, (name, level, bits)."""

    left: int
    right: int
    bits: float
    parts: tuple[tuple[str, str, float], ...] = ()

    @property
    def probability(self) -> float:
        return probability(self.bits)


class Found(msgspec.Struct):
    pairs: list[Pair]  # those that are not quite unlikely
    clusters: list[list[int]]  # of two records and more
    compared: int  # pairs
    inside: dict[tuple[int, int], Pair]  # every pair of records of one cluster
    prior_bits: float  # what a pair begins with


def probability(bits: float) -> float:
    return 1 / (1 + math.pow(2, -max(-300.0, min(300.0, bits))))


def bits_of(probability: float) -> float:
    return math.log2(probability / (1 - probability))
