"""What is asked of a guess, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cli.infer.calendar import CalendarFeature
from cli.infer.datasets import FoundDataset
from cli.infer.event_time import TimeGuess
from cli.infer.facts import Facts
from cli.infer.features import FeatureChoice
from cli.infer.finding import Inference
from cli.infer.identity import Identity
from cli.infer.joins import InferredLookup
from cli.infer.lengths import Lengths
from cli.infer.target import TargetGuess, TaskName
from cli.infer.windows import WindowGuess


@dataclass(frozen=True)
class GuessRequest:
    """What the user says: the problem's ``name`` and ``target``, and perhaps ``time``, ``task``
    and which columns to ``keep``, however much they say of the outcome. ``now``: by which times
    that lie ahead are told (aware).
    """

    name: str
    target: str
    now: datetime
    time: str | None = None
    task: TaskName | None = None
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guess:
    """A problem, ready to be written. ``late``: columns that come after the outcome, by the reason;
    ``lookups`` and ``facts``: other data sets by their name; ``scale``: how far outcomes of a
    regression lie apart; ``calendar``: derived features by their names.
    """

    asked: GuessRequest
    events: FoundDataset
    sources: Mapping[str, FoundDataset]
    target: TargetGuess
    time: TimeGuess
    identity: Identity
    late: Mapping[str, str]
    chosen: FeatureChoice
    lookups: Mapping[str, InferredLookup]
    facts: Mapping[str, Facts]
    windows: tuple[WindowGuess, ...]
    calendar: Mapping[str, CalendarFeature]
    lengths: Lengths
    bounds: Mapping[str, tuple[datetime, datetime]]
    scale: float
    rows: int
    findings: tuple[Inference, ...]
    min_coverage: float | None = None

    @property
    def needed(self) -> set[str]:
        """Columns of the events that are declared."""
        windows = {window.by for window in self.windows}
        return windows | needed_columns(
            self.identity,
            self.time,
            self.target,
            self.late,
            self.chosen,
            self.lookups,
            self.facts,
        )


def needed_columns(
    identity: Identity,
    time: TimeGuess,
    target: TargetGuess,
    late: Mapping[str, str],
    chosen: FeatureChoice,
    lookups: Mapping[str, InferredLookup],
    facts: Mapping[str, Facts],
) -> set[str]:
    """Columns of the events that are declared."""
    return {
        *identity.named_by,
        *time.columns,
        target.column.name,
        *late,
        *chosen.features,
        *(column for found in lookups.values() for column in found.key),
        *(window.by for found in facts.values() for window in found.windows),
        *([chosen.weight] if chosen.weight else []),
    }
