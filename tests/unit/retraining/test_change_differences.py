"""What a changed folder has otherwise, told by its place."""

from __future__ import annotations

from typing import Any

from ghosteam.problem.load import load_problem
from tests.unit.retraining.test_changes import ROOT, change_of, edited


def test_differences_are_told_by_their_place() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["features"]["join"].append("planes.engines")
        document["datasets"]["planes"]["columns"]["seats"] = {"type": "number", "nullable": True}
        document["features"]["windows"][0]["over"] = "14d"
        del document["datasets"]["flights"]["columns"]["hour"]
        document["features"]["request"].remove("hour")

    flights = load_problem(ROOT / "feature_repo" / "flights")
    assert change_of(flights, edited(flights, edit)).differences == (
        "datasets.flights.columns.hour: removed, it was type integer, min 0.0, max 24.0, example 5",
        "datasets.planes.columns.seats.type: integer is now number",
        "datasets.planes.columns.seats.min: removed, it was 1.0",
        "features.request: hour removed",
        "features.join: planes.engines added",
        "features.windows.carrier_late_7d.over: 1w is now 2w",
    )
