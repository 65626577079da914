"""Alarm states from data points. Source of the table: CloudWatch user guide, "How alarm state is
evaluated when data is missing", 3 out of 3.
"""

import pytest

from local.account.alarms import decide

POINTS = {"-": None, "0": False, "X": True}


@pytest.mark.parametrize(
    ("points", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", "OK", "OK", "OK", "OK"),
        ("----0", "OK", "OK", "OK", "OK"),
        ("0----", "OK", "OK", "OK", "OK"),
        ("-----", "INSUFFICIENT_DATA", "current", "ALARM", "OK"),
        ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", "ALARM", "current", "ALARM", "OK"),
    ],
)
def test_missing_data_is_treated_as_cloudwatchs_table_says(
    points: str, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    expected = {
        "missing": missing,
        "ignore": ignore,
        "breaching": breaching,
        "notBreaching": not_breaching,
    }
    for treatment, state in expected.items():
        decided = decide(
            [POINTS[point] for point in points],
            evaluation_periods=3,
            datapoints_to_alarm=3,
            missing=treatment,
            current="current",
        )
        assert decided == state, treatment


@pytest.mark.parametrize(
    ("points", "state"), [("00X0X", "ALARM"), ("X00X0", "OK"), ("XX000", "OK")]
)
def test_two_of_the_last_three_data_points_are_enough_when_asked(points: str, state: str) -> None:
    decided = decide(
        [POINTS[point] for point in points],
        evaluation_periods=3,
        datapoints_to_alarm=2,
        missing="missing",
        current="OK",
    )
    assert decided == state
