"""``ghosteam why PROBLEM run ID`` follows a run from its occasion to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.facts.documents import ProblemDocuments
from cli.why.measured import Evidence
from cli.why.problem import why_problem
from cli.why.run import run_ids, why_run
from ghosteam.documents import keys
from ghosteam.documents.approval import Approval
from ghosteam.documents.waiting_rollout import WaitingRollout
from ghosteam.problem.definition import digest_of
from tests import documents
from tests.documents import DAY
from tests.unit.cli.why_documents import EVALUATION, EVIDENCE, FULL, MADE, PLAN, told

ANSWER = why_run(FULL, "r1", EVIDENCE["r1"])
STARTED, LEARNED, MEASURED, GATES, ENDED = ANSWER


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (STARTED, "2013-07-01 00:00 start, run r1: drift (temp drifted): drift as of July"),
        (STARTED, "drift: temp, as of 2013-07-01 00:00 <run#r1>"),
        (LEARNED, "judge on 2013-06-17 00:00 to 2013-07-01 00:00"),
        (LEARNED, "version 1 served when it began <runs/flights/r1/plan.json>"),
        (MEASURED, "lightgbm was chosen: roc_auc 0.78"),
        (MEASURED, "linear: roc_auc 0.7 on the hold-out, undetermined in validation"),
        (MEASURED, "xgboost left no candidate: it ran out of memory"),
        (GATES, "gate absolute passed: measured 0.78, limit 0.62"),
        (ENDED, "r1  promoted, version 2"),
        (ENDED, "lost xgboost: it ran out of memory"),
        (ENDED, "note tracking was out"),
        (ENDED, "it finished 2013-07-01 01:00 <run#r1>"),
        (ENDED, "its rollout ended 2013-07-01 02:00"),
        (ENDED, "its model serves <routing>"),
    ],
)
def test_each_stage_is_told_with_its_document(section: str, line: str) -> None:
    assert line in told(ANSWER, section)


def test_a_refusal_lists_every_gate() -> None:
    gates = told(why_run(FULL, "r3", EVIDENCE["r3"]), GATES)
    assert "gate absolute refused: measured 0.55, limit 0.62" in gates
    assert "gate latency passed: measured 3, limit 50: fast enough" in gates


def test_a_run_is_told_by_which_code_it_learned() -> None:
    definition = {"problem": "flights", "event_time": "time_hour"}
    digest = digest_of(definition)
    part = keys.validated_part("flights", "flights", "b1", 0, "second")
    plan = replace(PLAN, definition=definition, parts={"flights": (part,), "weather": ()})
    batches = [
        documents.batch("b1", parts=1, judged_as="c0de", revision="second"),
        documents.batch("b2", parts=1, judged_as="0ther", revision="second"),
    ]
    evidence = Evidence(plan, EVALUATION)
    found = replace(FULL, batches=batches)
    learned = told(why_run(found, "r1", evidence), LEARNED)
    assert (
        f"the definition with the SHA-256 {digest} has it <definitions/flights/{digest}.json>"
    ) in learned
    assert (
        "rows of flights were let in by the contract c0de, its code included <batch#flights#b1>"
    ) in learned
    assert "0ther" not in learned
    assert f"SHA-256 {digest}" in told(why_problem(found, {"r1": evidence}), "What serves")
    anew = [documents.batch("b1", parts=1, judged_as="n3w", revision="third")]
    assert "n3w" not in told(why_run(replace(found, batches=anew), "r1", evidence), LEARNED)
    assert "definition with" not in told(why_run(FULL, "r1", EVIDENCE["r1"]), LEARNED)


def test_a_run_whose_model_was_rolled_back_says_why() -> None:
    reason = "12 of 40 calls failed, and 1 in 100 of the champion's"
    run = documents.run(
        "r4",
        status="rolled_back",
        version="3",
        reasons=(reason,),
        finished_at=DAY,
        rolled_out_at=DAY,
        retire="slot-3",
    )
    ended = told(why_run(replace(FULL, runs=[MADE, run]), "r4", Evidence()), ENDED)
    assert "r4  rolled_back, version 3, started 2013-07-01 00:00 by drift <run#r4>" in ended
    assert f"· {reason} <run#r4>" in ended
    assert "its rollout ended 2013-07-01 00:00 <run#r4>" in ended
    assert "serves" not in ended
    problem = why_problem(replace(FULL, runs=[MADE, run]), {})
    assert reason in told(problem, "What became of the last run")


def test_a_run_that_has_only_been_decided_on_is_about_to_begin() -> None:
    found = ProblemDocuments("flights", decisions=[documents.decision("r1", run_id="r1")])
    answer = why_run(found, "r1", Evidence())
    assert "start, run r1" in told(answer, STARTED)
    assert told(answer, LEARNED) == "it left no plan <>"
    assert told(answer, GATES) == told(answer, MEASURED) == "it left no evaluation <>"
    assert "the run has no document" in told(answer, ENDED)


def test_a_run_whose_document_is_gone_is_told_from_what_it_left() -> None:
    answer = why_run(ProblemDocuments("flights"), "r1", Evidence(PLAN, EVALUATION))
    assert told(answer, STARTED) == "no decision on it is on record <>"
    assert "lightgbm was chosen" in told(answer, MEASURED)


def test_other_attempts_on_the_occasion_are_named() -> None:
    second = documents.run("r1-2", occasion_id="r1", status="failed")
    answer = why_run(replace(FULL, runs=[MADE, second]), "r1-2", Evidence())
    assert "another attempt on this occasion: run r1, promoted <run#r1>" in told(answer, STARTED)
    assert "start, run r1" in told(answer, STARTED)


def test_a_replaced_model_serves_no_more() -> None:
    answer = why_run(replace(FULL, routing=None), "r1", EVIDENCE["r1"])
    assert "its model serves no more" in told(answer, ENDED)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"approval": Approval(version="2", run_id="r1", token="SECRET", asked_at=DAY)},
            "version 2 waits for a person",
        ),
        (
            {"waiting_rollout": WaitingRollout(run_id="r1", version="2", since=DAY)},
            "waits for that",
        ),
        ({"rollout_lease": documents.rollout_lease("2", run_id="r1")}, "is being rolled out"),
        ({"runs": [documents.run("r1")], "steps": {"r1": "Train"}}, "it is at work: Train"),
        ({"runs": [documents.run("r1")]}, "it is at work: no execution of it is at work"),
        ({"runs": [documents.run("r1", occasion_id="o9")]}, "because of drift since"),
    ],
)
def test_what_waits_for_the_run_is_told(changed: dict[str, Any], line: str) -> None:
    text = told(why_run(replace(FULL, **changed), "r1", Evidence()), ENDED)
    assert line in text
    assert "SECRET" not in text


def test_what_waits_for_another_run_is_not_told() -> None:
    found = replace(FULL, waiting_rollout=WaitingRollout(run_id="r5", version="5", since=DAY))
    assert "version 5" not in told(why_run(found, "r1", Evidence()), ENDED)


def test_every_run_that_a_document_tells_of_is_known() -> None:
    decided = [documents.decision("x", run_id="r9", decided_at=DAY), *FULL.decisions]
    assert run_ids(replace(FULL, decisions=decided)) == ["r1", "r3", "r9"]
