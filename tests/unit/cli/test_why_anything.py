"""Whatever documents there are, ``ghosteam why`` and ``ghosteam status`` have an answer."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer
from cli.report import headline, report
from cli.why.alarm import _BEHIND, RUNBOOK, why_alarm
from cli.why.batch import why_batch
from cli.why.measured import Evidence
from cli.why.prediction import why_prediction
from cli.why.problem import why_problem
from cli.why.run import run_ids, why_run
from ghosteam.documents.approval import Approval
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.evaluation import Evaluation
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.plan import Plan
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.documents.waiting_rollout import WaitingRollout
from tests.strategies import documents_of
from tests.unit.cli import test_why_alarm, test_why_batch, test_why_prediction
from tests.unit.cli.why_documents import EVALUATION, PLAN


def maybe(form: type[Any]) -> st.SearchStrategy[Any]:
    return st.none() | documents_of(form)


def some(form: type[Any]) -> st.SearchStrategy[Any]:
    return st.lists(documents_of(form), max_size=3)


def with_times(evaluation: Evaluation) -> Evaluation:
    """Times of candidates are texts: some, or none."""
    known = EVALUATION.candidates[0]
    candidates = [
        replace(
            one,
            train_start=one.train_start and known.train_start,
            train_end=one.train_end and known.train_end,
        )
        for one in evaluation.candidates
    ]
    return replace(evaluation, candidates=tuple(candidates))


EVIDENCE = st.builds(
    Evidence,
    st.none() | st.just(PLAN) | documents_of(Plan),
    st.none() | st.just(EVALUATION) | documents_of(Evaluation).map(with_times),
)
PROBLEMS = st.builds(
    ProblemDocuments,
    problem=st.just("flights"),
    routing=maybe(Routing),
    runs=some(Run),
    readiness=maybe(Readiness),
    approval=maybe(Approval),
    waiting_rollout=maybe(WaitingRollout),
    retraining_lease=maybe(RetrainingLease),
    rollout_lease=maybe(RolloutLease),
    waiting=some(WaitingOccasion),
    decisions=some(Decision),
    drift=some(DriftVerdict),
    performance=some(PerformanceVerdict),
    registry_notes=some(RegistryNote),
)


def is_an_answer(answer: Answer) -> bool:
    plain = {title: [asdict(fact) for fact in facts] for title, facts in answer.items()}
    json.dumps(plain, allow_nan=False)
    return all(answer.values())


@settings(deadline=None)
@given(PROBLEMS, EVIDENCE)
def test_no_combination_of_documents_is_without_an_answer(
    found: ProblemDocuments, evidence: Evidence
) -> None:
    asked = [*run_ids(found), "gone"]
    if found.champion:
        asked.append(found.champion.run_id)
    assert is_an_answer(why_problem(found, dict.fromkeys(asked, evidence)))
    assert all(is_an_answer(why_run(found, run_id, evidence)) for run_id in asked)
    assert all(report(found).values())
    assert headline(found)["problem"] == "flights"


@settings(deadline=None)
@given(PROBLEMS, st.sampled_from([*sorted(_BEHIND), "unknown"]))
def test_no_alarm_and_no_prediction_is_without_an_answer(
    found: ProblemDocuments, section: str
) -> None:
    alarm = replace(test_why_alarm.ALARM, description=f"{RUNBOOK}#{section}")
    assert is_an_answer(why_alarm(found, alarm, test_why_alarm.TEXT))
    assert is_an_answer(why_prediction(found, test_why_prediction.FOUND))


LACKING = {
    "landings": {},
    "batches": {},
    "broken_rules": None,
    "rejection": None,
    "materialized": None,
    "used_by": [],
}


@given(st.sets(st.sampled_from(sorted(LACKING))))
def test_no_file_is_without_an_answer(lacking: set[str]) -> None:
    changed = {name: LACKING[name] for name in lacking}
    for status in ("ingesting", "ingested", "validated", "rejected"):
        record = replace(test_why_batch.BATCH, status=status)
        assert is_an_answer(why_batch(replace(test_why_batch.FULL, record=record, **changed)))
