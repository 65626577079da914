"""Those who judge drift in ``bench/drift_speed.py``: each reads what it needs, and then judges the
window as often as it is asked to. Contenders import what they need themselves, so that each runs by
an environment that has it.

    python speed_contenders.py CONTENDER FOLDER

prints a line when it is ready, and for each line that it is given the seconds it took, the
processor's and those on the wall, and what it found to have drifted, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

Work = Callable[[], list[str]]


def sorting(folder: Path) -> Work:
    """The floor: each column of numbers is sorted, those that are there."""
    import numpy as np
    import polars as pl

    window = pl.read_parquet(folder / "window.parquet")
    numbers = window.select(pl.col(pl.Float64))
    columns = [column.drop_nulls().to_numpy().copy() for column in numbers]

    def work() -> list[str]:
        for column in columns:
            np.sort(column)
        return []

    return work


def ghosteam(folder: Path, *, joint: bool = False) -> Work:
    """The loop's own verdict on each column by itself, from what is stored of the reference."""
    from dataclasses import replace

    import polars as pl

    from ghosteam.documents.drift_reference import DriftReference
    from ghosteam.monitoring.drift import judge_window
    from ghosteam.monitoring.judging import WindowDrift
    from ghosteam.problem.watch import Watch

    reference = DriftReference.from_json(json.loads((folder / "reference.json").read_bytes()))
    judged_by = reference if joint else replace(reference, joint=None)
    window, watch = pl.read_parquet(folder / "window.parquet"), Watch()

    def work() -> list[str]:
        found = judge_window(window, judged_by, watch=watch)
        assert isinstance(found, WindowDrift), found
        return list(found.drifted_features)

    return work


def whole(folder: Path) -> Work:
    """The loop's own verdict, on all numbers of a row together too."""
    return ghosteam(folder, joint=True)


def profile(folder: Path) -> Work:
    """The reference's profile is made, of rows in memory."""
    import polars as pl

    from ghosteam.monitoring.reference import build_reference

    frame = pl.read_parquet(folder / "reference.parquet")

    def work() -> list[str]:
        build_reference(
            frame,
            numeric=[name for name in frame.columns if frame[name].dtype == pl.Float64],
            categorical=[name for name in frame.columns if frame[name].dtype == pl.String],
            event_time="at",
            window=timedelta(days=1),
        )
        return []

    return work


def nannyml(folder: Path) -> Work:
    """NannyML with its defaults, fitted to the reference; the window is one chunk."""
    import pandas
    from nannyml import UnivariateDriftCalculator

    reference, window = (
        pandas.read_parquet(folder / f"{name}.parquet").drop(columns="at", errors="ignore")
        for name in ("reference", "window")
    )
    names = list(window.columns)
    calculator = UnivariateDriftCalculator(column_names=names, chunk_size=len(window))
    calculator.fit(reference)

    def work() -> list[str]:
        found = calculator.calculate(window).filter(period="analysis").to_df()
        alerts = found.xs("alert", axis=1, level=2).any(axis=0)
        return sorted({key[0] for key, alert in alerts.items() if alert})

    return work


CONTENDERS: dict[str, Callable[[Path], Work]] = {
    "sorting": sorting,
    "ghosteam": ghosteam,
    "ghosteam, with rows": whole,
    "ghosteam, profile": profile,
    "NannyML": nannyml,
}


def main() -> None:
    """Get ready, and judge as often as asked."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries print
    work = CONTENDERS[name](folder)
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        processor, wall = time.process_time(), time.perf_counter()
        found = work()
        told = {
            "cpu": time.process_time() - processor,
            "wall": time.perf_counter() - wall,
            "found": found,
        }
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
