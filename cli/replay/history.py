"""The history that a replay asks: rows of files, and models that learn from what was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from cli.replay.model import Model, make_model
from cli.replay.rows import HistoryRows
from ghosteam.data.derive import KNOWN_AT, TARGET, mature_at
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.errors import InvalidInput
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.drift import judge_window
from ghosteam.monitoring.earned import brought
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.outcomes import judge_outcomes
from ghosteam.monitoring.windows import Span
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness
from ghosteam.retraining.replay.history import Answers, Learned
from ghosteam.undetermined import Undetermined


@dataclass
class FileHistory:
    """See :class:`~ghosteam.retraining.replay.history.History`. ``trials``: how many sets of
    parameters each family may try.
    """

    problem: Problem
    rows: HistoryRows
    trials: int
    _models: dict[datetime, Model] = field(default_factory=dict)
    _outputs: dict[tuple[datetime, datetime], Floats] = field(default_factory=dict)

    @property
    def stands_for(self) -> float:
        """How many events a row stands for."""
        return self.rows.stands_for

    @property
    def models(self) -> int:
        """How many there are by now."""
        return len(self._models)

    def readiness(self, as_of: datetime) -> Ready | Waiting:
        """As the loop assesses what was known then."""
        events = {self.problem.events_name: self.rows.known_days(as_of)}
        return assess_readiness(self.problem, {**self.rows.lookups, **events}, as_of=as_of)

    def learn(self, as_of: datetime, ready: Ready) -> Learned | Undetermined:
        """From rows whose outcomes were known and final then, and from no others."""
        known = self.rows.frame.filter(
            pl.col(KNOWN_AT) <= as_of, mature_at(self.problem.target.matures) <= as_of
        )
        try:
            model = make_model(self.problem, known, as_of, ready, trials=self.trials)
        except InvalidInput as error:
            return Undetermined(str(error))
        self._models[as_of] = model
        return model.learned

    def reference(self, model: Learned) -> DriftReference:
        """What windows are compared with."""
        return self._models[model.as_of].reference

    def answers(self, model: Learned, window: Span) -> Answers:
        """Of the events that have an outcome by now."""
        frame = self._window(window)
        has = (frame[TARGET].is_not_null() & frame[KNOWN_AT].is_not_null()).to_numpy()
        target = frame[TARGET].cast(pl.Float64).to_numpy()[has]
        outputs = self._said(model, window)[has]
        return Answers(
            target,
            outputs,
            frame[KNOWN_AT].dt.replace_time_zone(None).to_numpy()[has],
            brought(self.problem, target, outputs, frame.filter(has)),
        )

    def drift(
        self, model: Learned, window: Span, before: Mapping[str, float]
    ) -> WindowDrift | Undetermined:
        """Of the features and outputs of all events."""
        frame, names = self._window(window), self.problem.outputs
        return judge_window(
            frame.select(self.problem.logged_features),
            self.reference(model),
            watch=self.problem.watch,
            outputs=pl.DataFrame(dict(zip(names, self._said(model, window).T, strict=True))),
            before=before,
        )

    def outcomes(
        self, model: Learned, answers: Answers, before: Mapping[str, float]
    ) -> WindowDrift | Undetermined:
        """Of those that are given."""
        return judge_outcomes(
            self.problem,
            answers.target,
            answers.outputs,
            self.reference(model),
            before=before,
        )

    def _window(self, window: Span) -> pl.DataFrame:
        return self.rows.frame.filter(pl.col(EVENT_TIME).is_between(*window, closed="left"))

    def _said(self, model: Learned, window: Span) -> Floats:
        """A model's outputs on a window's events, computed once."""
        key = (model.as_of, window[1])
        if key not in self._outputs:
            serves = self._models[model.as_of].serves
            self._outputs[key] = serves.predict_frame(self._window(window))
        return self._outputs[key]
