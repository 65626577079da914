"""What changes in a world, and of what a page is then to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from bench.drift.worlds import World, scored

Change = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]


@dataclass(frozen=True)
class Case:
    """One line of the table of power: what changes a day's frame, and the names of which a page is
    to have one.
    """

    name: str
    change: Change
    names: tuple[str, ...]
    peer: str | None = None
    world: World = field(default_factory=World)


def _some(share: float, then: pl.Expr, name: str) -> Change:
    """``then`` in a share of the rows."""

    def change(frame: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
        hit = pl.Series(random.random(frame.height) < share)
        return frame.with_columns(pl.when(hit).then(then).otherwise(pl.col(name)).alias(name))

    return change


def _shuffled(frame: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    return frame.with_columns(score=frame["score"].gather(random.permutation(frame.height)))


def _correlated(frame: pl.DataFrame, _: np.random.Generator) -> pl.DataFrame:
    mixed = 0.5 * frame["n20"] + np.sqrt(0.75) * frame["n30"]
    return frame.with_columns(n30=mixed)


def _scored_again(change: Change) -> Change:
    return lambda frame, random: scored(change(frame, random))


PAIR = ("joint: correlation",)
CHANGES = (
    Case(
        "+0.25 sd of the feature used most",
        _scored_again(lambda frame, _: frame.with_columns(pl.col("n0") + 0.25)),
        ("n0", "prediction score"),
        "n0",
    ),
    Case(
        "+0.25 sd of the fifth",
        _scored_again(lambda frame, _: frame.with_columns(pl.col("n40") + 0.25)),
        ("n40", "prediction score"),
        "n40",
    ),
    Case(
        "variance x 1.5",
        lambda frame, _: frame.with_columns(pl.col("n0") * 1.5**0.5),
        ("n0",),
        "n0",
    ),
    Case("5 % of rows x 1000", _some(0.05, pl.col("n0") * 1000, "n0"), ("n0",), "n0"),
    Case("5 % of rows x 2.54", _some(0.05, pl.col("n0") * 2.54, "n0"), ("n0",), "n0"),
    Case("5 % missing", _some(0.05, pl.lit(None, pl.Float64), "n0"), ("n0",), "n0"),
    Case("1 % of a new category", _some(0.01, pl.lit("new"), "c0"), ("c0",), "c0"),
    Case(
        "scores + 10 points",
        lambda frame, _: frame.with_columns(score=(pl.col("score") + 0.1).clip(0, 1)),
        ("prediction score",),
        "score",
    ),
    Case("permuted scores", _shuffled, PAIR, "score"),
    Case("correlation 0 to 0.5", _correlated, PAIR, "n30"),
)
