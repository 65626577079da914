"""What every drift detector must do, whatever it compares."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl

from ghosteam.monitoring.detectors.detector import Detector, Profile, Values, as_values

ALPHA = 0.05
_CATEGORIES = 25
_REFERENCE_ROWS, _WINDOW_ROWS, _WINDOWS = 1_000, 300, 300
_SHIFTS = (0.0, 0.3, 0.8, 2.0)
_ROUNDING = 1e-7


def check_detector(detector: Detector) -> None:
    """Against made-up values of the detector's kind, from fixed seeds.

    A sample is at distance 0 from itself, whatever the order of its rows, and no distance is
    outside [0, 1]; a shift takes values further away the larger it is, and over the critical value
    in the end; so do values that were never seen. A profile survives JSON. A part is as far from
    the rest as from a profile of the rest. What is missing changes nothing, a single value is
    judged, and a constant column is at distance 0 until it is another constant.
    """
    reference = _draw(detector, _REFERENCE_ROWS, seed=0)
    profile = detector.profile(reference)
    _check_same_sample(detector, reference)
    _check_shifts(detector, profile)
    _check_json(detector, profile)
    _check_rest(detector, reference)
    _check_missing(detector, reference)
    _check_unseen(detector, profile)
    _check_constant(detector)
    _check_bins(detector, profile)


def check_false_alarms(detector: Detector) -> None:
    """Of pairs of samples of one distribution, no more than the share ``ALPHA`` is further apart
    than the critical value, up to what chance gives in so many pairs (three standard errors).
    """
    alarms = 0
    for number in range(_WINDOWS):
        profile = detector.profile(_draw(detector, _REFERENCE_ROWS, seed=2 * number))
        window = _draw(detector, _WINDOW_ROWS, seed=2 * number + 1)
        alarms += _distance(detector, profile, window) > detector.critical(profile, window, ALPHA)
    most = _WINDOWS * ALPHA + 3 * math.sqrt(_WINDOWS * ALPHA * (1 - ALPHA))
    assert alarms <= most, f"{alarms} of {_WINDOWS} equal samples are told apart"


def _check_same_sample(detector: Detector, reference: Values) -> None:
    profile = detector.profile(reference)
    turned = reference.reverse()
    assert detector.profile(turned) == profile, "a profile depends on the order of rows"
    assert abs(_distance(detector, profile, reference)) <= _ROUNDING
    window = _draw(detector, _WINDOW_ROWS, seed=1)
    assert math.isclose(
        _distance(detector, profile, window),
        _distance(detector, profile, window.reverse()),
        abs_tol=_ROUNDING,
    ), "a distance depends on the order of rows"


def _check_shifts(detector: Detector, profile: Profile) -> None:
    windows = [_draw(detector, _WINDOW_ROWS, seed=1, shift=shift) for shift in _SHIFTS]
    distances = [_distance(detector, profile, window) for window in windows]
    assert distances == sorted(distances), f"{distances} do not grow with shifts of {_SHIFTS}"
    assert len(set(distances)) == len(distances), f"shifts of {_SHIFTS} look alike: {distances}"
    limits = [detector.critical(profile, window, ALPHA) for window in windows]
    assert distances[0] <= limits[0], f"{distances[0]} of the same distribution is over chance"
    assert distances[-1] > limits[-1], f"a shift of {_SHIFTS[-1]} is within {limits[-1]} of chance"
    strict = detector.critical(profile, windows[0], ALPHA / 10)
    assert strict > limits[0], "fewer false alarms need a larger critical value"


def _check_json(detector: Detector, profile: Profile) -> None:
    again = json.loads(json.dumps(profile, allow_nan=False))
    assert again == profile
    window = _draw(detector, _WINDOW_ROWS, seed=1, shift=0.5)
    assert detector.distance(again, window) == detector.distance(profile, window)
    assert detector.critical(again, window, ALPHA) == detector.critical(profile, window, ALPHA)


def _check_rest(detector: Detector, reference: Values) -> None:
    ordered = reference.sort()
    whole = detector.profile(ordered)
    for begin, end in ((0, 100), (300, 700), (100, _REFERENCE_ROWS)):
        part, rest = ordered[begin:end], pl.concat([ordered[:begin], ordered[end:]])
        found = detector.distance_from_rest(whole, part)
        expected = _distance(detector, detector.profile(rest), part)
        assert 0 <= found <= 1 and math.isclose(found, expected, abs_tol=0.02), (
            f"a part is at {found} from the rest, and at {expected} from the rest's profile"
        )


def _check_missing(detector: Detector, reference: Values) -> None:
    column = as_values(detector.kind, _with_gaps(detector, reference))
    assert column.null_count() > 0
    values = column.drop_nulls()
    profile = detector.profile(values)
    assert abs(_distance(detector, profile, values)) <= _ROUNDING
    assert profile == detector.profile(reference), "what is missing is in the profile"
    single = values[:1]
    _distance(detector, profile, single)
    _distance(detector, detector.profile(single), values)
    assert detector.critical(profile, single, ALPHA) > 0


def _check_unseen(detector: Detector, profile: Profile) -> None:
    if detector.kind == "categories":
        window = pl.Series(["never seen"] * _WINDOW_ROWS)
    else:
        window = pl.Series(np.linspace(1e6, 1e9, _WINDOW_ROWS))
    found = _distance(detector, profile, window)
    assert found > detector.critical(profile, window, ALPHA), f"values never seen are at {found}"


def _check_constant(detector: Detector) -> None:
    one, other = ("a", "b") if detector.kind == "categories" else (3.0, 4.0)
    profile = detector.profile(pl.Series([one] * _REFERENCE_ROWS))
    same, changed = pl.Series([one] * _WINDOW_ROWS), pl.Series([other] * _WINDOW_ROWS)
    assert abs(_distance(detector, profile, same)) <= _ROUNDING
    found = _distance(detector, profile, changed)
    assert found > detector.critical(profile, changed, ALPHA), f"another constant is at {found}"


def _check_bins(detector: Detector, profile: Profile) -> None:
    if detector.bins is None:
        return
    window = _draw(detector, _WINDOW_ROWS, seed=1, shift=0.5)
    expected, actual = detector.bins(profile, window)
    assert expected.shape == actual.shape == (len(expected),)
    assert (expected >= 0).all() and (actual >= 0).all()
    assert math.isclose(expected.sum(), _REFERENCE_ROWS) and actual.sum() == _WINDOW_ROWS


def _distance(detector: Detector, profile: Profile, values: Values) -> float:
    found = detector.distance(profile, values)
    assert isinstance(found, float) and 0 <= found <= 1, f"the distance {found} is outside [0, 1]"
    return found


def _draw(detector: Detector, rows: int, *, seed: int, shift: float = 0.0) -> Values:
    """Rows of one distribution: numbers with ties at their least value, or categories of unequal
    frequency. The larger ``shift``, the further away.
    """
    random = np.random.default_rng(seed)
    numbers = np.maximum(random.normal(shift, 1, rows), -0.5)
    if detector.kind == "numbers":
        return pl.Series(numbers)
    # Cut at fixed places, so that a shift of the numbers is one of the categories.
    places = np.digitize(random.normal(shift, 1, rows), np.linspace(-2, 2, _CATEGORIES - 1))
    return pl.Series([f"category {place}" for place in places.tolist()])


def _with_gaps(detector: Detector, values: Values) -> Values:
    missing: list[object] = [None]
    if detector.kind == "numbers":
        missing += [float("nan"), float("inf"), float("-inf")]
    return pl.Series([*values.to_list(), *missing * 50])
