"""How a problem's models are searched, as ``problem.yaml`` says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ghosteam.problem.families import FAMILIES
from ghosteam.problem.strict import OneOf, Strict

Family = Annotated[str, OneOf(FAMILIES)]


class Search(Strict):
    """Candidate families and the search budget of each (Optuna trials and minutes).

    Parameters of a regression are chosen by ``promote.metric``, and its errors are squared or
    absolute in learning as that metric looks at them; probabilities are chosen and learned by log
    loss, whatever metric judges them.

    ``refit``: whether the model that passed is fitted again, with the hold-out's rows, before it
    serves. ``weight``: a numeric column of the events that says how much a row counts in learning;
    a row without a weight, or with none above 0, is not learned from. Judging counts every row
    once.
    """

    families: tuple[Family, ...] = Field(default=("lightgbm", "xgboost", "sklearn"), min_length=1)
    trials: int = Field(default=20, ge=1, le=1000)
    minutes: float = Field(default=10, gt=0, le=1440)
    refit: bool = True
    weight: str | None = None
