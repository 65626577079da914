"""How far estimates before outcomes come are from what comes, on flights and on glucose readings,
beside NannyML's: both of each window, one after the other.

    python bench/drift_expected.py [--nannyml PYTHON] [--only flights]

with the Python of ``.ghosteam/env/dev``; ``PYTHON`` is that of an environment with NannyML, which
pins older packages. A model learns from the first stretch of the data by the loop's own code, and
answers to the end; both estimates know its hold-out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from cli.demo.data import FlightData
from cli.demo.glucose import glucose_table
from cli.problem_check.check import Check, check_files
from cli.replay.history import FileHistory
from cli.replay.rows import rows_of
from ghosteam.documents.performance_verdict import Estimated
from ghosteam.metrics.metric import measure
from ghosteam.monitoring.estimate import estimated
from ghosteam.monitoring.windows import Span
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.retraining.readiness import Ready
from ghosteam.retraining.replay.history import Learned

ROOT = Path(__file__).parents[1]
WORKER = Path(__file__).parent / "drift" / "nannyml_worker.py"
MOST = 20_000
"""Events that are looked at of each data set, drawn evenly."""


def flights(folder: Path) -> list[Path]:
    """The year's files, a folder a data set."""
    data = FlightData()
    for name in ("flights", "weather"):
        (folder / name).mkdir()
        for month in range(1, 13):
            (folder / name / f"2013-{month:02d}.csv").write_bytes(data.month(name, month))
    (folder / "planes").mkdir()
    (folder / "planes" / "planes.csv").write_bytes(data.planes())
    return [folder / name for name in ("flights", "weather", "planes")]


def glucose(folder: Path) -> list[Path]:
    """All readings."""
    (folder / "readings").mkdir()
    path = folder / "readings" / "readings.csv"
    path.write_bytes(glucose_table().csv(_day(2010, 1), _day(2011, 1)))
    return [path.parent]


def _day(year: int, month: int, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


CASES: dict[str, tuple[Callable[[Path], list[Path]], str, datetime, Sequence[datetime]]] = {
    "flights": (
        flights,
        "roc_auc",
        _day(2013, 4, 4),
        [_day(2013, month) for month in range(5, 13)],
    ),
    "glucose": (
        glucose,
        "rmse",
        _day(2010, 6, 28),
        [_day(2010, 7, day) for day in (1, 15, 29)]
        + [_day(2010, 8, day) for day in (12, 26)]
        + [_day(2010, 9, day) for day in (9, 23)],
    ),
}
"""How files are made, the metric, when the model learns, and where windows begin and end."""


def main() -> None:
    """Estimate, measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--nannyml", type=Path)
    options.add_argument("--only", choices=CASES)
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    for name in CASES:
        if chosen.only in (None, name):
            told(name, chosen.nannyml)


def told(name: str, peer: Path | None) -> None:
    """Print a line a window, and the mean size of each estimate's error."""
    write, metric, as_of, moments = CASES[name]
    with TemporaryDirectory() as text:
        scratch = Path(text)
        history, model, ready = _learned(name, write(scratch), as_of, scratch)
        held_out = _rows(history, model, (ready.holdout_start, ready.holdout_end))
        held_out.write_csv(scratch / "reference.csv")
        errors: dict[str, list[float]] = {"Ghosteam": [], "NannyML": []}
        print(f"{name}, {metric}: measured; estimate (bounds), seconds")
        for window in pairwise(moments):
            rows = _rows(history, model, window)
            answers = history.answers(model, window)
            value = measure(metric, answers.target, answers.outputs)
            began = time.perf_counter()
            found = estimated(
                history.problem,
                answers.outputs,
                rows.drop("target", "said", "decision"),
                history.reference(model),
            )
            took = time.perf_counter() - began
            assert isinstance(found, Estimated) and isinstance(value, float)
            errors["Ghosteam"].append(abs(found.value - value))
            ours = f"{found.value:.4f} ({found.lower:.4f} to {found.upper:.4f}), {took:.2f} s"
            theirs = ""
            if peer:
                rows.write_csv(scratch / "window.csv")
                other = _nannyml(peer, scratch, history.problem.task, metric)
                errors["NannyML"].append(abs(other["value"] - value))
                theirs = (
                    f"; NannyML {other['value']:.4f} ({other['lower']:.4f} to "
                    f"{other['upper']:.4f}), {other['seconds']:.2f} s"
                )
            span = f"{window[0]:%Y-%m-%d} to {window[1]:%Y-%m-%d}"
            print(f"  {span}, {len(rows):,} rows: {value:.4f}; {ours}{theirs}", flush=True)
        for who, sizes in errors.items():
            if sizes:
                print(f"  mean size of the error of {who}: {np.mean(sizes):.4f}")


def _learned(
    name: str, files: list[Path], as_of: datetime, scratch: Path
) -> tuple[FileHistory, Learned, Ready]:
    """A model of the moment, which is not fitted again: then its hold-out is no part of it."""
    folder = ROOT / "feature_repo" / name
    problem = load_problem(folder, environment="dev")
    once = problem.model.model_copy(update={"refit": False})
    problem = problem.model_copy(update={"model": once})
    landing = scratch / "landing"
    now = datetime.now(UTC)
    datasets, _ = check_files(Check(folder, "dev", files, landing, now), problem)
    history = FileHistory(problem, rows_of(problem, datasets, most=MOST, now=now), trials=1)
    ready = history.readiness(as_of)
    assert isinstance(ready, Ready), ready
    model = history.learn(as_of, ready)
    assert isinstance(model, Learned), model
    return history, model, ready


def _rows(history: FileHistory, model: Learned, window: Span) -> pl.DataFrame:
    """Of the events that have an outcome: features, what was said, decided, and what came."""
    answers = history.answers(model, window)
    frame = history.rows.frame.filter(
        pl.col(EVENT_TIME).is_between(*window, closed="left"),
        pl.col("target").is_not_null(),
        pl.col("known_at").is_not_null(),
    )
    said = answers.outputs[:, 0]
    return frame.select(history.problem.logged_features).with_columns(
        pl.Series("target", answers.target),
        pl.Series("said", said),
        pl.Series("decision", (said >= 0.5).astype(np.int64)),
    )


def _nannyml(python: Path, folder: Path, task: str, metric: str) -> dict[str, float]:
    command = [str(python), str(WORKER), str(folder), task, metric]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
