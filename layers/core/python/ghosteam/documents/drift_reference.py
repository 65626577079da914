"""What windows are compared with: what a model learned from, and how restless that is by itself.

Its parts are as the samples of ``ghosteam.monitoring.samples`` write them. Arrays stay lists and
texts in base 64: a reference has a few hundred numbers for each column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads that of typing on Python 3.12 and later

from ghosteam.documents.stored import FORM, Stored


class NoiseRecord(TypedDict):
    """How restless a sample is in the eyes of a detector, see ``ghosteam.monitoring.noise``."""

    common: float
    lasting: float
    blocks: int
    seen: float | None


Noises = dict[str, NoiseRecord | None]
"""The noise of each detector that is to judge, None where it cannot be known."""


class PresenceRecord(TypedDict):
    """A sample of rows with a value or without one."""

    rows: int
    missing: int


class NumbersRecord(TypedDict):
    """A sample of numbers."""

    grid: list[float]
    cells: list[int]
    mode: int


class CategoriesRecord(TypedDict):
    """A sample of categories."""

    names: list[str]
    others: str | None
    counts: list[int]


class CalibrationRecord(TypedDict):
    """A sample of promises."""

    edges: list[float]
    counts: list[float]
    said: list[float]
    came: list[float]
    squares: list[float]


class RowsRecord(TypedDict):
    """A sample of whole rows; ``codes`` in base 64."""

    names: list[str]
    edges: list[list[float]]
    codes: str


class JointRecord(TypedDict):
    """All numbers of rows; arrays are packed in base 64."""

    names: list[str]
    rows: int
    mean: str
    deviation: str
    components: str
    sums: str
    products: str
    waves: str
    left: list[float]
    spread: list[float]


class NumbersEntry(TypedDict):
    """What is kept of a column of numbers, of an output, or of an outcome that is a number."""

    kind: Literal["numbers"]
    sample: NumbersRecord | None
    presence: PresenceRecord
    noise: Noises


class CategoriesEntry(TypedDict):
    """What is kept of a column of categories, or of an outcome that is one."""

    kind: Literal["categories"]
    sample: CategoriesRecord | None
    presence: PresenceRecord
    noise: Noises


class PromiseEntry(TypedDict):
    """What is kept of what was promised, of which nothing is missing."""

    kind: Literal["calibration"]
    sample: CalibrationRecord
    noise: Noises


ColumnEntry = Annotated[NumbersEntry | CategoriesEntry, Field(discriminator="kind")]
Entry = Annotated[NumbersEntry | CategoriesEntry | PromiseEntry, Field(discriminator="kind")]


class JointEntry(TypedDict):
    """What is kept of all numbers of a row together; ``rows``: where a detector looks at them."""

    sample: JointRecord
    rows: NotRequired[RowsRecord | None]
    noise: Noises


class BinsRecord(TypedDict):
    """The bins of a column, of names or between ascending cuts, and a factor for each."""

    names: NotRequired[list[str]]
    cuts: NotRequired[list[float]]
    factors: NotRequired[list[float]]


class ErrorsRecord(TypedDict):
    """A sample of the sizes of errors."""

    rows: int
    mean: float
    deviation: float
    most: float


class ErrorsEntry(TypedDict):
    """What is kept of the sizes of errors, for those that come in the order of time."""

    sample: ErrorsRecord
    noise: Noises


class LossesRecord(TypedDict):
    """What is known of the sizes of errors."""

    size: float
    factors: dict[str, BinsRecord]
    shape: list[float]


class SliceRecord(TypedDict):
    """What a metric was in a part of the hold-out, and how well that is known."""

    metric: str
    value: float
    deviation: float


class WorthRecord(TypedDict):
    """What predictions were worth in the mean on the hold-out, by the expression of
    ``decide.value``, and how well that is known.
    """

    by: str
    mean: float
    deviation: float


@dataclass(frozen=True, kw_only=True)
class DriftReference(Stored):
    """Of ``rows`` rows, for windows of ``window_seconds``: an entry for each of the ``columns`` and
    of the model's ``outputs``, one of all numbers of a row (``joint``), those of what came
    (``outcomes``), what is known of the sizes of errors (``losses``), and which are usual
    (``errors``). ``passed_over``: why a column has no entry. ``importance``: each feature's share.
    ``slices``: the hold-out's, by ``column=value`` or ``column is null``. ``worth``: of its
    predictions, where ``decide.value`` says it.
    """

    kind: ClassVar[str] = "drift reference"
    schema_version: ClassVar[int] = 6

    rows: int
    window_seconds: float | None
    columns: Mapping[str, ColumnEntry]
    outputs: Mapping[str, ColumnEntry]
    joint: JointEntry | None
    outcomes: Mapping[str, Entry] = field(default_factory=dict)
    losses: LossesRecord | None = None
    errors: ErrorsEntry | None = None
    passed_over: Mapping[str, str] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)
    slices: Mapping[str, SliceRecord] = field(default_factory=dict)
    worth: WorthRecord | None = None

    @classmethod
    def form_of(cls, data: Mapping[str, object]) -> int:
        """The first five forms said theirs in ``version``."""
        return super().form_of({FORM: data.get("version", 1), **data})
