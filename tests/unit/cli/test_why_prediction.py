"""``ghosteam why PROBLEM prediction ID`` says which model answered, from what."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from cli.facts import ProblemDocuments
from cli.why.prediction import FoundPrediction, why_prediction
from ghosteam.documents.prediction import LoggedPrediction
from ghosteam.documents.stored import part_of
from ghosteam.errors import Defect
from ghosteam.monitoring.prediction_log import find_prediction
from tests.documents import DAY
from tests.unit.cli.why_documents import FULL, told

RECORD = {
    "record_type": "prediction",
    "version": 2,
    "problem": "flights",
    "prediction_id": "p1",
    "entity": {"carrier": "UA", "flight": 7},
    "event_time": DAY.isoformat(),
    "made_at": DAY.isoformat(),
    "model_version": "2",
    "slot": "champion",
    "endpoint": "slot-2",
    "outputs": {"late": 0.3},
    "features": {"temp": 21.5, "wind": None},
    "freshness_seconds": {"weather": 3600.0, "planes": None},
    "call_id": "c1",
    "latency_ms": 12.4,
}
FOUND = FoundPrediction(
    record=part_of(LoggedPrediction, RECORD, what="prediction"),
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
    record = part_of(LoggedPrediction, bare, what="prediction")
    answer = why_prediction(
        ProblemDocuments("flights"), replace(FOUND, record=record, outcome=None)
    )
    assert "no run's document names version 2" in told(answer, MODEL)
    assert "now it is in no slot <>" in told(answer, MODEL)
    assert "no outputs by name" in told(answer, ANSWERED)
    assert "holds none that may be logged" in told(answer, FEATURES)
    assert "no outcome of late has come" in told(answer, TRUE)


def log(*records: Any) -> list[tuple[str, bytes]]:
    body = "\n".join(json.dumps(record) for record in records)
    return [("damaged.gz", b"no gzip"), ("a.gz", gzip.compress(body.encode()))]


def test_the_log_is_searched_for_the_problems_own_record() -> None:
    stored = log({**RECORD, "problem": "other"}, {**RECORD, "record_type": "error"}, RECORD)
    found = find_prediction(stored, problem="flights", prediction_id="p1")
    assert found == ("a.gz:3", FOUND.record)
    assert find_prediction(stored, problem="flights", prediction_id="p2") is None


def test_a_record_that_cannot_be_read_says_so() -> None:
    with pytest.raises(Defect, match="The prediction cannot be read: made_at"):
        find_prediction(log({**RECORD, "made_at": "soon"}), problem="flights", prediction_id="p1")
