"""How alike two models are on the same rows: two that learned the same outcome rank rows alike, and
mean the same level.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ghosteam.documents.agreement import Agreement, OutputAgreement
from ghosteam.metrics.metric import Floats
from ghosteam.problem.spec import Problem


def agreement(champion: Floats, challenger: Floats, *, version: str, problem: Problem) -> Agreement:
    """Of two models' outputs, each ``(n, n_outputs)``, n >= 1, on the same rows; ``version`` is the
    champion's.
    """
    return Agreement(
        champion=version,
        rows=len(champion),
        outputs={
            name: OutputAgreement(
                rank_correlation=_rank_correlation(one, other),
                mean_difference=float(np.mean(other - one)),
                spread=float(np.std(one)),
            )
            for name, one, other in zip(problem.outputs, champion.T, challenger.T, strict=True)
        },
        changed_decisions=_changed_decisions(champion, challenger, problem),
    )


def _rank_correlation(one: Floats, other: Floats) -> float | None:
    """Spearman's, ties with their average rank."""
    if not np.ptp(one) or not np.ptp(other):
        return None
    ranks = np.stack([pl.Series(values).rank().to_numpy() for values in (one, other)])
    return float(np.corrcoef(ranks)[0, 1])


def _changed_decisions(champion: Floats, challenger: Floats, problem: Problem) -> float | None:
    if problem.kind.learns == "regression":
        return None
    classes, threshold = problem.target.classes, problem.decide.threshold
    one, other = (
        [problem.kind.decide(row, classes, threshold=threshold) for row in outputs.tolist()]
        for outputs in (champion, challenger)
    )
    return float(np.mean([mine != its for mine, its in zip(other, one, strict=True)]))
