"""How alike the outputs of two models are on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OutputAgreement:
    """One output. ``rank_correlation``: Spearman's; null where either model gives all rows the
    same. ``mean_difference``: the mean of the challenger's less the champion's, and ``spread`` the
    standard deviation of the champion's, both in the output's unit.
    """

    rank_correlation: float | None
    mean_difference: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """A challenger and the champion of version ``champion`` on ``rows`` rows, by output.
    ``changed_decisions``: the share of rows that they decide otherwise, in [0, 1]; null where a
    decision is a number.
    """

    champion: str
    rows: int
    outputs: Mapping[str, OutputAgreement]
    changed_decisions: float | None
