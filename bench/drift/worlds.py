"""Worlds whose features keep changing in a way of their own: days of rows, and the reference of the
first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.monitoring.reference import build_reference

Floats = NDArray[np.float64]
NUMBERS, CATEGORIES, USED = 150, 50, 10
REFERENCE, QUIET, BEFORE, AFTER = 90, 30, 5, 10
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SHAPES: tuple[Callable[[Floats], Floats], ...] = (
    lambda z: z,
    np.exp,
    lambda z: np.exp(z / 2) * 100,
    lambda z: z**3,
    np.tanh,
    lambda z: np.maximum(z - 0.3, 0.0),
    lambda z: np.rint(2 * z),
    lambda z: np.floor(np.exp(z + 1)),
    lambda z: np.sinh(z),
    lambda z: 1 / (1 + np.exp(-z)),
)
CUTS = (np.linspace(-1.5, 1.5, 7), np.linspace(-2.5, 2.5, 24), np.array([-1.0, 1.0]))
WEIGHTS = 1.2 * 0.75 ** np.arange(USED)


@dataclass(frozen=True)
class World:
    """What always changes: ``wander``, the standard deviation of a daily level that is
    autoregressive with 0.9; ``weekend`` and ``year``, by how much weekends and the season move a
    column; all in a column's standard deviations, each column by itself. ``growing``: columns that
    only tell the time.
    """

    wander: float = 0.0
    weekend: float = 0.0
    year: float = 0.0
    growing: bool = False

    def levels(self, count: int, random: np.random.Generator) -> Floats:
        """Of so many days, ``(count, NUMBERS + CATEGORIES)``."""
        columns = NUMBERS + CATEGORIES
        level = np.empty((count, columns))
        level[0] = random.normal(0, 1, columns)
        for day in range(1, count):
            level[day] = 0.9 * level[day - 1] + np.sqrt(1 - 0.81) * random.normal(0, 1, columns)
        at = np.arange(count)[:, None]
        season = np.sin(2 * np.pi * (at / 365 + random.random(columns)))
        return self.wander * level + self.weekend * (at % 7 >= 5) + self.year * season


STABLE: Mapping[str, World] = {
    "independent": World(),
    "weekends of 0.5 sd": World(weekend=0.5),
    "wandering, sd 0.1": World(wander=0.1),
    "wandering, sd 0.3": World(wander=0.3),
    "yearly wave of 0.5 sd": World(year=0.5),
    "all of them": World(wander=0.3, weekend=0.5, year=0.5, growing=True),
    "growing ids": World(growing=True),
}


def whole(world: World, levels: Floats, rows: int, random: np.random.Generator) -> pl.DataFrame:
    """All days of a reference, at most 20,000 rows of it for a peer."""
    return pl.concat([day(world, levels, n, min(rows, 220), random) for n in range(len(levels))])


def made(world: World, levels: Floats, rows: int, random: np.random.Generator) -> DriftReference:
    """The reference of these days."""
    frame = pl.concat([day(world, levels, n, rows, random) for n in range(len(levels))])
    numeric = [name for name in frame.columns if name.startswith(("n", "grows"))]
    return build_reference(
        frame,
        numeric=numeric,
        categorical=[name for name in frame.columns if name.startswith("c")],
        event_time="at",
        window=DAY,
        outputs={"score": frame["score"].to_numpy()},
        importance={f"n{10 * n}": float(weight**2) for n, weight in enumerate(WEIGHTS)}
        | {"c0": 0.3}
        | {name: 0.0 for name in numeric if not name.endswith("0")},
    )


def day(
    world: World, levels: Floats, number: int, rows: int, random: np.random.Generator
) -> pl.DataFrame:
    """One day's rows."""
    z = random.normal(size=(rows, NUMBERS + CATEGORIES)) + levels[number]
    begin = np.datetime64(BEGIN.replace(tzinfo=None), "us") + np.timedelta64(number, "D")
    seconds = np.sort(random.random(rows)) * 86_400e6
    columns: dict[str, pl.Series | Floats] = {
        "at": pl.Series(begin + seconds.astype("timedelta64[us]")).dt.replace_time_zone("UTC")
    }
    for n in range(NUMBERS):
        columns[f"n{n}"] = SHAPES[n % len(SHAPES)](z[:, n])
    for n in range(CATEGORIES):
        cuts = CUTS[n % len(CUTS)]
        places = np.digitize(z[:, NUMBERS + n], cuts)
        names = pl.Series([f"category {place}" for place in range(len(cuts) + 1)])
        columns[f"c{n}"] = names.gather(places)
    frame = pl.DataFrame(columns)
    if world.growing:
        ids = number * rows + np.arange(rows)
        frame = frame.with_columns(
            grows_id=pl.Series(ids),
            grows_at=frame["at"].dt.epoch("s"),
            grows_month=frame["at"].dt.month(),
            grows_day=frame["at"].dt.day(),
            grows_noisy=pl.Series(ids + random.normal(0, rows / 2, rows)),
        )
    return scored(frame)


def scored(frame: pl.DataFrame) -> pl.DataFrame:
    """With the model's scores."""
    total = sum(weight * pl.col(f"n{10 * n}") for n, weight in enumerate(WEIGHTS))
    return frame.with_columns(score=1 / (1 + (1 - total).exp()))
