"""What a job of a retraining run is given, as SageMaker puts it into the job's folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ghosteam.documents import keys
from ghosteam.documents.digests import Digests, check_file, digest_for
from ghosteam.documents.plan import Plan
from ghosteam.problem import definition
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import deployed_problems


def hyperparameters(base: Path) -> dict[str, str]:
    """Those of a training job below ``base``; SageMaker makes each a text."""
    found: dict[str, str] = _read(base / "input" / "config" / "hyperparameters.json")
    return found


@dataclass(frozen=True)
class RunInputs:
    """The run's plan, its problem, and what is on record of its files, from a job's ``folder`` of
    inputs.
    """

    folder: Path
    plan: Plan
    problem: Problem
    digests: Mapping[str, str]

    @classmethod
    def below(cls, folder: Path) -> RunInputs:
        """Read the inputs ``plan`` and ``digests``.

        Raises:
            NotFound: the plan has no definition, and its problem is not deployed.
        """
        plan = read_plan(folder)
        digests = Digests.from_json(_read(folder / "digests" / "digests.json"))
        return cls(folder, plan, problem_of(plan), digests.by_key)

    def digest(self, name: str) -> str:
        """The digest on record of a file of the training set; Defect when there is none."""
        return digest_for(self.digests, self._key(name))

    def checked(self, place: str, name: str) -> Path:
        """The training set's file ``name`` in the input ``place``; Defect when it is not the one on
        record.
        """
        path = self.folder / place / name
        check_file(path, self._key(name), self.digest(name))
        return path

    def has(self, name: str) -> bool:
        """Whether a file of the training set is on record."""
        return self._key(name) in self.digests

    def _key(self, name: str) -> str:
        return f"{keys.training_set(self.plan.problem, self.plan.run_id)}/{name}"


def read_plan(folder: Path) -> Plan:
    """The run's plan from a job's ``folder`` of inputs."""
    return Plan.from_json(_read(folder / "plan" / "plan.json"))


def problem_of(plan: Plan) -> Problem:
    """The problem as it was when the run began: what is deployed since belongs to the next one."""
    if plan.definition is None:
        return find_problem(deployed_problems(), plan.problem)
    return definition.read(plan.definition)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
