"""Suites of Great Expectations: nothing of them for problems without, and with one a job that may
read validated rows and write what it says, and nothing else.
"""

from __future__ import annotations

import json
import re

import pytest

from ghosteam.documents import batch_events, keys
from infra.nag import ACCEPTED, ACCEPTED_OF_SUITES
from tests import documents
from tests.infra.data_stack import data_stack
from tests.infra.templates import Synthesized, as_list, text
from tests.infra.test_nag import findings


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return data_stack(tmp_path_factory, {}, suites=True)


def _may(environment: Synthesized) -> dict[str, list[str]]:
    """What the job's role may do with what."""
    found: dict[str, list[str]] = {}
    for policy, statement in environment.grants():
        if "SuiteRole" in policy.id:
            for action in as_list(statement["Action"]):
                found.setdefault(action, []).extend(map(text, as_list(statement["Resource"])))
    return found


def test_problems_without_a_suite_deploy_nothing_for_them(local: Synthesized) -> None:
    assert not [one for one in local.resources if "Expectation" in one.id]


def test_the_job_reads_validated_rows_and_writes_its_own_reports(suites: Synthesized) -> None:
    may = _may(suites)
    below = [resource.rpartition(">/")[2] for resource in may["s3:PutObject"]]
    assert below == ["reports/*/expectations/*"]
    read = {resource.rpartition(">/")[2] for resource in may["s3:GetObject"]}
    assert {one for one in read if not one.endswith(".zip")} == {"validated/*"}
    assert not [action for action in may if action.startswith(("dynamodb", "sns", "sagemaker"))]
    wanted = keys.of_expectations("flights", "flights", "b1")
    assert re.fullmatch(below[0].replace("*", ".*"), f"{wanted}{keys.DATA_DOCS}")
    assert not re.fullmatch(below[0].replace("*", ".*"), f"{keys.drift_report('p', 'w')}/x.html")
    [published] = [
        statement["Condition"]["StringEquals"]["events:detail-type"]
        for policy, statement in suites.grants()
        if "SuiteRole" in policy.id and "events:PutEvents" in as_list(statement["Action"])
    ]
    assert as_list(published) == ["ExpectationsNotMet"]


def test_the_event_of_a_batch_holds_what_the_job_is_told(suites: Synthesized) -> None:
    machine = suites.machines()["ghosteam-dev-expectations"]
    job = machine["States"]["CheckExpectations"]["Parameters"]
    due = batch_events.expectations_due(documents.batch(revision="r1")).detail()
    asked = set(re.findall(r"\$\.(\w+)", json.dumps(job)))
    assert asked <= due.keys() and {"problem", "dataset", "batch_id", "revision"} <= asked
    rows = job["ProcessingInputs"][1]["S3Input"]["S3Uri.$"]
    assert "/validated/{}/{}/{}/{}/" in rows
    [rule] = [
        one for one in suites.of("AWS::Events::Rule")
        if one.properties["EventPattern"].get("detail-type") == ["ExpectationsDue"]
    ]  # fmt: skip
    assert rule.stack == "Data"


def test_every_finding_of_cdk_nag_is_accepted_with_a_reason(suites: Synthesized) -> None:
    found = [one for one in findings(suites) if "/Expectations/" in one[1]]
    accepted = (*ACCEPTED, *ACCEPTED_OF_SUITES)
    assert found
    assert not [one for one in found if not any(entry.accepts(*one) for entry in accepted)]
    assert all(any(entry.accepts(*one) for one in found) for entry in ACCEPTED_OF_SUITES)
