"""What every drift detector must do, whatever it compares."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.monitoring.samples.calibration import Calibration
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.monitoring.samples.errors import OrderedErrors, UsualErrors
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence
from ghosteam.monitoring.samples.rows import Rows
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.undetermined import Undetermined

ALPHA = 0.05
_CATEGORIES = 25
_REFERENCE_ROWS, _WINDOW_ROWS, _WINDOWS = 2_000, 300, 300
_SHIFTS = (0.4, 1.0, 2.5)
_COLUMNS = ("a", "b", "c", "d")


def check_detector(detector: Detector) -> None:
    """Against made-up samples of the detector's kind, from fixed seeds.

    A sample is at distance 0 from one with the same shares; the order of its rows does not matter,
    but that of their times where those are looked at, and a reference that was written as JSON
    judges alike. Windows that went further away are
    further, are not explained by chance in the end, and have a larger effect. Several windows are
    measured together as each alone. Chance of independent rows gives about the energy 1, and the
    more rows there are, the smaller a distance it explains. A reference with nothing to compare is
    undetermined, or 0 from itself.
    """
    reference = _draw(detector, _REFERENCE_ROWS, seed=0)
    if detector.kind != "errors":  # A reference of them is no window.
        _check_same_sample(detector, reference)
    _check_order(detector, reference)
    _check_shifts(detector, reference)
    _check_json(detector, reference)
    _check_together(detector, reference)
    _check_rows(detector)
    _check_constant(detector)


def check_false_alarms(detector: Detector) -> None:
    """Of pairs of samples of one distribution, no more than the share ``ALPHA`` has so small a
    chance, up to what chance gives in so many pairs (three standard errors); and their energy is 1
    in the mean, or less where the detector cannot know better.
    """
    found = [
        _measured(
            detector,
            reference := _draw(detector, _REFERENCE_ROWS, seed=2 * number),
            _draw(detector, _WINDOW_ROWS, seed=2 * number + 1, like=reference),
        )
        for number in range(_WINDOWS)
    ]
    alarms = sum(one.law.tail(float(one.statistic)) < ALPHA for one in found)
    most = _WINDOWS * ALPHA + 3 * math.sqrt(_WINDOWS * ALPHA * (1 - ALPHA))
    assert alarms <= most, f"{alarms} of {_WINDOWS} equal samples are told apart"
    energy = float(np.mean([one.over_chance for one in found]))
    assert energy < 1.5, f"chance alone has the energy {energy:.2f}"


def _check_same_sample(detector: Detector, reference: Any) -> None:
    same = _measured(detector, reference, reference)
    assert abs(float(same.statistic)) < 1e-6, "a sample is away from itself"
    assert same.law.tail(float(same.statistic)) > 0.99


def _check_order(detector: Detector, reference: Any) -> None:
    one, turned = (_draw(detector, _WINDOW_ROWS, 1, like=reference, turned=t) for t in (0, 1))
    found = [float(_measured(detector, reference, sample).statistic) for sample in (one, turned)]
    assert math.isclose(*found, abs_tol=1e-9), "a distance depends on the order of rows"


def _check_shifts(detector: Detector, reference: Any) -> None:
    found = [
        _measured(detector, reference, _draw(detector, _WINDOW_ROWS, 1, shift, like=reference))
        for shift in _SHIFTS
    ]
    for what in ("statistic", "effect"):
        values = [float(getattr(one, what)) for one in found]
        assert values == sorted(values) and values[0] < values[-1], (
            f"shifts of {_SHIFTS} look alike: {values}"
        )
    chances = [one.law.tail(float(one.statistic)) for one in found]
    assert chances[-1] < 1e-3, f"a shift of {_SHIFTS[-1]} is within chance: {chances[-1]}"
    assert all(0 <= p <= 1 for p in chances), f"{chances} are no chances"
    restless = [found[-1].law.tail(float(found[-1].statistic), between) for between in (0, 3, 30)]
    assert restless == sorted(restless), "levels between windows make a distance less likely"


def _check_json(detector: Detector, reference: Any) -> None:
    window = _draw(detector, _WINDOW_ROWS, 1, 0.4, like=reference)
    if detector.kind == "shares":
        return
    again = type(reference).from_record(json.loads(json.dumps(reference.as_record())))
    found = [float(_measured(detector, one, window).statistic) for one in (reference, again)]
    assert math.isclose(*found, rel_tol=1e-3), "a stored reference judges otherwise"


def _check_together(detector: Detector, reference: Any) -> None:
    windows = [_draw(detector, _WINDOW_ROWS, seed, 0.3, like=reference) for seed in (1, 2, 3)]
    alone = [_measured(detector, reference, window) for window in windows]
    together = _measured(detector, reference, _stacked(windows))
    for what in ("statistic", "effect", "over_chance"):
        expected = [float(getattr(one, what)) for one in alone]
        found = np.broadcast_to(getattr(together, what), 3)
        assert np.allclose(found, expected, rtol=1e-6), f"{what} of windows together is another"


def _check_rows(detector: Detector) -> None:
    usual = []
    for rows in (_WINDOW_ROWS, 16 * _WINDOW_ROWS):
        reference = _draw(detector, 4 * rows, seed=5)
        window = _draw(detector, rows, 6, like=reference)
        usual.append(float(_measured(detector, reference, window).law.expected))
    assert math.isclose(usual[0], 4 * usual[1], rel_tol=0.3), (
        "a distance by chance does not shrink with the root of the rows"
    )


def _check_constant(detector: Detector) -> None:
    constant = _constant(detector)
    found = detector.measure(constant, constant)
    assert isinstance(found, Undetermined) or abs(float(found.statistic)) < 1e-9


def _measured(detector: Detector, reference: Any, window: Any) -> Measured:
    found = detector.measure(reference, window)
    assert isinstance(found, Measured), f"{found} of samples with enough to compare"
    assert np.all(np.isfinite(found.statistic)) and np.all(np.asarray(found.statistic) >= 0)
    assert np.all(np.asarray(found.effect) >= 0)
    return found


def _draw(
    detector: Detector,
    rows: int,
    seed: int,
    shift: float = 0.0,
    *,
    like: Any = None,
    turned: int = 0,
) -> Any:
    """A sample of ``rows``: the larger ``shift``, the further away in whatever a detector may look
    at: values move, spread, get stuck, go missing, are new, vanish, and hang together.
    """
    random = np.random.default_rng(seed)
    return _SAMPLES[detector.kind](random, rows, shift, like, -1 if turned else 1)


def _of_numbers(
    random: np.random.Generator, rows: int, shift: float, like: Any, step: int
) -> Numbers:
    values = random.normal(shift, 1 + shift, rows)
    values = np.where(random.random(rows) < 0.15 * shift, 0.123, np.maximum(values, -0.8))
    return Numbers.of(values[::step], like.grid if like else None)


def _places(random: np.random.Generator, rows: int, shift: float) -> Floats:
    places = np.digitize(random.normal(shift, 1, rows), np.linspace(-2, 2, _CATEGORIES - 1))
    return np.where(random.random(rows) < 0.1 * shift, _CATEGORIES, places)


def _of_categories(
    random: np.random.Generator, rows: int, shift: float, like: Any, step: int
) -> Categories:
    names = [f"category {place}" for place in _places(random, rows, shift).tolist()]
    return Categories.of(pl.Series(names[::step]), like)


def _of_shares(
    random: np.random.Generator, rows: int, shift: float, _like: object, _step: int
) -> Floats:
    places = _places(random, rows, shift)
    return np.bincount(places, minlength=_CATEGORIES + 1).astype(np.float64)


def _of_presence(
    random: np.random.Generator, rows: int, shift: float, _like: Any, _step: int
) -> Presence:
    missing = (random.random(rows) < 0.05 + 0.1 * shift).sum()
    return Presence(scalar(rows), scalar(missing))


def _of_rows(random: np.random.Generator, rows: int, shift: float, like: Any, step: int) -> Joint:
    values = _values(random, rows, shift)
    return Joint.of(_COLUMNS, values[::step], like.layout if like else None)


def _values(random: np.random.Generator, rows: int, shift: float) -> Floats:
    """Of four numbers of a row, of which two hang together."""
    common = random.normal(size=(rows, 1)) * np.array([1, 1, 0, 0])
    found: Floats = common / (1 + shift) + random.normal(shift / 2, 1 + shift / 3, (rows, 4))
    return found


def _of_whole_rows(
    random: np.random.Generator, rows: int, shift: float, like: Any, step: int
) -> Rows:
    return Rows.of(_COLUMNS, _values(random, rows, shift)[::step], like)


def _of_promises(
    random: np.random.Generator, rows: int, shift: float, like: Any, step: int
) -> Calibration:
    """The larger the shift, the more comes than was said, and the less it has to do with that."""
    odds = random.normal(-1, 1.5, rows)
    said = 1 / (1 + np.exp(-odds))
    came = random.random(rows) < 1 / (1 + np.exp(-(odds / (1 + shift) + shift / 2)))
    return Calibration.of(said[::step], came[::step].astype(np.float64), like)


def _of_errors(
    random: np.random.Generator, rows: int, shift: float, like: UsualErrors | None, step: int
) -> UsualErrors | OrderedErrors:
    """A reference, or errors at times that are told with them."""
    sizes = np.abs(random.normal(0, 1 + shift, rows))
    if like is None:
        return UsualErrors.of(sizes)
    times = np.arange(rows, dtype=np.float64)
    return OrderedErrors.of(times[::step], sizes[::step], like)


def _constant(detector: Detector) -> Any:
    if detector.kind == "numbers":
        return Numbers.of(np.full(100, 3.0))
    if detector.kind in ("categories", "steps"):
        return Categories.of(pl.Series(["a"] * 100))
    if detector.kind == "shares":
        return np.array([100.0, 0.0])
    if detector.kind == "presence":
        return Presence(scalar(100), scalar(0))
    if detector.kind == "rows":
        return Rows.of(_COLUMNS, np.ones((100, 4)))
    if detector.kind == "errors":
        return UsualErrors.of(np.ones(100))
    if detector.kind == "calibration":
        return Calibration.of(np.full(100, 0.5), np.tile([0.0, 1.0], 50))
    return Joint.of(_COLUMNS, np.ones((100, 4)))


def _stacked(samples: list[Any]) -> Any:
    return np.array(samples) if isinstance(samples[0], np.ndarray) else samples[0].stacked(samples)


_SAMPLES: dict[str, Callable[[np.random.Generator, int, float, Any, int], Any]] = {
    "numbers": _of_numbers,
    "categories": _of_categories,
    "shares": _of_shares,
    "presence": _of_presence,
    "joint": _of_rows,
    "rows": _of_whole_rows,
    "calibration": _of_promises,
    "steps": _of_categories,
    "errors": _of_errors,
}
