"""Outcomes that come by themselves: under an event's name, under a prediction's id, before the
event, and taken back.

Seattle, with the kinds of its days in a data set of their own.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.slot import Slot
from ghosteam.features.outcome_tally import NONE
from ghosteam.problem.load import load_problem
from ghosteam.steps.data_at_hand import outcomes_of
from tests.flow.checkout import copy_checkout, deploy_from
from tests.flow.conftest import CASES
from tests.flow.world import World
from tests.seattle import BY_ITSELF, OWN

pytestmark = [pytest.mark.flow, pytest.mark.long]
SEATTLE = CASES["seattle"]
WINDOW = SEATTLE.later[1], SEATTLE.later[1] + timedelta(days=60)


def _post(world: World, labels: list[dict[str, Any]]) -> None:
    answer = world.api.request("POST", "/v1/seattle/labels", json={"labels": labels})
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == len(labels)


def test_labels_wait_for_their_events_judge_predictions_and_are_taken_back(
    world: World, champions: dict[str, Slot], tmp_path: Path
) -> None:
    refused = world.api.request("POST", "/v1/seattle/labels", json={"labels": [{"day": 1}]})
    assert refused.status_code == 404 and "/v1/seattle/events" in refused.json()["remedy"]
    checkout = copy_checkout(tmp_path)
    file = checkout / "feature_repo" / "seattle" / "problem.yaml"
    text = file.read_text()
    assert OWN in text
    file.write_text(text.replace(OWN, BY_ITSELF))
    deploy_from(checkout, world.state_dir)
    problem = load_problem(file.parent)

    def met() -> OutcomeCounts:
        """How far labels and events have met."""
        return outcomes_of(problem, world.state) or NONE

    begin, end = WINDOW
    table = SEATTLE.table
    rows = table.requests(world.problems["seattle"], begin, end)
    answer = world.api.request("POST", "/v1/seattle/predict", json={"instances": rows})
    assert answer.status_code == 200, answer.text
    ids = [prediction["prediction_id"] for prediction in answer.json()["predictions"]]
    asked = {"problem": "seattle", "as_of": end.isoformat()}
    world.eventually(
        "log of the predictions",
        lambda: (world.invoke("check_drift", asked)["rows"] or 0) >= len(rows),
    )
    known = dict(table.frame.select("day", "tomorrow").rows())
    told = [{"day": row["day"], "tomorrow": known[row["day"]]} for row in rows]
    half = len(told) // 2
    _post(
        world,
        [
            {"prediction_id": id, "tomorrow": label["tomorrow"]}
            for id, label in zip(ids[:half], told[:half], strict=True)
        ],
    )
    _post(world, told[half:])
    world.eventually(
        "labels that wait",
        lambda: met().waiting == len(rows),
        logs_of=("accept_labels", "ingest_file", "validate_batch", "materialize_features"),
    )
    before = met()

    ahead = table.csv(begin, end + timedelta(days=20))
    dropped = world.drop("days", "ahead.csv", ahead, problem="seattle")
    assert world.settled(dropped).status == "validated"
    verdict = world.eventually(
        "verdict on the window",
        lambda: next(
            (
                found.data
                for found in world.state.list("seattle", state_keys.PERFORMANCE_VERDICTS)
                if found.data.window_end == end and found.data.labels == len(rows)
            ),
            None,
        ),
        logs_of=("materialize_features", "check_performance"),
    )
    assert verdict.undetermined is None and verdict.predictions == len(rows)
    world.eventually(
        "labels with their events",
        lambda: (met().waiting, met().labelled) == (0, before.labelled + len(rows)),
        logs_of=("materialize_features",),
    )

    faulty = world.api.request(
        "POST",
        "/v1/seattle/labels",
        json={"labels": [told[0], {"day": "x", "tomorrow": "sun"}, {}]},
    )
    assert faulty.status_code == 400
    assert [fault["where"]["row"] for fault in faulty.json()["faults"]] == [1, 2]
    _post(world, [{"day": told[0]["day"], "tomorrow": None}])
    world.eventually(
        "a label that is taken back",
        lambda: met().labelled == before.labelled + len(rows) - 1,
        logs_of=("materialize_features",),
    )
    world.rest()
