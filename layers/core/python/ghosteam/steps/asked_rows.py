"""The rows of one request as each of the models that serve is asked them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Slot
from ghosteam.features.codec import FeatureValue
from ghosteam.features.online import OnlineRow
from ghosteam.problem.derivation import derived_values
from ghosteam.problem.moments import EPOCH
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.serving.event_time import event_times
from ghosteam.serving.prediction_id import prediction_id
from ghosteam.serving.request_form import RequestForm
from ghosteam.serving.routing import SlotName

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class AskedRow:
    """A row as a model is asked it, with the features that it gets."""

    row: Mapping[str, object]
    lacking: tuple[str, ...]
    event_time: datetime
    features: Mapping[str, object]
    freshness_seconds: dict[str, float | None]


@dataclass(frozen=True)
class Request:
    """What the calls for one request share. ``last_call``: no call begins after it, so that the
    caller gets an answer. ``now``: when the request came (aware).
    """

    problem: Problem
    routing: Routing
    last_call: float
    notes: list[str]
    rows: Rows
    form: RequestForm
    definitions: Mapping[SlotName, Problem]
    now: datetime
    read: Callable[..., list[OnlineRow]]
    _asked: dict[int, list[AskedRow]] = field(default_factory=dict)

    def asked(self, slot: SlotName) -> list[AskedRow]:
        """All rows as the slot's model is asked them; slots of one definition share them.

        Raises:
            InvalidInput: a row's event time cannot be.
            Transient: the online store failed.
        """
        meant = self.definitions[slot]
        if id(meant) not in self._asked:
            rows = self.form.asked(self.rows, meant)
            values = [row.values for row in rows]
            times = event_times(meant, values, now=self.now)
            online = self.read(problem=meant, rows=values, event_times=times)
            features = features_of(meant, values, times, online)
            self._asked[id(meant)] = [
                AskedRow(row.values, row.lacking, moment, given, found.freshness_seconds)
                for row, moment, given, found in zip(rows, times, features, online, strict=True)
            ]
        return self._asked[id(meant)]

    def prediction_id(self, slot: SlotName, index: int, *, unique: str) -> str:
        """The id of the slot's prediction for a row. It names the event as labels do: by the
        folder's columns, or, where the row does not hold them yet, by those of the model.
        """
        if named := self._named[index]:
            return prediction_id(self.problem, named, unique=unique)
        return prediction_id(self.definitions[slot], self.asked(slot)[index].row, unique=unique)

    @cached_property
    def _named(self) -> list[Mapping[str, object] | None]:
        return self.form.named(self.rows, self.problem)

    def note_lacking(self, slot: SlotName, index: int) -> None:
        """Tell the caller, once, what a model needs that a row does not hold."""
        if lacking := self.asked(slot)[index].lacking:
            version = served_by(self.routing, slot).version
            note = f"Version {version} reads {', '.join(lacking)}, which was not sent: it took null"
            if note not in self.notes:
                self.notes.append(note)


def served_by(routing: Routing, slot: SlotName) -> Slot:
    """The slot called so, which there is."""
    slots = {
        "champion": routing.champion,
        "challenger": routing.challenger,
        "previous": routing.replaced,
    }
    found = slots[slot]
    assert found is not None, slot
    return found


def features_of(
    problem: Problem, rows: Rows, times: Sequence[datetime], online: Sequence[OnlineRow]
) -> list[dict[str, FeatureValue]]:
    """What a model of ``problem`` is asked for each row: its features in their order."""

    def column(name: str) -> list[Any]:
        if name == EVENT_TIME:
            return list(times)
        if online and name in online[0].features:
            return [found.features[name] for found in online]
        return [row[name] for row in rows]

    derived = derived_values(problem, column, len(rows))
    asked = []
    for index, (row, found) in enumerate(zip(rows, online, strict=True)):
        features = {name: feature_value(row[name]) for name in problem.features.request}
        features |= {name: found.features[name] for name in problem.features.looked_up}
        features |= {name: values[index] for name, values in derived.items()}
        asked.append(features)
    return asked


def feature_value(value: Any) -> Any:
    """Strings stay; everything else is a number as in the training set: booleans 0 and 1, times in
    microseconds.
    """
    if isinstance(value, datetime):
        return (value - EPOCH) / timedelta(microseconds=1)
    return float(value) if isinstance(value, bool) else value
