"""What events without a time can have: each fault with its field, its line and what to do."""

from __future__ import annotations

import pytest

from ghosteam.errors import InvalidInput
from ghosteam.features.views import views_version
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.hashes import contract_hash, target_hash, training_hash
from ghosteam.problem.load import parse_problem
from ghosteam.problem.share import Share

WINES = """
version: 1
problem: wines
task: binary
entities: {wine: [wine]}
event_time: none
target: {name: good, expr: grade > 5}
datasets:
  wines:
    role: events
    id: [wine]
    columns: {wine: integer, grape: string, alcohol: number, grade: "integer?"}
  grapes: {key: [grape], static: true, columns: {grape: string, acid: number}}
  prices: {key: [grape], time: at, every: 1d, columns: {grape: string, at: timestamp, eur: number}}
features: {request: [alcohol], join: [grapes.acid]}
"""


def test_a_problem_without_time_is_read_and_kept() -> None:
    found = parse_problem(WINES)
    assert not found.timed and found.holdout == Share(0.2)
    assert "wine" in found.request_columns and found.event_id == ("wine",)
    again = read(written(found))
    assert again == found and digest_of(written(again)) == digest_of(written(found))


@pytest.mark.parametrize(
    ("old", "new", "field", "told"),
    [
        ("    id: [wine]\n", "", "datasets.wines", "told apart by their id"),
        (
            "expr: grade > 5",
            "expr: grade > 5, known_at: event_time + 1h",
            "target.known_at",
            "time",
        ),
        ("expr: grade > 5", "expr: grade > 5, matures: 3d", "target.matures", "counts from"),
        ("expr: grade > 5", "expr: grade > 5, absent: false", "target.absent", "counts from"),
        ("grapes.acid]", "prices.eur]", "features.join", "looked up by an event's time"),
        (
            "grapes.acid]",
            "grapes.acid], clock: available_at",
            "features.clock",
            "told by an event's",
        ),
        (
            "grapes.acid]}",
            "grapes.acid], windows: [{name: w, by: [grape], rate: good, over: 7d}]}",
            "features.windows",
            "ends at an event's time",
        ),
        (
            "  grapes: {",
            "  told: {role: labels, of: wines, columns: {wine: integer}}\n  grapes: {",
            "datasets.told",
            "joined with their events by the events' times",
        ),
        ("features:", "holdout: 14d\nfeatures:", "holdout", "Write a share"),
        ("features:", "holdout: 0%\nfeatures:", "holdout", "more than 0%"),
        ("features:", "holdout: 60%\nfeatures:", "holdout", "at most 50%"),
        ("features:", "retrain: {min_train: 3d}\nfeatures:", "retrain.min_train", "min_rows"),
        ("event_time: none", "event_time: grape", "event_time", "not with 'grape'"),
        ("event_time: none", "event_time: noon", "event_time", "noon"),
    ],
)
def test_what_counts_from_a_time_is_refused(old: str, new: str, field: str, told: str) -> None:
    assert old in WINES
    with pytest.raises(InvalidInput) as caught:
        parse_problem(WINES.replace(old, new))
    text = str(caught.value)
    assert told in text and field.split(".")[-1] in text, text


@pytest.mark.parametrize(
    ("more", "told"),
    [("holdout: 20%", "held out by it"), ("retrain: {min_rows: 9}", "without a time")],
)
def test_what_only_events_without_a_time_have_is_refused_of_others(more: str, told: str) -> None:
    timed = WINES.replace("event_time: none", "event_time: at").replace(
        "{wine: int", "{at: timestamp, wine: int"
    )
    timed = timed.replace("expr: grade > 5", "expr: grade > 5, known_at: event_time + 1h")
    assert parse_problem(timed).timed
    with pytest.raises(InvalidInput, match="known_at is missing"):
        parse_problem(timed.replace(", known_at: event_time + 1h", ""))
    with pytest.raises(InvalidInput, match=told):
        parse_problem(f"{timed}{more}\n")


def test_only_the_event_time_may_be_none() -> None:
    with pytest.raises(InvalidInput, match="only event_time may be none"):
        parse_problem(WINES.replace("time: at, every", "time: none, every"))


def test_what_follows_from_a_definition_without_time_has_digests() -> None:
    wines = parse_problem(WINES)
    timed = parse_problem(
        WINES.replace("event_time: none", "event_time: at")
        .replace("expr: grade > 5", "expr: grade > 5, known_at: at")
        .replace("{wine: integer, grape", "{wine: integer, at: timestamp, grape")
    )
    shared = parse_problem(WINES.replace("features:", "holdout: 30%\nfeatures:"))
    for digest in (training_hash, target_hash, lambda one: contract_hash(one, "wines", "")):
        assert digest(wines) == digest(shared) != digest(timed)
    assert views_version(wines, "wines") is None
    assert views_version(wines, "grapes") == views_version(timed, "grapes")
