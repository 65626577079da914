"""How far what is expected of a day before its outcomes come is from what they show.

A reference of 60 days, of which the last 14 are held out; then days of the same cases, of other
ones, and of the same ones that come out otherwise, which no estimate sees.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ghosteam.documents.performance_verdict import Estimated
from ghosteam.metrics.metric import measure
from ghosteam.monitoring.estimate import estimated
from tests.outcomes import DAYS, day, levels, problem_of, reference_of

METRICS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
WORLDS = {"independent": 0.0, "wandering, sd 0.3": 0.3}
CASES: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "the same cases": {task: {} for task in METRICS},
    "other cases": {task: {"seen": 1.0} for task in METRICS},
    "they come out otherwise": {
        "binary": {"signal": 0.5},
        "multiclass": {"level": 1.0},
        "regression": {"spread": 1.3},
    },
}


def told(rows: int, seeds: int) -> None:
    """Print the table."""
    print("expected: what was measured, error of the estimate (mean size), share in the interval")
    for world, wander in WORLDS.items():
        for task, metric in METRICS.items():
            for case, of_task in CASES.items():
                found = np.array(
                    [_one(task, metric, wander, of_task[task], rows, n) for n in range(seeds)]
                )
                value, error, inside = found.mean(axis=0)
                print(
                    f"  {world:20} {task:11} {metric:9} {case:24} {rows:>6} rows: {value:.4f}, "
                    f"{error:.4f}, {inside:.2f}",
                    flush=True,
                )


def _one(
    task: str, metric: str, wander: float, how: Mapping[str, float], rows: int, seed: int
) -> tuple[float, float, float]:
    """The value, the size of the estimate's error, and 1 where the interval held it."""
    random = np.random.default_rng(seed)
    level = levels(wander, DAYS + 1, random).tolist()
    known = reference_of(task, np.array(level[:DAYS]), 300, random)
    changed = {**how, "level": level[DAYS] + how.get("level", 0.0)}
    frame, outputs = day(task, DAYS, rows, random, **changed)
    problem = problem_of(task)
    promote = problem.promote.model_copy(update={"metric": metric})
    judged = problem.model_copy(update={"promote": promote})
    found = estimated(judged, outputs, frame.select("wind"), known)
    value = measure(metric, frame["target"].to_numpy(), outputs)
    assert isinstance(found, Estimated) and isinstance(value, float)
    return value, abs(found.value - value), float(found.lower <= value <= found.upper)
