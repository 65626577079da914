"""How fast drift is judged: beside sorting and NannyML.

    python bench/drift_speed.py [columns | few | profile] [--nannyml PYTHON]

with the Python of ``.ghosteam/env/dev``; ``PYTHON`` is that of an environment with NannyML, which
pins older packages. A peer that is not there is passed over. Each contender is a process that
has read what it needs and is asked for a verdict, in turns. Printed are the least and the median of
the processor's seconds, by one thread, with their ratios to the first one's, and the median on the
wall. In ``columns`` and ``few`` the first one is the floor: to sort the columns of numbers.

``columns``: a window of 200,000 rows, 40 numbers and 10 categories, against what is stored of a
million. ``few``: 1,000 rows of 150 numbers and 50 categories. In both something happened to five
columns; printed is who found which. ``profile``: the profile of a million rows is made.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from ghosteam.monitoring.reference import build_reference

WORKER = Path(__file__).parent / "drift" / "speed_contenders.py"
DAYS = 90
SHIFTED = ("n0", "n5", "n6", "n11", "c1")
"""Columns to which something happens: numbers move by half of a standard deviation, of a category
a quarter of the rows becomes another.
"""


@dataclass
class Contender:
    """A process that judges when it is asked; see ``bench/drift/speed_contenders.py``."""

    name: str
    python: Path
    folder: Path
    turns: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        complaints = self.folder / f"{self.name}.txt"
        one = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        self.process = subprocess.Popen(
            [self.python, WORKER, self.name, self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints.open("w"),
            text=True,
            env={**os.environ, **dict.fromkeys(one, "1")},
        )
        assert self.process.stdout
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"{self.name} cannot judge: {complaints.read_text()}")

    def judge(self) -> None:
        """Take a turn."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.turns.append(json.loads(self.process.stdout.readline()))

    def end(self) -> None:
        """Of the process."""
        self.process.communicate()

    @property
    def processor(self) -> list[float]:
        """Its seconds, of each turn."""
        return [turn["cpu"] for turn in self.turns]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("which", nargs="?", choices=["columns", "few", "profile"])
    options.add_argument("--rows", type=int, default=200_000, help="of a window")
    options.add_argument("--reference", type=int, default=1_000_000, help="its rows")
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--nannyml", type=Path)
    asked = options.parse_args()
    if asked.which in (None, "columns"):
        judged(asked.rows, asked.reference, (40, 10), asked.nannyml, asked.times)
    if asked.which in (None, "few"):
        judged(1_000, 20_000, (150, 50), asked.nannyml, asked.times)
    if asked.which in (None, "profile"):
        profiled(asked.reference, asked.times)


def judged(
    rows: int,
    reference: int,
    columns: tuple[int, int],
    nannyml: Path | None,
    times: int,
) -> None:
    """Print a line a contender: how long it takes, and what it finds."""
    with TemporaryDirectory() as text:
        folder = Path(text)
        before = frame_of(reference, columns, seed=0)
        before.write_parquet(folder / "reference.parquet")
        write_profile(before, folder)
        shifted(frame_of(rows, columns, seed=1)).drop("at").write_parquet(folder / "window.parquet")
        print(
            f"{rows:,} rows of {columns[0]} numbers and {columns[1]} categories against a reference"
            f" of {reference:,}; drifted: {', '.join(SHIFTED)}"
        )
        contenders = [
            Contender(name, Path(sys.executable), folder)
            for name in ("sorting", "ghosteam", "ghosteam, with rows")
        ]
        if nannyml:
            contenders.append(Contender("NannyML", nannyml, folder))
        else:
            print("  NannyML is passed over")
        in_turns(contenders, times)
        for one in contenders[1:]:
            found = one.turns[-1]["found"]
            missed = [name for name in SHIFTED if name not in found]
            others = [name for name in found if name not in SHIFTED]
            print(f"  {one.name} missed {missed or 'none'}, and found besides {others or 'none'}")


def profiled(reference: int, times: int) -> None:
    """Print how long the profile takes to make."""
    with TemporaryDirectory() as text:
        folder = Path(text)
        frame_of(reference, (40, 10), seed=0).write_parquet(folder / "reference.parquet")
        print(f"the profile of {reference:,} rows of 40 numbers and 10 categories")
        in_turns([Contender("ghosteam, profile", Path(sys.executable), folder)], times)


def in_turns(contenders: list[Contender], times: int) -> None:
    """Ask each in turn, and print what they took. The first turn warms up, and counts only where it
    is the only one.
    """
    for turn in range(times):
        for one in contenders[turn % len(contenders) :] + contenders[: turn % len(contenders)]:
            one.judge()
    for one in contenders:
        one.end()
        one.turns = one.turns[1:] or one.turns
    print(f"  {'seconds':24}{'least':>10}{'times':>9}{'median':>10}{'times':>9}{'wall':>10}")
    floor = contenders[0].processor
    for one in contenders:
        least, middle = min(one.processor), median(one.processor)
        wall = median(turn["wall"] for turn in one.turns)
        print(
            f"  {one.name:24}{least:10.4f}{least / min(floor):9.2f}"
            f"{middle:10.4f}{middle / median(floor):9.2f}{wall:10.4f}",
            flush=True,
        )


def frame_of(rows: int, columns: tuple[int, int], *, seed: int) -> pl.DataFrame:
    """So many numbers of five shapes and categories of 3 to 400 names, over ``DAYS`` days, in the
    order of time.
    """
    random = np.random.default_rng(seed)
    made: dict[str, Any] = {}
    for number in range(columns[0]):
        values = random.normal(size=rows)
        made[f"n{number}"] = (
            values,
            np.exp(values / 2),
            np.round(values * 10),
            np.where(random.random(rows) < 0.5, 0.0, values),
            np.where(random.random(rows) < 0.02, np.nan, values),
        )[number % 5]
    for number in range(columns[1]):
        names = np.array([f"category {place}" for place in range((3, 10, 50, 400)[number % 4])])
        weights = 1 / np.arange(1, names.size + 1)
        made[f"c{number}"] = names[random.choice(names.size, rows, p=weights / weights.sum())]
    begin = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    made["at"] = begin + np.sort(random.integers(0, DAYS * 86_400, rows)) * 1_000_000
    frame = pl.DataFrame(made).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def shifted(frame: pl.DataFrame) -> pl.DataFrame:
    """What happens to ``SHIFTED``."""
    random = np.random.default_rng(2)
    numbers = pl.col([name for name in SHIFTED if name.startswith("n")])
    other = pl.Series(random.random(frame.height) < 0.25)
    return frame.with_columns(
        numbers + numbers.std() / 2,
        pl.when(other).then(pl.lit("category 2")).otherwise("c1").alias("c1"),
    )


def write_profile(frame: pl.DataFrame, folder: Path) -> None:
    """What is kept of a reference, as it is stored."""
    profile = build_reference(
        frame,
        numeric=[name for name in frame.columns if name.startswith("n")],
        categorical=[name for name in frame.columns if name.startswith("c")],
        event_time="at",
        window=timedelta(days=1),
    )
    (folder / "reference.json").write_text(json.dumps(profile.to_json()))


if __name__ == "__main__":
    main()
