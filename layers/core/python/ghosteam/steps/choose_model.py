"""Use case: a run was evaluated; what the job left is put on record, and whether the chosen model
is fitted again is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghosteam.aws.digests import evaluation_on_record, record
from ghosteam.documents import keys
from ghosteam.documents.keys import parse_uri

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class Chosen:
    """The package at ``uri``; ``refit``: it is fitted again on all rows."""

    refit: bool
    uri: str

    @property
    def key(self) -> str:
        """The package's key in its bucket."""
        return parse_uri(self.uri)[1]


def choose_model(problem: Problem, run_id: str, *, artifacts: Objects, state: StateTable) -> Chosen:
    """The model that the evaluation chose. Repeating it changes nothing.

    Raises:
        NotFound: the run has no evaluation.
        Defect: the evaluation is not the one that was put on record before.
    """
    name = problem.problem
    files = (keys.evaluation(name, run_id), keys.reference(name, run_id))
    digests = record(state, artifacts, name, run_id, {key: artifacts.digest(key) for key in files})
    evaluation = evaluation_on_record(artifacts, name, run_id, digests)
    return Chosen(
        refit=problem.model.refit and evaluation.decision == "promote", uri=evaluation.model_uri
    )
