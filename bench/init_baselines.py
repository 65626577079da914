"""What `init` makes of data of other packages: the metrics that the models of `check` and of a run
reach, beside that of one of scikit-learn that is made by hand.

    .ghosteam/env/dev/bin/python bench/init_baselines.py [--only titanic] [--seconds 600]

By hand are the columns, what they are, and a linear model of them: gaps filled with the median,
numbers scaled, categories one-hot. It learns from the same rows and is judged by the same hold-out;
`init` is told the target and nothing else. `check` tries three settings of each family, a run those
that `init` writes. The bounds are of the run's model and those of the gate: a paired bootstrap.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cli.demo.event_table import data_folder
from cli.infer.guessed import GuessRequest
from cli.init.make import make_problem
from cli.problem_check.check import Check, check_files
from cli.problem_check.local_training import TRIALS, choose
from cli.problem_check.training_rows import TrainingRows, first_run, sources_of, training_rows
from ghosteam.data.derive import TARGET
from ghosteam.learning.compare import Comparison, compare
from ghosteam.learning.holdout import Holdout
from ghosteam.metrics.metric import Floats, measure
from ghosteam.problem.spec import Problem

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CANCER = tuple(map(str, load_breast_cancer().feature_names))
BODY = ("age", "bmi", "bp", *(f"s{number}" for number in range(1, 7)))


@dataclass(frozen=True)
class Case:
    """``file`` writes or finds the data in a folder; ``numbers`` and ``categories``: the columns
    that a person would take, and as what.
    """

    file: Callable[[Path], Path]
    target: str
    numbers: tuple[str, ...]
    categories: tuple[str, ...] = ()


def _cancer(folder: Path) -> Path:
    path = folder / "tumours.csv"
    load_breast_cancer(as_frame=True).frame.to_csv(path, index=False)
    return path


def _diabetes(folder: Path) -> Path:
    path = folder / "diabetes.csv"
    load_diabetes(as_frame=True, scaled=False).frame.to_csv(path, index=False)
    return path


def _of_statsmodels(name: str) -> Callable[[Path], Path]:
    found = find_spec("statsmodels")
    assert found is not None and found.origin is not None
    path = Path(found.origin).parent / "datasets" / name / f"{name}.csv"
    return lambda _: path


CASES = {
    "breast cancer (scikit-learn)": Case(_cancer, "target", CANCER),
    "diabetes (scikit-learn)": Case(_diabetes, "target", BODY, ("sex",)),
    "votes of 1996 (statsmodels)": Case(
        _of_statsmodels("anes96"),
        "vote",
        ("popul", "TVnews", "selfLR", "ClinLR", "DoleLR", "PID", "age", "educ", "income"),
    ),
    "marriages (statsmodels)": Case(
        _of_statsmodels("fair"),
        "rate_marriage",
        ("age", "yrs_married", "children", "religious", "educ", "affairs"),
        ("occupation", "occupation_husb"),
    ),
    "titanic (Bokeh)": Case(
        lambda _: data_folder("bokeh_sampledata") / "titanic_all.csv",
        "survived",
        ("age",),
        ("class", "sex"),
    ),
    "weather of Seattle (Vega)": Case(
        lambda _: data_folder("vega_datasets") / "seattle-weather.csv",
        "weather",
        ("precipitation", "temp_max", "temp_min", "wind"),
    ),
}


def by_hand(case: Case, train: pl.DataFrame, holdout: pl.DataFrame, problem: Problem) -> Floats:
    """Outputs of the linear model for the hold-out."""
    model = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [*case.numbers]),
            (OneHotEncoder(handle_unknown="ignore"), [*case.categories]),
        ),
        RidgeCV(np.logspace(-3, 3, 13))
        if problem.task == "regression"
        else LogisticRegression(max_iter=5_000),
    )
    model.fit(_table(case, train), train[TARGET].to_numpy())
    if problem.task == "regression":
        value = model.predict(_table(case, holdout))
        return np.column_stack([value] * 3)
    chances = model.predict_proba(_table(case, holdout))
    if problem.task == "binary":
        return np.asarray(chances[:, 1:])
    found = np.zeros((holdout.height, len(problem.target.classes)))
    found[:, model.classes_.astype(int)] = chances
    return found


def _table(case: Case, frame: pl.DataFrame) -> object:
    numbers = [pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in case.numbers]
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in case.categories]
    return frame.select(*numbers, *texts).to_pandas()


def searched(
    problem: Problem, rows: TrainingRows, *, trials: int, seconds: float
) -> tuple[str, Floats]:
    """The best family, and its outputs for the hold-out."""
    chosen = choose(problem, rows.train, trials=trials, seconds=seconds)
    raw = chosen.found.model.predict(chosen.encoder.from_frame(rows.holdout))
    return chosen.family, problem.kind.finish(raw, chosen.found.calibration)


def run(name: str, case: Case, *, seconds: float) -> None:
    """Print a line of a table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "repo" / "tried"
        folder.mkdir(parents=True)
        path = case.file(Path(scratch))
        made = make_problem([path], GuessRequest("tried", case.target, NOW), scratch=Path(scratch))
        (folder / "problem.yaml").write_text(made.text, encoding="utf-8")
        problem = made.problem
        asked = Check(folder, "local", [path], Path(scratch), NOW)
        good, _ = check_files(asked, problem)
    sources = sources_of(problem, good)
    spans, _ = first_run(problem, good, sources.events, now=NOW)
    rows = training_rows(problem, sources, spans)
    quick, of_check = searched(problem, rows, trials=TRIALS, seconds=seconds)
    family, of_run = searched(problem, rows, trials=problem.model.trials, seconds=seconds)
    key = list(problem.label_key)
    events = good[problem.events_name]
    raw_train, raw_holdout = (
        frame.select(*key, TARGET).join(events, on=key, how="left", maintain_order="left")
        for frame in (rows.train, rows.holdout)
    )
    theirs = by_hand(case, raw_train, raw_holdout, problem)
    judged, metric = Holdout.of(rows.holdout, problem), problem.promote.metric
    values = [measure(metric, judged.target, outputs) for outputs in (of_check, of_run, theirs)]
    better = compare(judged.target, theirs, of_run, judged.blocks, metric=metric)
    told = "too few rows to say"
    if isinstance(better, Comparison):
        told = f"{better.difference:+.4f} ({better.lower:+.4f} to {better.upper:+.4f})"
    print(
        f"| {name} | {rows.train.height:,} and {rows.holdout.height:,} | {metric} | "
        f"{values[0]:.4f} ({quick}) | {values[1]:.4f} ({family}) | {values[2]:.4f} | {told} |",
        flush=True,
    )


def main() -> None:
    """Print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="")
    asked.add_argument("--seconds", type=float, default=600.0)
    options = asked.parse_args()
    print("| data | learned from, held out | metric | check | run | by hand | run better by |")
    print("|---|---|---|---|---|---|---|")
    for name, case in CASES.items():
        if options.only in name:
            run(name, case, seconds=options.seconds)


if __name__ == "__main__":
    main()
