"""What the watches found of outcomes, and what is expected before they come, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import texts
from cli.facts.verdicts import of_features, of_verdict
from cli.report import headline, report
from cli.why.problem import why_problem
from ghosteam.documents.drift_verdict import FeatureMeasured
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import Estimated
from tests import documents

TOLD = "20.1% was said in the mean and 30.1% came (27.3% to 32.9%); it was 20.2% and 20.0%"
MEASURED = FeatureMeasured(
    name="calibration late",
    role="calibration",
    method="calibration_gap",
    statistic=0.1,
    p=1e-7,
    effect=0.3,
    told=TOLD,
    importance=None,
    matters=True,
    drifted=True,
    undetermined=None,
)
OUTCOMES = OutcomeVerdict(
    window_start=datetime(2013, 7, 1, tzinfo=UTC),
    window_end=datetime(2013, 7, 2, tzinfo=UTC),
    model_version="1",
    drifted=True,
    sustained=True,
    rows=900,
    drifted_features=("calibration late",),
    sustained_features=("calibration late",),
    features=(MEASURED,),
)
EXPECTED = Estimated(
    metric="roc_auc", value=0.71, lower=0.68, upper=0.74, rows=1000, method="confidence"
)


def test_drift_of_outcomes_is_told_with_its_document_and_in_words() -> None:
    fact = of_verdict(OUTCOMES)
    assert fact.text.endswith("sustained, 900 outcomes, drifted: calibration late")
    assert fact.document == "verdict#outcomes#2013-07-02T00:00:00+00:00"
    [feature] = of_features(OUTCOMES)
    assert feature.text.startswith(f"calibration late: {TOLD} (calibration_gap")
    nothing = replace(OUTCOMES, drifted=False, sustained=False, drifted_features=())
    assert of_verdict(nothing).text.endswith("none, 900 outcomes, drifted: nothing")


def test_of_many_features_the_first_are_named_and_the_others_counted() -> None:
    names = tuple(f"f{n}" for n in range(2_000))
    many = replace(OUTCOMES, drifted_features=("calibration late", *names))
    assert of_verdict(many).text.endswith(", f17, f18 and 1981 more")
    told = texts(of_features(many))
    assert told[1:] == ["2000 more drifted and are looked at after these"]


def test_status_and_why_have_a_section_of_outcomes() -> None:
    found = ProblemDocuments(
        "flights", routing=documents.routing(documents.slot("1")), outcome_drift=[OUTCOMES]
    )
    section = report(found)["Outcomes"]
    assert "900 outcomes" in section[0] and TOLD in section[1]
    told = texts(why_problem(found, {})["Are outcomes as they were"])
    assert told[0].startswith("drifting since") and TOLD in told[1]
    without = replace(found, outcome_drift=())
    assert report(without)["Outcomes"] == ["not compared yet"]
    assert "not been judged" in texts(why_problem(without, {})["Are outcomes as they were"])[0]


def test_what_is_expected_is_told_until_outcomes_come_and_then_how_far_it_was_off() -> None:
    waiting = documents.performance_verdict(
        undetermined="its outcomes are mature at …", estimated=EXPECTED
    )
    assert of_verdict(waiting).text.endswith(
        "its outcomes are mature at …; roc_auc 0.7100 (0.6800 to 0.7400) is expected of 1000 "
        "predictions, unless the world has changed"
    )
    there = documents.performance_verdict(estimated=EXPECTED, estimate_error=0.01)
    assert of_verdict(there).text.endswith(
        "roc_auc 0.7000 on 700 outcomes (0.7100 was expected before they came)"
    )


def test_the_headline_is_of_the_newest_window_whose_outcomes_are_there() -> None:
    degraded = documents.performance_verdict(degraded=True)
    waiting = documents.performance_verdict(day=1, undetermined="not mature")
    found = ProblemDocuments("flights", performance=[degraded, waiting])
    assert headline(found)["performance"] == "degraded"
    assert headline(replace(found, performance=[waiting]))["performance"] == "undetermined"


def test_another_reference_than_the_training_data_is_told_and_why_it_was_not_used() -> None:
    seasonal = documents.drift_verdict(reference="seasonal")
    [fact] = of_features(seasonal)
    assert fact.text == "compared with a seasonal reference: what was served before"
    [fact] = of_features(replace(seasonal, fell_back="the log holds 0 seasonal windows"))
    assert fact.text.endswith(": the log holds 0 seasonal windows")
    assert not list(of_features(documents.drift_verdict()))
