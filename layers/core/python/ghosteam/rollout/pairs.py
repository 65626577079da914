"""Does a challenger say of the rows that it answers what the gates saw it say? Judged by the
champion's outputs for the same rows.

What the champion says of a row is no truth, but on the hold-out both were asked, and how far they
agreed is on record. A challenger that was damaged on its way to its endpoint agrees less: it ranks
rows otherwise, or means another level. The margins allow for rows of another kind than the
hold-out's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist

import numpy as np

from ghosteam.documents.agreement import Agreement, OutputAgreement
from ghosteam.learning.agreement import agreement
from ghosteam.metrics.metric import Floats
from ghosteam.problem.spec import Problem

MOST_ROWS = 1_000
"""Rows of the challenger that the champion is asked at each look."""
FEWEST_ROWS = 30
_ALPHA = 0.001
_KEPT_CORRELATION = 0.5
_TELLING_CORRELATION = 0.2
_LEVEL_MARGIN = 0.25
_DECISIONS_MARGIN = 0.2


@dataclass(frozen=True)
class Pairs:
    """Outputs of both models for the same rows of the challenger, each ``(n, n_outputs)``, by the
    definition that both learned by. ``expected``: how they agreed on the hold-out. ``call_rows``
    and ``call_ms``: rows and time of the calls by which the champion was asked, ``(n_calls,)``.
    """

    champion: Floats
    challenger: Floats
    expected: Agreement
    problem: Problem
    call_rows: Floats = field(default_factory=lambda: np.empty(0))
    call_ms: Floats = field(default_factory=lambda: np.empty(0))

    @cached_property
    def found(self) -> Agreement | None:
        """How they agree now; None below ``FEWEST_ROWS`` rows."""
        if len(self.challenger) < FEWEST_ROWS:
            return None
        return agreement(
            self.champion, self.challenger, version=self.expected.champion, problem=self.problem
        )


@dataclass(frozen=True)
class Unpaired:
    """Why the champion's outputs for the challenger's rows say nothing."""

    reason: str


def disagreement(pairs: Pairs) -> str | None:
    """How the challenger surely contradicts what the gates saw, or None.

    "Surely" is a bound at one in a thousand for all comparisons of a look together: Fisher's z for
    a rank correlation, with the variance 1.06 / (n - 3) (Fieller, Hartley and Pearson 1957), and
    the normal one for means and shares. Refused is less than half of the hold-out's rank
    correlation, a mean that is off by a quarter of the champion's standard deviation on the
    hold-out, and a share of changed decisions that is larger by a fifth.
    """
    if (found := pairs.found) is None:
        return None
    sure = NormalDist().inv_cdf(1 - _ALPHA / (2 * len(found.outputs) + 1))
    deviations = np.std(pairs.challenger - pairs.champion, axis=0, ddof=1)
    told = [
        *_of_outputs(found, pairs.expected, deviations / math.sqrt(found.rows), sure),
        *_of_decisions(found, pairs.expected, sure),
    ]
    if not told:
        return None
    return (
        f"The challenger does not say what it said on the hold-out, asked beside version "
        f"{found.champion} of the same {found.rows} rows: {'; '.join(told)}"
    )


def _of_outputs(
    found: Agreement, expected: Agreement, errors: Floats, sure: float
) -> Iterator[str]:
    """``errors``: standard errors of the mean differences, ``(n_outputs,)``."""
    for (name, now), error in zip(found.outputs.items(), errors, strict=True):
        then = expected.outputs[name]
        if told := _ranks_otherwise(now, then, found.rows, sure):
            yield f"the rank correlation of {name} {told}"
        off = now.mean_difference - then.mean_difference
        if abs(off) - sure * error > _LEVEL_MARGIN * then.spread > 0:
            yield (
                f"{name} differs by {now.mean_difference:+.4g} on average, where "
                f"{then.mean_difference:+.4g} is expected: {abs(off) / then.spread:.2g} standard "
                "deviations more"
            )


def _ranks_otherwise(
    now: OutputAgreement, then: OutputAgreement, rows: int, sure: float
) -> str | None:
    expected = then.rank_correlation
    if expected is None or expected < _TELLING_CORRELATION or now.rank_correlation is None:
        return None
    held = min(max(now.rank_correlation, -0.9999), 0.9999)
    highest = math.tanh(math.atanh(held) + sure * math.sqrt(1.06 / (rows - 3)))
    if highest >= _KEPT_CORRELATION * expected:
        return None
    return f"is {now.rank_correlation:.2f}, where {expected:.2f} is expected"


def _of_decisions(found: Agreement, expected: Agreement, sure: float) -> Iterator[str]:
    now, then = found.changed_decisions, expected.changed_decisions
    if now is None or then is None:
        return
    if now - sure * math.sqrt(now * (1 - now) / found.rows) > then + _DECISIONS_MARGIN:
        yield f"{now:.0%} of decisions are others, where {then:.0%} are expected"
