"""What detectors find of one column, and of all numbers of a row together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TypeAlias

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import ColumnEntry, JointEntry, Noises, PromiseEntry
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import cells_of
from ghosteam.monitoring.detectors.detector import (
    DETECTORS,
    Measured,
    as_categories,
    as_numbers,
)
from ghosteam.monitoring.noise import Noise, chance_of
from ghosteam.monitoring.samples.calibration import Calibration
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.monitoring.samples.errors import OrderedErrors, UsualErrors
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence
from ghosteam.monitoring.samples.rows import Rows
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.problem.detectors import JUMP, PRESENCE
from ghosteam.undetermined import Undetermined

Sample: TypeAlias = (
    Calibration | Categories | Joint | Numbers | OrderedErrors | Presence | Rows | UsualErrors
)
MIN_VALUES = 30
MOST_JOINT_ROWS = 20_000
MOST_WHOLE_ROWS = 1_000
INDEPENDENT = 0.7
"""Levels, as a share of blocks, from which windows count as independent of one another."""


@dataclass(frozen=True)
class Finding:
    """Of a ``detector``: ``statistic``; ``p``, the chance of one as large among windows like the
    reference's own; ``effect``, about in standard deviations; ``tell``, in the column's own units.
    ``changed``: by how much, in the column's own units too: the change of a rate, how far a number
    moved on average, or the share of rows that changed their category; what that is called, is in
    ``unit``, which a limit may have. ``independent``: whether windows that follow one another say
    more than one of them.
    """

    detector: str
    statistic: float
    p: float
    effect: float
    tell: Callable[[], str]
    unit: str = ""
    changed: float = 0.0
    independent: bool = True

    @property
    def told(self) -> str:
        """What ``tell`` says: of most findings nobody asks."""
        return self.tell()


@dataclass(frozen=True)
class Movement:
    """By how much a column changed, whatever detector looks: ``size`` in the ``unit`` that a limit
    may have; ``tell``, in the column's own units, for detectors that tell nothing of their own.
    """

    unit: str = ""
    size: float = 0.0
    tell: Callable[[], str] = str


NO_MOVEMENT = Movement()


def of_column(entry: ColumnEntry, column: pl.Series) -> list[Finding | Undetermined]:
    """Of a window's ``column``, as each of the entry's detectors finds."""
    present = _present(entry, column)
    presence = Presence(scalar(column.len()), scalar(column.len() - len(present)))
    known = Presence.from_record(entry["presence"])
    found: list[Finding | Undetermined] = [
        finding_of(PRESENCE, known, presence, entry["noise"], _of_presence(known, presence))
    ]
    reference = _sample(entry)
    if reference is None:
        return [*found, Undetermined("the reference has no values of it")]
    if len(present) < MIN_VALUES:
        return [
            *found,
            Undetermined(f"the window has {len(present)} values of it, fewer than {MIN_VALUES}"),
        ]
    window, change = _of_window(reference, present)
    names = (name for name in entry["noise"] if name not in (PRESENCE, JUMP))
    return [
        *found,
        *(finding_of(name, reference, window, entry["noise"], change) for name in names),
    ]


def of_rows(entry: JointEntry, frame: pl.DataFrame) -> list[Finding | Undetermined]:
    """Of all numbers of a row of ``frame`` together; where it lacks columns of the reference, of
    the others, as far as that is possible.
    """
    reference = Joint.from_record(entry["sample"])
    names = [name for name in reference.layout.names if name in frame.columns]
    if len(names) < 2 or frame.height < MIN_VALUES:
        return [Undetermined("there are too few columns or rows")]
    if len(names) < len(reference.layout.names):
        reference = reference.of_columns(names)
    spaced = np.unique(np.linspace(0, frame.height - 1, MOST_JOINT_ROWS).astype(np.int64))
    values = np.column_stack([as_numbers(one) for one in frame.select(names)[spaced]])
    pairs: dict[str, tuple[Sample, Sample]] = {
        "joint": (reference, Joint.of(names, values, reference.layout))
    }
    if of_rows_alone := entry.get("rows"):
        whole = Rows.from_record(of_rows_alone)
        kept = [name for name in whole.names if name in names]
        few = np.unique(np.linspace(0, len(values) - 1, MOST_WHOLE_ROWS).astype(np.int64))
        at = [names.index(name) for name in kept]
        whole = whole.of_columns(kept)
        pairs["rows"] = (whole, Rows.of(kept, values[few][:, at], whole))
    return [
        finding_of(name, *pairs[DETECTORS.find(name).kind], entry["noise"])
        for name in entry["noise"]
    ]


def of_promise(entry: PromiseEntry, said: Floats, came: Floats) -> list[Finding | Undetermined]:
    """Of what a window's rows were promised ``(n,)``, and whether it came ``(n,)``."""
    if said.size < MIN_VALUES:
        return [Undetermined(f"it was promised of {said.size} rows, fewer than {MIN_VALUES}")]
    reference = Calibration.from_record(entry["sample"])
    window = Calibration.of(said, came, reference)
    return [finding_of(name, reference, window, entry["noise"]) for name in entry["noise"]]


