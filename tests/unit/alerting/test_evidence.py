"""An alarm on drift or performance says what the documents know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ghosteam.alerting.evidence import with_decision, with_drift, with_performance
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict, FeatureMeasured
from ghosteam.documents.outcome_verdict import LargerErrors, OutcomeVerdict
from ghosteam.documents.performance_verdict import Drop, Earned, PerformanceVerdict
from tests.alerts import AT, alert

DAY = timedelta(days=1)


def measured(name: str, **changed: object) -> FeatureMeasured:
    fields: dict[str, object] = {
        "name": name,
        "role": "feature",
        "method": "ks",
        "statistic": 0.4,
        "p": 0.001,
        "effect": 1.0,
        "told": "mean 12.5, was 4.0",
        "importance": 0.25,
        "matters": True,
        "drifted": True,
        "undetermined": None,
        **changed,
    }
    return FeatureMeasured(**fields)  # type: ignore[arg-type]


def drift(days_ago: int, **changed: object) -> DriftVerdict:
    end = AT - days_ago * DAY
    return replace(
        DriftVerdict(window_start=end - DAY, window_end=end, model_version="3"),
        **{"rows": 1200, "features": (measured("temp"),), **changed},  # type: ignore[arg-type]
    )


DRIFTED = {
    "drifted": True,
    "sustained": True,
    "drifted_features": ("temp",),
    "sustained_features": ("temp",),
}


def test_drift_is_told_with_what_how_much_and_since_when() -> None:
    history = [drift(3), drift(2, drifted=True), drift(1, drifted=True), drift(0, **DRIFTED)]
    told = with_drift(alert(what="raw"), history)
    assert told.what == "what the model uses has drifted: temp"
    assert told.since == AT - 3 * DAY, "the begin of the first window of the row"
    assert told.details == (
        "2024-05-19 12:00 to 2024-05-20 12:00 UTC, 1,200 rows, against what version 3 learned "
        "from:",
        "temp: mean 12.5, was 4.0; 25% of what the model uses",
    )


SINCE = AT - timedelta(hours=7)
ERRORS = OutcomeVerdict(
    window_start=AT - DAY,
    window_end=AT,
    model_version="3",
    drifted=True,
    features=(
        measured("calibration late"),
        measured("loss of late", role="errors", told="since 5:00 0.3, 0.2 on the hold-out"),
    ),
    larger_errors=LargerErrors(since=SINCE, rows=300, mean=0.3, summed=9.0),
)
CALM = replace(ERRORS, features=tuple(replace(one, drifted=False) for one in ERRORS.features))


def test_errors_say_since_which_row_outcomes_are_otherwise() -> None:
    assert with_drift(alert(), [ERRORS]).since == SINCE
    told = with_drift(alert(), [CALM])
    assert told.since == AT - DAY, "the window's begin, where errors do not say it"


def test_errors_say_since_which_row_predictions_are_worse() -> None:
    verdict = PerformanceVerdict(
        window_start=AT - DAY,
        window_end=AT,
        model_version="3",
        degraded=True,
        metric="roc_auc",
        value=0.61,
        limit=0.66,
    )
    told = with_performance(alert(), [verdict], [ERRORS])
    assert told.since == SINCE
    assert told.details[1].startswith("loss of late: since 5:00 0.3, 0.2 on the hold-out")
    for other in (CALM, replace(ERRORS, window_end=AT - DAY)):
        told = with_performance(alert(), [verdict], [other])
        assert told.since == AT - DAY and len(told.details) == 1


def test_outcomes_that_drifted_are_told_as_such() -> None:
    verdict = OutcomeVerdict(
        window_start=AT - DAY,
        window_end=AT,
        model_version="3",
        rows=900,
        drifted=True,
        sustained=True,
        drifted_features=("outcome late",),
        sustained_features=("outcome late",),
        features=(measured("outcome late", told="30.1% came, were 20.0%", importance=None),),
    )
    told = with_drift(alert(what="raw"), [verdict])
    assert told.what == "outcomes have drifted: outcome late"
    assert told.details == (
        "2024-05-19 12:00 to 2024-05-20 12:00 UTC, 900 outcomes, against what version 3 was judged "
        "on:",
        "outcome late: 30.1% came, were 20.0%",
    )


def test_another_model_begins_anew() -> None:
    history = [drift(1, drifted=True, model_version="2"), drift(0, **DRIFTED)]
    assert with_drift(alert(), history).since == AT - DAY


def test_many_features_are_counted() -> None:
    many = tuple(measured(f"f{n}", importance=None, told=None) for n in range(9))
    names = tuple(one.name for one in many)
    more = (*names, *(f"f{n}" for n in range(9, 2_000)))
    changed = {**DRIFTED, "drifted_features": more, "sustained_features": names, "features": many}
    told = with_drift(alert(), [drift(0, **changed)])
    assert told.what.endswith("f0, f1, f2, f3, f4")
    assert told.details[1:] == (*(f"f{n}: differs" for n in range(5)), "and 1995 more")


def test_without_a_verdict_nothing_is_made_up() -> None:
    unknown = drift(0, undetermined="too few rows")
    assert with_drift(alert(), [unknown]) == with_drift(alert(), []) == alert()
    assert with_performance(alert(), []) == alert()


def test_the_end_of_drift_says_so() -> None:
    told = with_drift(alert(state="cleared"), [drift(0)])
    assert "like the reference again" in told.details[0] and told.what == alert().what


def test_performance_is_told_with_its_limit_and_its_outcomes() -> None:
    def verdict(days_ago: int, degraded: bool) -> PerformanceVerdict:
        end = AT - days_ago * DAY
        return PerformanceVerdict(
            window_start=end - DAY,
            window_end=end,
            model_version="3",
            degraded=degraded,
            metric="roc_auc",
            value=0.61,
            lower=0.58,
            upper=0.64,
            limit=0.66,
            labels=812,
            predictions=900,
        )

    told = with_performance(alert(), [verdict(2, False), verdict(1, True), verdict(0, True)])
    assert told.what == "predictions are worse than they may be: roc_auc"
    assert told.since == AT - 2 * DAY
    assert told.details == (
        "2024-05-19 12:00 to 2024-05-20 12:00 UTC: roc_auc of version 3 is 0.61 (between 0.58 and "
        "0.64), its limit is 0.66, by 812 outcomes of 900 predictions.",
    )
    earned = Earned(got=1.25, promised=2, lost_a_day=675, lower=402.1, upper=948)
    costly = replace(verdict(0, True), earned=earned)
    assert with_performance(alert(), [costly]).details[1:] == (
        "Decisions brought 1.25 a prediction in the mean, where 2 was promised: 675 a day less "
        "(402 to 948), in the unit of decide.values.",
    )
    by_value = replace(earned, promised_by="holdout", limit=400.0)
    told_of = with_performance(alert(), [replace(costly, earned=by_value)])
    assert told_of.what == "predictions bring less than they may"
    assert told_of.details[1:] == (
        "Predictions brought 1.25 a prediction in the mean, where it was 2 on the hold-out: 675 a "
        "day less (402 to 948), in the unit of decide.value; 400 is allowed.",
    )
    unskilled = replace(verdict(0, True), skill=0.01, skill_upper=0.02, skill_limit=0.035)
    assert with_performance(alert(), [unskilled]).details[1:] == (
        "It is better than knowing only how often each outcome comes by 1.0% of what there is to "
        "know (at most 2.0%); its limit is 3.5%.",
    )
    drop = Drop(
        metric="roc_auc",
        part="origin=LGA",
        value=0.55,
        holdout=0.7,
        least=0.08,
        limit=0.05,
        labels=812,
    )
    small = replace(drop, part="origin=JFK", least=0.01)
    dropped = replace(verdict(0, True), drops=(*[drop] * 4, small))
    told_of = with_performance(alert(), [dropped]).details[1:]
    assert told_of[0] == (
        "roc_auc where origin=LGA is 0.55 on 812 outcomes, 0.7 on the hold-out: worse by 0.08 at "
        "least, and 0.05 is allowed."
    )
    assert told_of[3:] == ("And 1 more are past their limits.",)
    unsure = replace(costly, earned=replace(earned, lower=-3.0))
    assert with_performance(alert(), [unsure]).details == told.details


def decision(what: str, minutes: int, trigger: str = "drift") -> Decision:
    return Decision(
        decision=what,  # type: ignore[arg-type]
        reason="temp drifted",
        trigger=trigger,
        detail="",
        request="",
        occasion_id="o",
        run_id="r2" if what == "start" else None,
        attempt=1,
        for_run=None,
        retry_after=None,
        as_of=AT,
        decided_at=AT + timedelta(minutes=minutes),
    )


def test_what_the_system_did_is_what_was_decided() -> None:
    raised = alert(did="")
    assert "Nothing was decided yet" in with_decision(raised, [], "drift").did
    old, other = decision("start", -600), decision("start", 0, "performance")
    assert "Nothing was decided yet" in with_decision(raised, [old, other], "drift").did
    started = with_decision(raised, [decision("skip", -9), decision("start", 1)], "drift")
    by_value = with_decision(raised, [decision("start", 0, "value")], "performance", "value")
    assert by_value.did == started.did
    assert started.did == "The retraining run r2 was started: temp drifted."
    assert with_decision(raised, [decision("skip", 0)], "drift").did == (
        "No retraining was started: temp drifted."
    )
    over = alert(state="cleared")
    assert with_decision(over, [decision("start", 0)], "drift") == over
