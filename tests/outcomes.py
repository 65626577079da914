"""Outcomes of days, and what a model that knows how they come predicts of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.losses import losses_of
from ghosteam.monitoring.outcomes import outcome_entries
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem

BEGIN, DAY = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=1)
DAYS, HELD_OUT, ROWS = 60, 14, 400
CLASSES = ("bus", "tram", "walk")
_TASKS = {
    "binary": "target: {name: late, expr: delay > 5, known_at: event_time + 1h}",
    "multiclass": "target: {name: mode, expr: word, classes: [bus, tram, walk], "
    "known_at: event_time + 1h}",
    "regression": "target: {name: delay_now, expr: delay, known_at: event_time + 1h}",
}
_YAML = """
version: 1
problem: trains
task: {task}
entities: {{train: [number]}}
event_time: leaves
{target}
datasets:
  trips:
    role: events
    columns:
      {{number: integer, leaves: timestamp, wind: number, delay: "number?", word: "string?"}}
exclude: [delay, word]
features: {{request: [wind]}}
"""


def problem_of(task: str) -> Problem:
    return parse_problem(_YAML.format(task=task, target=_TASKS[task]))


def levels(wander: float, count: int, random: np.random.Generator) -> Floats:
    """Of so many days, ``(count,)``: autoregressive with 0.9."""
    level = np.empty(count)
    level[0] = random.normal()
    for day in range(1, count):
        level[day] = 0.9 * level[day - 1] + np.sqrt(1 - 0.81) * random.normal()
    return wander * level


def day(
    task: str,
    number: int,
    rows: int,
    random: np.random.Generator,
    *,
    level: float = 0.0,
    seen: float = 0.0,
    signal: float = 1.0,
    spread: float = 1.0,
) -> tuple[pl.DataFrame, Floats]:
    """A day's rows and the model's outputs ``(rows, k)``: ``level``, by how much outcomes are
    more than the model knows (log odds, or standard deviations), ``seen``, what it knows;
    ``signal``: how much outcomes have to do with what it says; ``spread``: how far numbers scatter,
    those above -1.6 three times as far as the others.
    """
    odds = random.normal(-1.6 + seen, 1, rows)
    size = np.where(odds > -1.6, 1.5, 0.5)
    if task == "binary":
        outputs = 1 / (1 + np.exp(-odds))[:, None]
        came = -1.6 + seen + signal * (odds + 1.6 - seen) + level
        target = (random.random(rows) < 1 / (1 + np.exp(-came))).astype(float)
    elif task == "multiclass":
        raw = np.column_stack([random.normal(mean, 1, rows) for mean in (0.5 + seen, 0, 0)])
        outputs = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
        true = np.exp(raw + np.array([level, 0, 0]))
        drawn = random.random(rows)[:, None] > np.cumsum(true / true.sum(1, keepdims=True), axis=1)
        target = drawn.sum(axis=1).astype(float)
    else:
        outputs = np.column_stack([odds, odds - 2, odds + 2])
        target = odds + level + spread * size * random.normal(size=rows)
    micros = (number + np.arange(rows) / rows) * 86_400e6 + BEGIN.timestamp() * 1e6
    times = pl.Series(micros.astype(np.int64)).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"event_time": times, "target": target, "wind": odds}), outputs


def reference_of(
    task: str,
    days: Floats,
    rows: int,
    random: np.random.Generator,
    *,
    spreads: Floats | None = None,
) -> DriftReference:
    """The reference of days with these ``levels`` and ``spreads`` (1), of which the last
    ``HELD_OUT`` are held out.
    """
    spreads = np.ones(days.size) if spreads is None else spreads
    made = [
        day(task, n, rows, random, level=level, spread=spread)
        for n, (level, spread) in enumerate(zip(days.tolist(), spreads.tolist(), strict=True))
    ]
    (train, in_sample), (holdout, outputs) = (
        (pl.concat([one for one, _ in part]), np.concatenate([one for _, one in part]))
        for part in (made[:-HELD_OUT], made[-HELD_OUT:])
    )
    plain = build_reference(
        train, numeric=["wind"], categorical=[], event_time="event_time", window=DAY
    )
    entries = outcome_entries(problem_of(task), train, in_sample, holdout, outputs)
    losses = losses_of(problem_of(task), holdout, outputs, {"wind": 1.0})
    found = replace(plain, outcomes=entries, losses=losses).to_json()
    return DriftReference.from_json(json.loads(json.dumps(found, allow_nan=False)))
