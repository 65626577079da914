"""How long the stretches of time are by which a problem is held out, learned and watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from cli.column_statistics import ends
from cli.infer.finding import Inference
from ghosteam.features.hashed import drawn
from ghosteam.learning.search import VALIDATION_SHARE, validation_share
from ghosteam.problem.row_limits import MIN_HOLDOUT_ROWS, MIN_PART_ROWS

_DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 60, 90, 120, 180, 270, 365, 540, 730)
_MONTHS = (1, 2, 3, 6, 9, 12, 18, 24, 36, 60, 120, 240, 480)
_YEARS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 80, 99)
_HELD_OUT = 0.2
_ENOUGH = 2 * MIN_HOLDOUT_ROWS
_TO_JUDGE = 300
_SHARES = tuple(percent / 100 for percent in (20, 25, 30, 33, 35, 38, 40, 42, 45, 50))


@dataclass(frozen=True)
class Lengths:
    """As the grammar has them. ``min_rows`` of events without a time, ``min_train`` and
    ``train_window`` of others. ``labels``: outcomes that a window needs to be judged by, ``rows``:
    predictions.
    """

    holdout: str
    window: str
    labels: int
    rows: int
    min_train: str | None = None
    train_window: str | None = None
    min_rows: int | None = None
    findings: tuple[Inference, ...] = ()


def lengths_without_time(events: pl.DataFrame, names: Sequence[str]) -> Lengths:
    """``events`` with an outcome; ``names``: columns that name one."""
    rows = events.height
    found = next((share for share in _SHARES if _parts_suffice(events, names, share)), None)
    share = found or _SHARES[0]
    told = [Inference("holdout", f"{share:.0%} of the {rows} rows with an outcome", "fairly sure")]
    if found is None:
        told.append(_too_few(rows))
    return Lengths(
        f"{share:.0%}",
        "7d",
        min(500, max(30, rows // 20)),
        min(200, max(30, rows // 20)),
        min_rows=rows if rows < 500 else None,
        findings=tuple(told),
    )


def _parts_suffice(events: pl.DataFrame, names: Sequence[str], share: float) -> bool:
    """Whether hold-out and both parts of the rest get rows enough: the same rows as in a run."""
    if share * events.height < MIN_HOLDOUT_ROWS / 2:
        return False
    held_out = drawn(events.select(names), names, share, purpose="holdout")
    left = events.filter(~held_out)
    if held_out.sum() < MIN_HOLDOUT_ROWS:
        return False
    validates = drawn(left, names, validation_share(left.height), purpose="validation").sum()
    return min(validates, left.height - validates) >= MIN_PART_ROWS


def lengths_of(times: pl.Series, step: timedelta) -> Lengths:
    """``times``: of the events with an outcome, none null; ``step``: what they are whole numbers of
    (see :class:`~cli.infer.event_time.TimeGuess`).
    """
    unit, ladder, length = _ladder(step)
    first, last = ends(times)
    seconds = times.dt.epoch("us").to_numpy() / 1e6
    places = (seconds.max() - seconds) / (86_400 * length)
    span = (last - first) / timedelta(days=length)
    counts = [int((places < steps).sum()) for steps in ladder]
    rows = len(places)
    # Of the longest one there is none longer to learn from.
    half = [n for n, steps in enumerate(ladder[:-1]) if steps <= max(span / 2, 1)] or [0]
    wanted = max(_HELD_OUT * rows, min(_ENOUGH, rows / 3))
    held = min(half, key=lambda n: (counts[n] < MIN_HOLDOUT_ROWS, abs(counts[n] - wanted)))
    left = span - ladder[held] + (step >= timedelta(days=28))
    train = max((steps for steps in ladder if steps <= 0.6 * left), default=ladder[0])
    longest = next((steps for steps in ladder if steps >= 1.1 * span), ladder[-1])
    longest = max(longest, train, ladder[min(held + 1, len(ladder) - 1)])
    per_step = rows / max(span, 1.0)
    window = next((steps for steps in ladder if steps * per_step >= _TO_JUDGE), ladder[held])
    window = min(window, ladder[held]) if unit == "d" else window
    in_window = max(1, int(window * per_step))
    to_choose = VALIDATION_SHARE * (rows - counts[held])
    enough = counts[held] >= MIN_HOLDOUT_ROWS and to_choose >= MIN_PART_ROWS
    told = [
        Inference(
            "holdout",
            f"the newest {_text(ladder[held], unit)}: {counts[held]} of {rows} rows with outcomes",
            "fairly sure",
        )
    ]
    if not enough:
        told.append(_too_few(rows))
    return Lengths(
        _text(ladder[held], unit),
        _text(window, unit),
        min(500, max(30, in_window // 2)),
        min(200, max(30, in_window // 2)),
        _text(train, unit),
        _text(longest, unit),
        findings=tuple(told),
    )


def _ladder(step: timedelta) -> tuple[str, Sequence[int], float]:
    """Unit, lengths in it, and days of one."""
    if step >= timedelta(days=365):
        return "y", _YEARS, 365.25
    if step >= timedelta(days=28):
        return "month", _MONTHS, 30.44
    return "d", (*_DAYS, *(365 * years for years in _YEARS[2:])), 1.0


def _text(number: int, unit: str) -> str:
    if unit == "month":
        return f"{number} month{'s' * (number > 1)}" if number % 12 else f"{number // 12}y"
    return f"{number}{unit}"


def _too_few(rows: int) -> Inference:
    return Inference(
        "rows",
        f"{rows} with an outcome are too few: {MIN_HOLDOUT_ROWS} are needed to judge by, "
        f"{MIN_PART_ROWS} to choose by and more to learn from",
        "sure",
    )
