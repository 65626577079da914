"""Drift that lasts: the same thing in k of the last n windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.drift import sustained
from ghosteam.problem.lengths import days
from tests.drifting import WEEK

END = datetime(2024, 7, 22, tzinfo=UTC)


def past(*windows: tuple[int, str]) -> list[DriftVerdict]:
    ends = [(END - timedelta(days=days), names) for days, names in windows]
    return [
        DriftVerdict(
            window_start=end - WEEK,
            window_end=end,
            model_version="1",
            drifted_features=tuple(names),
        )
        for end, names in ends
    ]


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (past(), ()),
        (past((7, "a")), ("a",)),
        (past((7, "b")), ()),
        (past((7, ""), (14, "a")), ("a",)),
        (past((7, "a"), (14, "ab")), ("a",)),
        (past((7, ""), (14, "")), ()),
        (past((7, ""), (14, ""), (21, "a")), ()),
        (past((1, "a"), (2, "a")), ()),
        (past((0, "a")), ()),
    ],
    ids=[
        "alone",
        "last",
        "another-feature",
        "before-last",
        "both",
        "none",
        "too-old",
        "overlapping",
        "itself-again",
    ],
)
def test_the_same_feature_in_two_of_three_windows_that_do_not_overlap_is_sustained(
    earlier, expected
):
    assert sustained(("a",), END, earlier, window=days(7), votes=(2, 3)) == expected


def test_a_window_without_drift_is_never_sustained_drift():
    assert not sustained((), END, past((7, "a"), (14, "a")), window=days(7), votes=(2, 3))