def finding_of(
    name: str,
    reference: Sample,
    window: Sample,
    noises: Noises,
    change: Movement = NO_MOVEMENT,
    *,
    rows: float | None = None,
) -> Finding | Undetermined:
    """Of two samples, by the detector called ``name``. ``rows``: how many its noise counts by,
    where these are not the window's.
    """
    detector = DETECTORS.find(name)
    if isinstance(reference, Numbers | Categories) and detector.kind == "shares":
        found = detector.measure(cells_of(reference, reference), cells_of(reference, window))
    else:
        found = detector.measure(reference, window)
    if not isinstance(found, Measured):
        return found
    known = noises[name]
    noise = Noise.from_record(known) if known else None
    statistic = float(found.statistic)
    return Finding(
        name,
        statistic,
        chance_of(noise, found.law, statistic, float(window.rows) if rows is None else rows),
        float(found.effect),
        partial(detector.told, reference, window) if detector.told else change.tell,
        change.unit,
        change.size,
        noise is None or noise.levels >= INDEPENDENT * noise.blocks,
    )


def movement_of_categories(reference: Categories, window: Categories) -> Movement:
    """The share of rows that changed their category, and the category whose share changed most."""
    away = np.abs(window.counts / float(window.rows) - reference.counts / float(reference.rows))

    def tell() -> str:
        name, was, now = reference.moved_most(window)
        return f"{name} in {now:.1%}, was {was:.1%}"

    return Movement("share", float(away.sum() / 2), tell)


def determined(found: Iterable[Finding | Undetermined]) -> list[Finding]:
    """Those that are findings."""
    return [one for one in found if isinstance(one, Finding)]


def _present(entry: ColumnEntry, column: pl.Series) -> Floats | pl.Series:
    if entry["kind"] == "categories":
        texts = as_categories(column)
        return texts.drop_nulls() if texts.null_count() else texts
    numbers = as_numbers(column)
    present = np.isfinite(numbers)
    return numbers if present.all() else numbers[present]


def _sample(entry: ColumnEntry) -> Numbers | Categories | None:
    if entry["kind"] == "numbers":
        return Numbers.from_record(entry["sample"]) if entry["sample"] else None
    return Categories.from_record(entry["sample"]) if entry["sample"] else None


def _of_window(
    reference: Numbers | Categories, present: Floats | pl.Series
) -> tuple[Numbers | Categories, Movement]:
    if isinstance(reference, Numbers):
        ordered = np.sort(present)
        numbers = Numbers.of_ordered(ordered, reference.grid)
        return numbers, _of_numbers(reference, numbers, ordered)
    categories = Categories.of(pl.Series(present), reference)
    return categories, movement_of_categories(reference, categories)


def _of_presence(reference: Presence, window: Presence) -> Movement:
    rates = [float(one.missing / one.rows) for one in (reference, window)]
    return Movement("missing", abs(rates[1] - rates[0]))


def _of_numbers(reference: Numbers, window: Numbers, ordered: Floats) -> Movement:
    """Median and the middle 80 %, in the column's units. The window's are those of its ``ordered``
    values ``(n,)``: its sample knows no more of those beyond all that the reference has than how
    many they are.
    """
    gap = np.abs(reference.shares - window.shares)[1:-1]
    inside = float((gap[::2] + gap[1::2]) / 2 @ np.diff(reference.grid))
    lower, upper = ordered[: int(window.below[0])], ordered[int(window.below[-1]) :]
    beyond = (reference.grid[0] - lower).sum() + (upper - reference.grid[-1]).sum()
    shares = (0.5, 0.1, 0.9)
    now = [float(ordered[ceil(share * ordered.size) - 1]) for share in shares]

    def tell() -> str:
        was = [reference.quantile(share) for share in shares]
        return f"median {_middle(*now)}, was {_middle(*was)}"

    return Movement("shift", inside + float(beyond) / ordered.size, tell)


def _middle(median: float, low: float, high: float) -> str:
    return f"{median:.4g} ({low:.4g} to {high:.4g})"
