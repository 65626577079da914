"""``ghosteam why PROBLEM`` says what serves and why, each sentence from a document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.facts.documents import ProblemDocuments
from cli.why.measured import Evidence
from cli.why.problem import present_series, why_problem
from ghosteam.documents.evaluation import ChampionRecord, ComparisonRecord
from ghosteam.documents.readiness import Readiness
from tests import documents
from tests.unit.cli.why_documents import (
    CHAMPION,
    DIGEST,
    EVALUATION,
    EVIDENCE,
    FULL,
    MADE,
    PLAN,
    told,
)

ANSWER = why_problem(FULL, EVIDENCE)
SERVES, MEASURED, DRIFT, PERFORMS, OUTCOMES, LOG, RETRAINED, LAST, WAITS = ANSWER


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (SERVES, "champion: version 2 on slot-2, roc_auc 0.783, trained to 2013-07-01 00:00, "),
        (SERVES, "promoted 2013-07-01 02:00 <routing>"),
        (SERVES, "kept: version 1 on slot-1: ./ghosteam rollback flights brings it back"),
        (SERVES, "run r1 made it, started 2013-07-01 00:00 by drift: temp <run#r1>"),
        (
            SERVES,
            "lightgbm learned from events of 2013-04-01 00:00 to 2013-06-17 00:00, from the rows "
            "with the SHA-256 1f <runs/flights/r1/evaluation/evaluation.json>",
        ),
        (SERVES, "parts: 1 of flights <runs/flights/r1/plan.json>"),
        (SERVES, "fitted again with the hold-out's rows, to 2013-07-01 00:00"),
        (SERVES, f"its manifest's SHA-256 {DIGEST} <routing>"),
        (MEASURED, "lightgbm was chosen: roc_auc 0.78 on 5,000 rows of the hold-out"),
        (MEASURED, "knowing nothing (constant) reaches roc_auc 0.5"),
        (MEASURED, "against that: better by +0.085, at least +0.063 with 95% confidence"),
        (MEASURED, "version 1, the champion of then: roc_auc 0.698 on the same rows"),
        (MEASURED, "1 of 1 gates passed: promote"),
        (DRIFT, "drifting since the window of 2013-07-02 00:00 to 2013-07-03 00:00, 2 windows"),
        (
            DRIFT,
            "temp: median 27.1 (20 to 33), was 12.4 (2 to 22) (location, as easily seen as a shift "
            "of 0.9 sd, by chance in 2e-07 of windows); 31% of what the model uses <verdict#drift#",
        ),
        (DRIFT, "no evidence of drift: month: it is the month of the event's time"),
        (DRIFT, "<verdict#drift#2013-07-05T00:00:00+00:00>"),
        (PERFORMS, "as expected, roc_auc 0.7500 on 700 outcomes"),
        (PERFORMS, "version 1 on its last window: 2013-07-01 00:00 to 2013-07-02 00:00: degraded"),
        (PERFORMS, "on one hold-out version 1 had roc_auc 0.698, this one 0.78"),
        (RETRAINED, "start, run r1: drift (temp drifted): drift as of July <decision#r1>"),
        (RETRAINED, "wait: drift (temp drifted): a run is at work; it waits for run r3"),
        (RETRAINED, "the data at hand cover a run <readiness>"),
        (RETRAINED, "4,200 of 5,000 events have an outcome <outcomes#0a1b2c>"),
        (RETRAINED, "2 of 4,203 labels wait for their event, such as that of ride 7; ride 9"),
        (RETRAINED, "1 labels make no outcome with their event: a part is missing"),
        (LAST, "r3  refused, started 2013-07-05 00:00 by request"),
        (LAST, "absolute: too low <run#r3>"),
        (LAST, "1 of 3 gates passed: refuse"),
        (LAST, "gate absolute refused: measured 0.55, limit 0.62: roc_auc 0.5500 is below 0.62"),
        (LAST, "gate slices refused: measured undetermined, limit 0.05: undetermined, no slice"),
        (LAST, "a person must agree: the champion could not be compared"),
        (WAITS, "a retraining because of drift since 2013-07-01 00:00: cool-down <waiting#o9>"),
    ],
)
def test_every_fact_is_told_with_its_document(section: str, line: str) -> None:
    assert line in told(ANSWER, section)


def test_passed_gates_of_the_last_run_are_counted_and_not_listed() -> None:
    assert "gate latency" not in told(ANSWER, LAST)


def test_decisions_are_the_newest_first_and_bounded() -> None:
    many = [
        documents.decision(f"o{day}", decided_at=documents.DAY.replace(day=1 + day))
        for day in range(9)
    ]
    lines = why_problem(replace(FULL, decisions=many), EVIDENCE)[RETRAINED]
    assert [line.document for line in lines[:5]] == [f"decision#o{day}" for day in range(8, 3, -1)]


def test_a_problem_without_anything_says_so_in_every_section() -> None:
    answer = why_problem(ProblemDocuments("flights"), {})
    assert all(answer.values())
    assert told(answer, SERVES) == "champion: none: no model serves <>"
    for section in (MEASURED, DRIFT, PERFORMS):
        assert told(answer, section) == "no model serves <>"
    assert "nothing has been decided yet" in told(answer, RETRAINED)
    assert told(answer, WAITS) == "nothing <>"


@pytest.mark.parametrize(
    ("changed", "section", "line"),
    [
        ({"runs": []}, SERVES, "run r1 made it; that run has no document <routing>"),
        (
            {"runs": [replace(MADE, status="rolled_back")]},
            SERVES,
            "the run's document says rolled_back; the routing, which decides, says that its model "
            "serves <run#r1>",
        ),
        (
            {"routing": documents.routing(replace(CHAMPION, digests={}))},
            SERVES,
            "it serves, and is not comparable; retrain to replace it (docs/decisions/0080)",
        ),
        ({"drift": FULL.drift[:1]}, DRIFT, "version 2 has not been judged yet"),
        ({"drift": FULL.drift[:2]}, DRIFT, "2013-07-02 00:00: none, 500 rows, drifted: no feature"),
        ({"performance": []}, PERFORMS, "version 2 has not been judged on outcomes yet"),
        (
            {"performance": [*FULL.performance, documents.performance_verdict(2.5, "1")]},
            PERFORMS,
            "version 1 on a window that both met",
        ),
        ({"readiness": None}, RETRAINED, "whether the data cover a run was not assessed yet"),
        ({"readiness": Readiness(False, ("no labels",))}, WAITS, "data: no labels <readiness>"),
        ({"runs": []}, LAST, "there was none yet"),
    ],
)
def test_what_is_missing_or_contradicts_is_told(
    changed: dict[str, Any], section: str, line: str
) -> None:
    assert line in told(why_problem(replace(FULL, **changed), EVIDENCE), section)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"champion": None, "comparison": None}, "no champion served then"),
        (
            {
                "champion": ChampionRecord("1", None, "its package is gone"),
                "comparison": ComparisonRecord(better=False, undetermined="its package is gone"),
            },
            "version 1, the champion of then: not measured: its package is gone",
        ),
        (
            {"comparison": ComparisonRecord(better=False, undetermined="too few rows")},
            "against version 1: not comparable: too few rows",
        ),
        ({"gates": ()}, "0 of 0 gates passed"),
    ],
)
def test_what_could_not_be_measured_has_its_reason(changed: dict[str, Any], line: str) -> None:
    evidence = {"r1": Evidence(PLAN, replace(EVALUATION, **changed))}
    assert line in told(why_problem(FULL, evidence), MEASURED)


def test_a_champion_without_an_evaluation_says_so() -> None:
    answer = why_problem(FULL, {"r1": Evidence()})
    assert told(answer, MEASURED) == "run r1 has no evaluation on record <>"
    assert "fitted again with the hold-out's rows <routing>" in told(answer, SERVES)


def test_a_series_ends_at_a_good_window_and_passes_over_undetermined_ones() -> None:
    bad, good = documents.drift_verdict(drifted=True), documents.drift_verdict()
    unsure = documents.drift_verdict(undetermined="few rows")
    assert present_series([bad, good, bad, unsure, bad, unsure]) == [bad, bad]
    assert present_series([bad, good]) == []
    assert present_series([unsure]) == []
