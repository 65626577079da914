"""The function check_drift: a direct invocation with its own boto3 clients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ghosteam.errors import InvalidInput, NotFound
from tests.accounts import MONITOR, deployed_function, memory_account, queue_event
from tests.metrics import published


def test_it_answers_for_the_window_that_ends_at_as_of():
    with memory_account(), deployed_function("check_drift", MONITOR) as function:
        answer = function.handler({"problem": "flights", "as_of": "2013-07-08T00:00:00Z"}, None)
    assert (
        answer["window_start"] == "2013-07-01T00:00:00+00:00"
        and answer["undetermined"] == "no model serves yet"
    )


def test_without_as_of_the_window_is_the_newest_on_the_grid():
    with memory_account(), deployed_function("check_drift", MONITOR) as function:
        answer = function.handler({"problem": "flights"}, None)
    end = datetime.fromisoformat(answer["window_end"])
    assert (end - datetime(1970, 1, 1, tzinfo=UTC)) % timedelta(days=7) == timedelta()
    assert timedelta() <= datetime.now(UTC) - end < timedelta(days=7, minutes=1)


def test_a_turn_is_done_and_says_so(capsys):
    with memory_account(), deployed_function("check_drift", MONITOR) as function:
        turns = queue_event({"problem": "flights"}, {"problem": "nothing"})
        assert function.handler(turns, None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert published(capsys.readouterr().out)["Heartbeat"] == 1


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({}, InvalidInput),
        ({"problem": "x"}, NotFound),
        ({"problem": "flights", "as_of": "2013-07-08"}, InvalidInput),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_remedy(event, error):
    with (
        memory_account(),
        deployed_function("check_drift", MONITOR) as function,
        pytest.raises(error) as caught,
    ):
        function.handler(event, None)
    assert caught.value.remedy
