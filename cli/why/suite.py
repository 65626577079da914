"""What is known of the job that runs a batch's suite while the suite itself has said nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.connection import ROOT
from cli.facts.fact import Fact, moment
from cli.loop import Loop
from ghosteam.data.expectations import suite_path
from ghosteam.documents.batch import BatchRecord
from ghosteam.retraining.failures import last_words

_WORKFLOW = "expectations"


def silent_suite(loop: Loop, record: BatchRecord) -> Fact | None:
    """None where the batch has no rows that a suite could look at, or its data set no suite."""
    path = suite_path(ROOT / "feature_repo" / record.problem, record.dataset)
    if record.status != "validated" or not path.is_file():
        return None
    names = ("problem", "dataset", "batch_id", "revision")
    return of_execution(
        loop.execution_for(_WORKFLOW, {name: getattr(record, name) for name in names})
    )


def of_execution(found: Mapping[str, Any] | None) -> Fact:
    """What an execution of the workflow, as Step Functions describes it, says of its job."""
    if found is None:
        return Fact(
            "nothing: none of the newest jobs looked at it. A suite looks at the batches that come "
            "once it is deployed"
        )
    arn, status = str(found["executionArn"]), found["status"]
    if status == "RUNNING":
        return Fact(f"nothing yet: its job was asked for {moment(found['startDate'])}", arn)
    if status == "SUCCEEDED":
        return Fact("its job ended well, and what it said was erased or deleted since", arn)
    cause = last_words(found.get("cause")) or "it gave no cause"
    return Fact(f"nothing: its job failed {moment(found['stopDate'])}: {cause}", arn)
