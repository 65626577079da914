"""What it costs to keep a model: the loss that a model as good as promised would not have had.

The loss since the last run is set against the forecast price of the next one, in dollars. A window
that is better than promised takes away from it, and never leads below nothing: chance would else
add up to a run by itself.

Source: the cost-aware triggers of Modyn (Böther et al., SIGMOD 2025; ``costtrigger.py``,
``avoidablemissclassification_costtrigger.py``), which set regret against the forecast time of
training by a conversion factor; Page 1954 for the sum that never falls below nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ghosteam.metrics.metric import METRICS, measure
from ghosteam.problem.spec import Problem
from ghosteam.retraining.replay.history import Answers, Learned
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class Worth:
    """``usd``: what one unit of ``decide.values`` or ``decide.value`` is worth, where
    ``by_values``; else what one unit of ``promote.metric`` is worth for a window.
    """

    usd: float
    by_values: bool


def worth_of(problem: Problem, usd: float | None, *, price: float) -> Worth:
    """``usd`` as it was given. Otherwise values are dollars; without values a window whose metric
    is ``watch.performance.max_drop`` below what was promised is worth the ``price`` of a run.
    """
    if problem.decide.has_worth:
        return Worth(1.0 if usd is None else usd, by_values=True)
    return Worth(price / problem.watch.performance.max_drop if usd is None else usd, False)


def avoidable(
    problem: Problem, model: Learned, answers: Answers, worth: Worth, *, stands_for: float
) -> float | Undetermined:
    """What a window lost against the promise, in dollars; below 0 where it is better. ``answers``:
    what was known of it; ``stands_for``: how many events a row stands for.

    Undetermined with fewer outcomes than performance is judged by.
    """
    rows, least = len(answers.target), problem.watch.performance.min_labels
    if rows < least:
        return Undetermined(f"{rows} outcomes are fewer than the {least} that are needed")
    if worth.by_values:
        if model.promised_worth is None or answers.brought is None:
            return Undetermined("the hold-out was too small to promise a worth")
        known = answers.brought[~np.isnan(answers.brought)]
        return float((model.promised_worth - known).sum()) * stands_for * worth.usd
    name, threshold = problem.promote.metric, problem.decide.threshold
    measured = measure(name, answers.target, answers.outputs, threshold=threshold)
    if isinstance(measured, Undetermined):
        return measured
    if isinstance(model.promised, Undetermined):
        return model.promised
    return METRICS.find(name).sign * (model.promised - measured) * worth.usd
