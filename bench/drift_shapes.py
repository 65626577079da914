"""How often the watch on drift asks for somebody when nothing happened, and how soon when something
did: by simulation, seeded, with the defaults of a problem.

    .ghosteam/env/dev/bin/python bench/drift_shapes.py [quiet | power] [--rows 1000] [--seeds 3]

A reference of 90 days, 200 features: 150 numbers of ten shapes, 50 categories of three. Scores are
of the ten features that the model uses. ``quiet``: 30 days after the reference in which nothing
changes but what always did; printed are the days on which DriftDetected would be published, and the
days on which anything is marked. ``power``: something changes on the sixth of 15 days; printed are
the share of seeds in which a page names it, and the median delay in windows, beside what
Evidently's test of that column alone finds in a single window.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.documents.verdicts import DriftVerdict
from ghosteam.monitoring.drift import WindowDrift, judge_window, sustained
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.lengths import days
from ghosteam.problem.watch import Watch

Floats = NDArray[np.float64]
NUMBERS, CATEGORIES, USED = 150, 50, 10
REFERENCE, QUIET, BEFORE, AFTER = 90, 30, 5, 10
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WATCH = Watch()
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


STABLE: Mapping[str, World] = {
    "independent": World(),
    "weekends of 0.5 sd": World(weekend=0.5),
    "wandering, sd 0.1": World(wander=0.1),
    "wandering, sd 0.3": World(wander=0.3),
    "yearly wave of 0.5 sd": World(year=0.5),
    "all of them": World(wander=0.3, weekend=0.5, year=0.5, growing=True),
    "growing ids": World(growing=True),
}


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
    return lambda frame, random: _scored(change(frame, random))


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


def main() -> None:
    """Simulate and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("which", nargs="?", choices=["quiet", "power"])
    options.add_argument("--rows", type=int, nargs="+", default=[1_000])
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--no-peer", action="store_true")
    options.add_argument("--only", default="", help="worlds, or changes, whose name has this")
    chosen = options.parse_args()
    if chosen.which in (None, "quiet"):
        print("pages in 30 days (days with anything marked); goal: at most 1 page")
        for name, world in STABLE.items():
            if chosen.only not in name:
                continue
            for rows in chosen.rows:
                found = [quiet(world, rows, seed) for seed in range(chosen.seeds)]
                told = ", ".join(f"{pages} ({marked})" for pages, marked in found)
                print(f"  {name:25} {rows:>8} rows: {told}", flush=True)
    if chosen.which in (None, "power"):
        print("share of seeds with a page that names it (median delay in windows); goal: at most 3")
        for world_name in ("independent", "wandering, sd 0.1"):
            for rows in chosen.rows:
                power(world_name, rows, chosen.seeds, chosen.only, peer=not chosen.no_peer)


def quiet(world: World, rows: int, seed: int) -> tuple[int, int]:
    """Days with a page, and days on which anything was marked."""
    random = np.random.default_rng(seed)
    levels = world.levels(REFERENCE + QUIET, random)
    reference = made(world, levels[:REFERENCE], rows, random)
    frames = (day(world, levels, REFERENCE + n, rows, random) for n in range(QUIET))
    verdicts = list(watched(reference, frames))
    return sum(bool(one.sustained) for one in verdicts), sum(one.drifted for one in verdicts)


def power(name: str, rows: int, seeds: int, only: str, *, peer: bool) -> None:
    """Print a line for each change, in the world of that name."""
    world, cases = STABLE[name], [case for case in CHANGES if only in case.name]
    delays: dict[str, list[int | None]] = {case.name: [] for case in cases}
    peers: dict[str, list[bool]] = {case.name: [] for case in cases}
    for seed in range(seeds):
        random = np.random.default_rng(1_000 + seed)
        levels = world.levels(REFERENCE + BEFORE + AFTER, random)
        reference = made(world, levels[:REFERENCE], rows, random)
        for case in cases:
            own = np.random.default_rng(2_000 + seed)
            frames = [day(world, levels, REFERENCE + n, rows, own) for n in range(BEFORE + AFTER)]
            changed = [case.change(one, own) for one in frames[BEFORE:]]
            verdicts = list(watched(reference, [*frames[:BEFORE], *changed]))[BEFORE:]
            named = [bool({*one.sustained_features} & {*case.names}) for one in verdicts]
            delays[case.name].append(named.index(True) + 1 if any(named) else None)
            if peer and case.peer:
                known = whole(world, levels[:REFERENCE], rows, own)
                peers[case.name] += [of_evidently(known, one, case.peer) for one in changed[:2]]
    for case in cases:
        seen = [one for one in delays[case.name] if one is not None]
        told = f"{len(seen) / seeds:.2f} ({median(seen):.0f})" if seen else "0.00"
        beside = (
            f"   Evidently {np.mean(peers[case.name]):.2f} a window" if peers[case.name] else ""
        )
        print(f"  {name:18} {rows:>8} rows  {case.name:35} {told:10}{beside}", flush=True)


def whole(world: World, levels: Floats, rows: int, random: np.random.Generator) -> pl.DataFrame:
    """All days of a reference, at most 20,000 rows of it for a peer."""
    return pl.concat([day(world, levels, n, min(rows, 220), random) for n in range(len(levels))])


def made(
    world: World, levels: Floats, rows: int, random: np.random.Generator
) -> Mapping[str, object]:
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
    return _scored(frame)


def _scored(frame: pl.DataFrame) -> pl.DataFrame:
    total = sum(weight * pl.col(f"n{10 * n}") for n, weight in enumerate(WEIGHTS))
    return frame.with_columns(score=1 / (1 + (1 - total).exp()))


def watched(
    reference: Mapping[str, object], frames: Iterable[pl.DataFrame]
) -> Iterable[DriftVerdict]:
    """What the check of drift finds of each day, one after the other."""
    earlier: list[DriftVerdict] = []
    for number, frame in enumerate(frames):
        end = BEGIN + (REFERENCE + number + 1) * DAY
        judged = judge_window(
            frame,
            reference,
            watch=WATCH,
            outputs=frame.select("score"),
            before={one.name: one.cumulated for one in earlier[-1].features if one.cumulated}
            if earlier
            else {},
        )
        assert isinstance(judged, WindowDrift)
        found = sustained(judged.matters, end, earlier, window=days(1), votes=WATCH.drift)
        verdict = DriftVerdict(
            window_start=end - DAY,
            window_end=end,
            model_version="1",
            drifted=judged.drifted,
            drifted_features=judged.drifted_features,
            features=judged.features,
        )
        verdict = replace(verdict, sustained=bool(found), sustained_features=found)
        earlier.append(verdict)
        yield verdict


def of_evidently(reference: pl.DataFrame, window: pl.DataFrame, name: str) -> bool:
    """Whether its preset's test of that column finds drift."""
    import os

    os.environ["DO_NOT_TRACK"] = "1"
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    kind = "categorical_columns" if window[name].dtype == pl.String else "numerical_columns"
    definition = DataDefinition(**{kind: [name]})
    both = [
        Dataset.from_pandas(one.select(name).to_pandas(), data_definition=definition)
        for one in (window, reference)
    ]
    snapshot = Report([ValueDrift(column=name)]).run(current_data=both[0], reference_data=both[1])
    found = snapshot.dict()["metrics"][0]
    value, method = float(found["value"]), found["config"].get("method") or found["metric_name"]
    return value < 0.05 if "p_value" in str(method) else value >= 0.1


if __name__ == "__main__":
    main()
