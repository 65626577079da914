"""By which definition each serving model is asked: the one that it learned by, whatever the folder
says by now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ghosteam.aws.runs import plan_of
from ghosteam.documents import keys, state_keys
from ghosteam.errors import Defect, NotFound
from ghosteam.problem.definition import digest_of, read, with_policies_of, written
from ghosteam.problem.spec import Problem
from ghosteam.serving.request_form import RequestForm

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.slot import Slot


def problems_that_serve(
    folder: Problem, state: StateTable, definitions: Definitions
) -> tuple[Problem, ...]:
    """The problem as the models learned it that serve, or are kept for a way back; each once.

    Raises:
        NotFound: the definition of one of them is not kept any more.
    """
    routing = state.find(folder.problem, state_keys.ROUTING)
    slots = (routing.champion, routing.challenger, routing.replaced) if routing else ()
    meant = (definitions.of(slot, folder) for slot in slots if slot)
    return tuple({id(problem): problem for problem in meant}.values())


def problems_online(
    folder: Problem, state: StateTable, definitions: Definitions
) -> tuple[Problem, ...]:
    """The problem as it is meant by whoever reads its features online, beside ``folder``: models
    that serve or are kept for a way back, and those that a run or a rollout is at work on, that
    wait for their turn or for a person.

    Raises:
        NotFound: the definition of one that serves is not kept any more.
    """
    name = folder.problem
    serving = problems_that_serve(folder, state, definitions)
    at_work = (
        state.find(name, state_keys.RETRAINING_LEASE),
        state.find(name, state_keys.ROLLOUT_LEASE),
        state.find(name, state_keys.WAITING_ROLLOUT),
        state.find(name, state_keys.APPROVAL),
    )
    run_ids = dict.fromkeys(one.run_id for one in at_work if one)
    learned = (definitions.of_run(run_id, folder) for run_id in run_ids)
    return (*serving, *(problem for problem in learned if problem))


@dataclass
class Definitions:
    """Definitions in the artifact bucket, each read once; what the folder says is not read."""

    artifacts: Objects
    _folders: dict[str, tuple[Problem, str]] = field(default_factory=dict)
    _forms: dict[str, tuple[tuple[Problem, ...], RequestForm]] = field(default_factory=dict)
    _kept: dict[str, tuple[Problem, Problem]] = field(default_factory=dict)

    def of(self, slot: Slot, folder: Problem) -> Problem:
        """The problem as the slot's model learned it, worked on as ``folder`` says.

        Raises:
            NotFound: it is not kept any more.
            Defect: what is kept is another one.
        """
        if slot.definition is None or slot.definition == self._digest(folder):
            return folder
        kept = self._kept.get(slot.definition)
        if kept is None or kept[0] is not folder:
            meant = self._read(folder.problem, slot.definition)
            kept = self._kept[slot.definition] = folder, with_policies_of(meant, folder)
        return kept[1]

    def of_run(self, run_id: str, folder: Problem) -> Problem | None:
        """The problem as a run's plan has it; None before there is one."""
        try:
            plan = plan_of(self.artifacts, folder.problem, run_id)
        except NotFound:
            return None
        return read(plan.definition) if plan.definition else folder

    def form(self, folder: Problem, serving: tuple[Problem, ...]) -> RequestForm:
        """What callers may send. Making one takes milliseconds: it is made again when other
        definitions serve.
        """
        meant = (folder, *serving)
        known = self._forms.get(folder.problem)
        if known is None or list(map(id, known[0])) != list(map(id, meant)):
            known = meant, RequestForm(folder, serving)
            self._forms[folder.problem] = known
        return known[1]

    def _digest(self, folder: Problem) -> str:
        known = self._folders.get(folder.problem)
        if known is None or known[0] is not folder:
            known = folder, digest_of(written(folder))
            self._folders[folder.problem] = known
        return known[1]

    def _read(self, problem: str, digest: str) -> Problem:
        key = keys.definition(problem, digest)
        document = self.artifacts.get_json(key)
        if digest_of(document) != digest:
            raise Defect(
                "The definition that is kept is not the one that the model learned by",
                where={"key": key},
                remedy="Find out who wrote it, and retrain",
                internal=True,
            )
        return read(document)
