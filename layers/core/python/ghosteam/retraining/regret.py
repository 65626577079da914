"""What it has cost to keep a model, against what another run costs. Pure.

Source: Modyn's cost-aware triggers, see :mod:`ghosteam.retraining.replay.regret`; Page 1954 for the
sum that never falls below nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ghosteam.documents.performance_verdict import PerformanceVerdict

_DAY = timedelta(days=1)


def accumulated(before: float, loss: float) -> float:
    """The regret after one more window."""
    return max(0.0, before + loss)


def regret_of(verdicts: Iterable[PerformanceVerdict], *, usd: float) -> float:
    """In dollars, after windows of one model, oldest first: what its decisions brought less than
    was promised, a unit of ``decide.values`` being worth ``usd``. Windows that could not be judged
    say nothing.
    """
    regret = 0.0
    for one in verdicts:
        if one.earned is not None:
            days = (one.window_end - one.window_start) / _DAY
            regret = accumulated(regret, one.earned.lost_a_day * days * usd)
    return regret
