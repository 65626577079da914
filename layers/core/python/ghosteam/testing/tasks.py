"""What every task must do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ghosteam.metrics.metric import METRICS, Floats, measure
from ghosteam.tasks.task import Task, metrics_of
from ghosteam.undetermined import Undetermined

_CLASSES = ("blue", "green", "red")


def check_learned(task: Task) -> None:
    """The contract on made-up outcomes of what the task learns: true or false and two words, three
    words, or whole numbers above 0; and on what a model would say of them.
    """
    draw = np.random.default_rng(0)
    if task.learns == "binary":
        target = (draw.random(400) < 0.3).astype(np.float64)
        raw = np.clip(target * 0.3 + draw.random(400) * 0.6, 0.01, 0.99)[:, None]
        check_task(task, (), pl.Series(target == 1), raw, target)
        words = pl.Series(["yes" if value else "no" for value in target])
        check_task(task, ("no", "yes"), words, raw, target)
    elif task.learns == "multiclass":
        target = draw.integers(3, size=400).astype(np.float64)
        raw = draw.dirichlet([1, 1, 1], 400) * 0.5 + np.eye(3)[target.astype(int)] * 0.5
        words = pl.Series([_CLASSES[int(value)] for value in target])
        check_task(task, _CLASSES, words, raw, target)
    else:
        target = 1 + draw.poisson(30, size=400).astype(np.float64)
        raw = task.learned(target, task.plain(target)) + draw.normal(0, 0.3, 400)
        check_task(task, (), pl.Series(target), raw[:, None], target)


def check_task(
    task: Task, classes: Sequence[str], values: pl.Series, raw: Floats, target: Floats
) -> None:
    """``values`` are outcomes as ``target.expr`` gives them, none missing; ``target`` ``(n,)`` the
    same as numbers; ``raw`` ``(n, k)`` what a model that learned from them gives.

    ``raw`` has the form of what the task learns. Outcomes are read; null stays unknown and what is
    none is NaN; outputs have a name each and a decision; calibration keeps every metric defined
    that the outcomes determine, and does not worsen the loss; the constant and persistence are
    outputs that every metric takes; what outputs promise is a probability that came or did not.
    """
    task.check_classes(classes)
    width = {"binary": 1, "multiclass": len(classes), "regression": 1}[task.learns]
    assert raw.shape == (len(target), width), f"{task.name} learns {width} numbers a row"
    assert task.outcomes(values, classes).to_list() == target.tolist()
    assert task.outcomes(pl.Series([None], dtype=values.dtype), classes).to_list() == [None]
    assert task.outcomes(pl.Series(["no such outcome"]), classes).is_nan().all()
    assert all(text for text in task.wanted(classes))
    assert task.describe(target, classes)

    names = task.outputs("outcome", classes)
    plain = task.plain(target)
    learned = task.learned(target, plain)
    assert learned.shape == target.shape and np.isfinite(learned).all()
    outputs = task.finish(raw, task.calibrate(raw, target, plain))
    assert outputs.shape == (len(target), len(names)) and np.isfinite(outputs).all()
    assert len(set(names)) == len(names)
    for row in outputs[:5].tolist():
        decision = task.decide(row, classes, threshold=0.5)
        assert isinstance(decision, bool | str | float)
    before, after = (
        measure(task.loss, target, found) for found in (task.finish(raw, plain), outputs)
    )
    assert isinstance(before, float) and isinstance(after, float) and after <= before + 1e-9

    constant = np.tile(task.constant(target, classes, metric=task.metric), (len(target), 1))
    last = np.roll(target, 1)
    persistence = task.persistence(last[1:], target[1:], last, classes)
    assert constant.shape == persistence.shape == outputs.shape
    for name in (*metrics_of(task), task.honesty):
        measured = [measure(name, target, found) for found in (outputs, constant, persistence)]
        if all(isinstance(value, Undetermined) for value in measured):
            continue  # by the outcomes, whatever is said of them: mape, where one is 0
        metric = METRICS.find(name)
        for value in measured:
            assert isinstance(value, float) and metric.low <= value <= metric.high, name

    for said, came in task.promises(outputs, target, names).values():
        assert said.shape == came.shape == target.shape
        assert ((said >= 0) & (said <= 1)).all() and np.isin(came, (0, 1)).all()
    errors = task.errors(outputs, target)
    assert errors is None or (errors.shape == target.shape and np.isfinite(errors).all())
