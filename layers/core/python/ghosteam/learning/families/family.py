"""What a model family is, and which there are.

Matrices are ``(n_rows, n_features)`` float64 with NaN for missing and category codes in categorical
columns, as :mod:`ghosteam.learning.encoder` makes them; targets are ``(n_rows,)``, numbers as
:mod:`ghosteam.tasks.task` says. A family encodes further what it cannot take so. Libraries are
imported by the family that needs them: a serving process holds one model and pays for one library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from ghosteam.learning.encoder import Matrix
from ghosteam.metrics.metric import Errors, Floats
from ghosteam.problem.families import FAMILIES as NAMED
from ghosteam.registry import Registry
from ghosteam.tasks.task import Learned

if TYPE_CHECKING:
    import optuna

Params = Mapping[str, Any]
OnRound = Callable[[int, float], None]
"""Told the round and the validation loss; may raise to stop a hopeless fit."""

MAX_ROUNDS = 400
PATIENCE = 25
"""Rounds without a better validation loss after which a fit stops."""


@dataclass(frozen=True)
class Split:
    """Rows to learn from: ``x`` ``(n_rows, n_features)``, ``y`` ``(n_rows,)``, which columns hold
    category codes, what is to be learned with its number of classes (0 for a regression), and how
    much each row counts: ``weights`` ``(n_rows,)``, all above 0, or None where all count the same.

    A class may have no row here; a model gives it a probability all the same.

    ``errors``: how errors of a regression ought to be weighed, in learning and where validation
    rows say when to stop. A family whose library cannot, or only slowly, squares them.
    """

    x: Matrix
    y: Floats
    categorical: tuple[bool, ...]
    task: Learned
    classes: int
    weights: Floats | None = None
    errors: Errors = "squared"


class FittedModel(Protocol):
    """A fitted model. ``rounds``: how many boosting rounds, or trees, it uses; 1 without any."""

    rounds: int

    def predict(self, x: Matrix) -> Floats:
        """``(n_rows, k)``: the probability of 1, one for each class, or the value."""

    def save(self, path: Path) -> None:
        """Write the model to one file."""


class Family(Protocol):
    """A kind of model for every task.

    ``file_name``: what its model file is called; ``distribution``: the package that reads it;
    ``reads_others_versions``: whether another version of that package may have written it.
    """

    name: str
    file_name: str
    distribution: str
    reads_others_versions: bool
    default: Params

    def suggest(self, trial: optuna.Trial) -> Params:
        """One point of the search space."""

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> FittedModel:
        """Fit; a family that learns in rounds stops early on the validation rows' loss."""

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> FittedModel:
        """Fit exactly ``rounds`` rounds."""

    def load(self, path: Path) -> FittedModel:
        """Read what :meth:`FittedModel.save` wrote. Raises Defect for a file that is none."""


FAMILIES = cast("Registry[Family]", NAMED)
