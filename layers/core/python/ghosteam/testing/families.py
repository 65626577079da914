"""What every model family must do, for every task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from ghosteam.learning.encoder import LARGEST, MAX_CATEGORIES, Encoder
from ghosteam.learning.families.family import Family, Split
from ghosteam.metrics.metric import Floats, measure
from ghosteam.tasks.task import TASKS, Learned

_ROWS, _CLASSES, _CATEGORIES = 900, 4, 30
_TEXTS, _FREQUENT = 10_000, 8
NAN = float("nan")


def check_family(family: Family, task: Learned, folder: Path) -> None:
    """Fit, refit, save below ``folder``, load and predict made-up rows of ``task``.

    They have a number with missing values, a category, a column without values, a constant one and
    one with the largest numbers that there are; a class of a multiclass problem comes in the
    validation rows alone. A model is better than a
    constant, gives a finite output of the task's shape for categories and missing values that it
    never met, one row at a time as for all at once, and does so again when it was saved and loaded.
    """
    train, validation = _rows(task, seed=0), _rows(task, seed=1)
    model = family.fit(family.default, train, validation, seed=0, on_round=lambda _, __: None)
    assert model.rounds >= 1
    again = family.refit(family.default, train, rounds=model.rounds, seed=0)
    assert again.rounds == model.rounds, "a refit has the rounds that it was asked for"

    found = again.predict(validation.x)
    width = {"binary": 1, "multiclass": _CLASSES, "regression": 1}[task]
    assert found.shape == (_ROWS, width), f"{found.shape} is not (rows, {width})"
    _check_outputs(found, task)
    _check_learned(found, train, validation, task)

    strange = np.vstack([validation.x[:5], np.full((1, validation.x.shape[1]), NAN)])
    strange[0, 1] = _CATEGORIES + 5.0  # a category that came late
    strange[1, 0], strange[2, 0] = LARGEST, -LARGEST
    path = folder / family.file_name
    again.save(path)
    loaded = family.load(path)
    together = loaded.predict(strange)
    _check_outputs(together, task)
    np.testing.assert_allclose(together, again.predict(strange), rtol=1e-6, atol=1e-9)
    for place in range(len(strange)):
        alone = loaded.predict(strange[place : place + 1])
        np.testing.assert_allclose(alone[0], together[place], rtol=1e-6, atol=1e-9)


def check_weights(family: Family, task: Learned) -> None:
    """A row that counts for nothing much is as good as absent: of two halves that contradict each
    other the model follows the one that counts.
    """
    rows = _rows(task, seed=0)
    heavy = np.arange(_ROWS) < _ROWS // 2
    turned = {
        "binary": 1 - rows.y,
        "multiclass": rows.y.max() - rows.y,
        "regression": -rows.y,
    }[task]
    mixed = replace(
        rows,
        y=np.where(heavy, rows.y, turned),
        weights=np.where(heavy, 2.0 - 1e-6, 1e-6),
    )
    model = family.refit(family.default, mixed, rounds=30, seed=0)
    loss = TASKS.find(task).loss
    ours, others = (measure(loss, y, model.predict(rows.x)) for y in (rows.y, turned))
    assert isinstance(ours, float) and isinstance(others, float)
    assert ours < others, f"{loss} {ours:.3f} by what counts, {others:.3f} by what does not"


def check_categories(family: Family, task: Learned) -> None:
    """Learn from what an encoder makes of texts: 10,000 of them in one column, of which a few are
    frequent and say the outcome, none in another, the same one in a third. A model is better
    than a constant on the frequent ones, and gives a finite output for all, for a text that came
    late, and for none.
    """
    frame = pl.DataFrame(
        {
            "shop": [f"shop {n % _FREQUENT}" for n in range(_TEXTS // 2)]
            + [f"rare {n}" for n in range(_TEXTS - _FREQUENT)],
            "number": np.random.default_rng(0).normal(size=_TEXTS * 3 // 2 - _FREQUENT),
        }
    ).with_columns(nothing=pl.lit(None, pl.String), always=pl.lit("x"))
    texts = ("shop", "nothing", "always")
    encoder = Encoder.learn(frame, features=(*texts, "number"), categorical=texts)
    assert frame["shop"].n_unique() == _TEXTS
    assert len(encoder.categories["shop"]) == MAX_CATEGORIES

    says = frame["shop"].str.extract(r"shop (\d)").cast(pl.Float64).fill_null(0).to_numpy() % 2
    y, classes = _outcomes(3 * says - 1.5, np.random.default_rng(1), task)
    rows = Split(encoder.from_frame(frame), y, encoder.is_categorical, task, classes)
    model = family.refit(family.default, rows, rounds=30, seed=0)
    found = model.predict(rows.x)
    _check_outputs(found, task)
    frequent = np.arange(len(y)) < _TEXTS // 2
    known = replace(rows, y=y[frequent])
    _check_learned(found[frequent], known, known, task)

    late = frame.head(2).with_columns(shop=pl.Series(["opened today", None]))
    _check_outputs(model.predict(encoder.from_frame(late)), task)


def _check_outputs(found: Floats, task: Learned) -> None:
    assert np.isfinite(found).all(), "an output is not finite"
    if task != "regression":
        assert ((found >= 0) & (found <= 1)).all(), "a probability is outside [0, 1]"
    if task == "multiclass":
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def _check_learned(found: Floats, train: Split, validation: Split, task: Learned) -> None:
    rules = TASKS.find(task)
    classes = [str(position) for position in range(train.classes)]
    constant = rules.constant(train.y, classes, metric=rules.loss)[: found.shape[1]]
    known = np.isin(validation.y, train.y) | (task == "regression")
    ours = measure(rules.loss, validation.y[known], found[known])
    dumb = measure(rules.loss, validation.y[known], np.tile(constant, (int(known.sum()), 1)))
    assert isinstance(ours, float) and isinstance(dumb, float)
    assert ours < 0.9 * dumb, (
        f"{rules.loss} {ours:.3f} is hardly better than a constant's {dumb:.3f}"
    )


def _rows(task: Learned, *, seed: int) -> Split:
    """Rows whose outcome follows from a number and a category, with noise."""
    draw = np.random.default_rng(seed)
    number = draw.normal(size=_ROWS)
    category = draw.integers(_CATEGORIES, size=_ROWS).astype(float)
    signal = 2 * number + np.where(category % 2, 1.5, -1.5)
    y, classes = _outcomes(signal, draw, task)
    if task == "multiclass" and seed:
        y[:3] = _CLASSES - 1  # never seen in training
    number[draw.random(_ROWS) < 0.05] = NAN
    large = draw.normal(size=_ROWS)
    large[:2] = LARGEST, -LARGEST
    x = np.column_stack([number, category, np.full(_ROWS, NAN), np.full(_ROWS, 7.0), large])
    return Split(x, y, (False, True, False, False, False), task, classes)


def _outcomes(signal: Floats, draw: np.random.Generator, task: Learned) -> tuple[Floats, int]:
    """What follows from ``signal`` ``(n,)`` with noise, and the number of classes."""
    rows = len(signal)
    if task == "binary":
        return (signal + draw.logistic(size=rows) > 0).astype(float), 2
    if task == "multiclass":
        kinds = np.digitize(signal + draw.normal(size=rows), [-1.5, 1.5])
        return kinds.astype(float), _CLASSES
    return 10 * signal + draw.normal(size=rows), 0
