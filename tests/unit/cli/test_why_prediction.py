"""``ghosteam why PROBLEM prediction ID`` says which model answered, from what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.facts.documents import ProblemDocuments
from cli.why.prediction import FoundPrediction, why_prediction
from ghosteam.documents.logged_prediction import LoggedPrediction
from tests.documents import DAY
from tests.unit.cli.why_documents import FULL, told

RECORD = {
    "record_type": "prediction",
    "schema_version": 2,
    "problem": "flights",
    "prediction_id": "p1",
    "event": {"carrier": "UA", "flight": 7},
    "event_time": DAY.isoformat(),
    "made_at": DAY.isoformat(),
    "model_version": "2",
    "assigned": "champion",
    "answered": "champion",
    "endpoint": "slot-2",
    "outputs": {"late": 0.3},
    "features": {"temp": 21.5, "wind": None},
    "freshness_seconds": {"weather": 3600.0, "planes": None},
    "call_id": "Rq1=/c1",
    "latency_ms": 12.4,
}
FOUND = FoundPrediction(
    record=LoggedPrediction.from_json(RECORD),
    place="predictions/2013/07/01/00/a.gz:1",
    searched="the prediction log, of one hour",
    target="late",
    outcomes="validated/flights/flights/",
    outcome=1.0,
)
ANSWER = why_prediction(FULL, FOUND)
MODEL, ASKED, ANSWERED, FEATURES, TRUE, SEARCHED = ANSWER


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (MODEL, "version 2 as champion on slot-2, 2013-07-01 00:00, in a call of 12 ms <predict"),
        (MODEL, "run r1 made it: promoted <run#r1>"),
        (MODEL, "now it is champion <routing>"),
        (ASKED, "carrier UA"),
        (ASKED, "event time 2013-07-01 00:00"),
        (ASKED, "in the request Rq1="),
        (ANSWERED, "late 0.3 <predictions/2013/07/01/00/a.gz:1>"),
        (FEATURES, "temp 21.5"),
        (FEATURES, "wind missing"),
        (FEATURES, "view weather: 3,600 s old at the event's time"),
        (FEATURES, "view planes: nothing online"),
        (TRUE, "late 1 <validated/flights/flights/>"),
        (SEARCHED, "the prediction log, of one hour"),
    ],
)
def test_each_fact_is_told_with_its_place(section: str, line: str) -> None:
    assert line in told(ANSWER, section)


def test_what_is_missing_is_told() -> None:
    bare = {name: value for name, value in RECORD.items() if name not in ("outputs", "features")}
    record = LoggedPrediction.from_json(bare)
    answer = why_prediction(
        ProblemDocuments("flights"), replace(FOUND, record=record, outcome=None)
    )
    assert "no run's document names version 2" in told(answer, MODEL)
    assert "now it is in no slot <>" in told(answer, MODEL)
    assert "no outputs by name" in told(answer, ANSWERED)
    assert "holds none that may be logged" in told(answer, FEATURES)
    assert "no outcome of late has come" in told(answer, TRUE)


def test_a_slot_that_answered_in_place_of_another_is_told_so() -> None:
    record = replace(FOUND.record, assigned="challenger")
    answer = why_prediction(FULL, replace(FOUND, record=record))
    assert "version 2 as champion in place of the challenger on slot-2" in told(answer, MODEL)
