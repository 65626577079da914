"""Composite models: each window is answered by the model that a policy would have had at its begin.

Source: Böther et al., Modyn, SIGMOD 2025, who compare policies by composite models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from ghosteam.documents.run import Run, RunReason
from ghosteam.errors import InvalidInput
from ghosteam.metrics.metric import measure
from ghosteam.monitoring.windows import Span
from ghosteam.problem.spec import Problem
from ghosteam.retraining.policy import Situation, Skip, Start, Wait, decide_run
from ghosteam.retraining.readiness import Waiting
from ghosteam.retraining.replay.course import Course, ReplayedWindow
from ghosteam.retraining.replay.history import Answers, History, Learned
from ghosteam.retraining.replay.policies import Policy
from ghosteam.retraining.replay.regret import Worth
from ghosteam.retraining.replay.watching import ModelWatch
from ghosteam.retraining.triggers.trigger import TRIGGERS
from ghosteam.undetermined import Undetermined


@dataclass
class Replay:
    """The history of a ``problem`` at the ``ends`` of its windows, ascending (aware UTC).
    ``price``: dollars that a run costs; ``progress`` is told of what takes time.

    The first model is made at the first end as of which the loop would begin a run; all policies
    begin with it. A run at a window's end learns from what was known then, and its model answers
    from the next window on. Gates and canary are left out: what a run made serves.
    """

    problem: Problem
    history: History
    ends: Sequence[datetime]
    price: float
    worth: Worth
    progress: Callable[[str], None] = lambda _: None
    _models: dict[datetime, Learned | Undetermined] = field(default_factory=dict)
    _watches: dict[datetime, ModelWatch] = field(default_factory=dict)

    def courses(self, policies: Sequence[Policy]) -> list[Course]:
        """What becomes of it under each policy.

        Raises:
            InvalidInput: there is no moment at which a first model could be made, or no window
                after it.
        """
        first, windows = self._begin()
        return [self._course(policy, first, windows) for policy in policies]

    def _begin(self) -> tuple[Learned, list[Span]]:
        why = "there is no window"
        for place, end in enumerate(self.ends[:-1]):
            model = self._model(end)
            if isinstance(model, Learned):
                return model, [*zip(self.ends[place:-1], self.ends[place + 1 :], strict=True)]
            why = model.reason
        span = {"from": self.ends[0], "to": self.ends[-1]} if self.ends else {}
        raise InvalidInput(
            f"At no window's end but the last could a first model be made: {why}",
            where=span,
            remedy="Give a longer history, or shorten retrain.min_train, holdout or watch.window",
        )

    def _model(self, as_of: datetime) -> Learned | Undetermined:
        """That of a moment, made once."""
        if as_of not in self._models:
            ready = self.history.readiness(as_of)
            if isinstance(ready, Waiting):
                self._models[as_of] = Undetermined("; ".join(ready.reasons))
            else:
                self.progress(f"learning from what was known at {as_of:%Y-%m-%d %H:%M}")
                self._models[as_of] = self.history.learn(as_of, ready)
        return self._models[as_of]

    def _watch(self, model: Learned, windows: Sequence[Span]) -> ModelWatch:
        """That on a model, which all policies share."""
        if model.as_of not in self._watches:
            own = [one for one in windows if one[0] >= model.as_of]
            self._watches[model.as_of] = ModelWatch(
                self.problem, self.history, model, own, self.worth
            )
        return self._watches[model.as_of]

    def _course(self, policy: Policy, first: Learned, windows: Sequence[Span]) -> Course:
        serving, answered = first, 0
        runs, told = [_run(first.as_of, "the first model")], _Told()
        steps, all_answers = list[ReplayedWindow](), list[Answers]()
        for window in windows:
            end, model, answered = window[1], serving, answered + 1
            self.progress(f"{policy.name}: the window to {end:%Y-%m-%d %H:%M}")
            answers = self.history.answers(model, window)
            said = self._watch(model, windows).after(answered)
            asked, ran, held = told.what_begins(said.told()), None, None
            # A run at the last end would answer nothing.
            wanted = policy.wants(said, answered) if window is not windows[-1] else None
            if wanted:
                made = self._run_of(policy, model, runs, end)
                if isinstance(made, Learned):
                    serving, answered, ran = made, 0, wanted
                    runs.append(_run(end, wanted))
                    if self.problem.promote.approval == "required":
                        asked.append("approval: a person approves the model")
                else:
                    held = made.reason
                    tell = held if isinstance(made, Skip) and made.tell else ""
                    asked += told.what_begins({"no run": tell})
            value, worth = self._measured(answers)
            steps.append(
                ReplayedWindow(
                    window,
                    model.as_of,
                    len(answers.target),
                    value,
                    worth,
                    asked=tuple(asked),
                    ran=ran,
                    held=held,
                )
            )
            all_answers.append(answers)
        value, _ = self._measured(_together(all_answers))
        return Course(policy, steps, value, len(runs) * self.price)

    def _measured(self, answers: Answers) -> tuple[float | Undetermined, float | None]:
        worth = None
        if answers.brought is not None:
            worth = float(np.nansum(answers.brought)) * self.history.stands_for
        name, threshold = self.problem.promote.metric, self.problem.decide.threshold
        return measure(name, answers.target, answers.outputs, threshold=threshold), worth

    def _run_of(
        self, policy: Policy, model: Learned, runs: Sequence[Run], as_of: datetime
    ) -> Learned | Skip | Wait | Undetermined:
        """What the loop's own rules let the policy have, by the business clock."""
        retrain = self.problem.retrain.model_copy(update={"on": (policy.trigger,)})
        answer = decide_run(
            TRIGGERS.find(policy.trigger),
            retrain,
            Situation(
                readiness=self.history.readiness(as_of),
                runs=runs,
                champion_train_end=model.held_out_from,
                run_usd=self.price,
            ),
            run_id=as_of.isoformat(),
            as_of=as_of,
            now=as_of,
        )
        return self._model(as_of) if isinstance(answer, Start) else answer


class _Told:
    """Who was asked of what: of what goes on, once."""

    def __init__(self) -> None:
        self._standing: dict[str, bool] = {}

    def what_begins(self, said: Mapping[str, str]) -> list[str]:
        """Of what is ``said`` by name, empty where all is well, that which was not before."""
        new = [f"{name}: {text}" for name, text in said.items() if text and name not in self]
        self._standing |= {name: bool(text) for name, text in said.items()}
        return new

    def __contains__(self, name: str) -> bool:
        return self._standing.get(name, False)


def _run(as_of: datetime, why: str) -> Run:
    name = as_of.isoformat()
    return Run(
        run_id=name,
        occasion_id=name,
        reason=RunReason("replay", why),
        as_of=as_of,
        started_at=as_of,
        status="promoted",
    )


def _together(answers: Sequence[Answers]) -> Answers:
    return Answers(
        np.concatenate([one.target for one in answers]),
        np.concatenate([one.outputs for one in answers]),
        np.concatenate([one.known_at for one in answers]),
    )
