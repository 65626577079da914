"""State machines that start SageMaker jobs and make endpoints."""

import json
from typing import Any

import pytest

from tests.local.sagemaker_toy.account import IMAGE, ToyAccount, eventually, policy, unique

pytestmark = pytest.mark.local

SYNC_TRAINING = "arn:aws:states:::sagemaker:createTrainingJob.sync"
SYNC_PROCESSING = "arn:aws:states:::sagemaker:createProcessingJob.sync"


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, **more}


def sdk(operation: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return task(f"arn:aws:states:::aws-sdk:sagemaker:{operation}", parameters, **more)


def test_a_workflow_processes_trains_and_puts_the_model_behind_an_endpoint(toy: ToyAccount) -> None:
    train, model, config, endpoint = (
        unique(kind) for kind in ("train", "model", "config", "endpoint")
    )
    container = {"Image": IMAGE, "ModelDataUrl.$": "$.trained.ModelArtifacts.S3ModelArtifacts"}
    variant = {
        "VariantName": "all",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    execution = toy.start(
        {
            "Process": task(SYNC_PROCESSING, toy.processing(unique("process")), ResultPath=None),
            "Train": task(SYNC_TRAINING, toy.training(train, version="9"), ResultPath="$.trained"),
            "Model": sdk(
                "createModel",
                {
                    "ModelName": model,
                    "ExecutionRoleArn": toy.job_role,
                    "PrimaryContainer": container,
                },
                ResultPath=None,
            ),
            "Config": sdk(
                "createEndpointConfig",
                {"EndpointConfigName": config, "ProductionVariants": [variant]},
                ResultPath=None,
            ),
            "Endpoint": sdk(
                "createEndpoint",
                {"EndpointName": endpoint, "EndpointConfigName": config},
                ResultPath="$.created",
            ),
            "Describe": sdk(
                "describeEndpoint", {"EndpointName": endpoint}, ResultPath="$.described"
            ),
        }
    )
    finished = toy.finished(execution)
    assert finished["status"] == "SUCCEEDED", finished
    output = json.loads(finished["output"])
    assert output["trained"]["TrainingJobStatus"] == "Completed"
    assert isinstance(output["trained"]["CreationTime"], int)
    assert output["created"]["EndpointArn"].endswith(f"endpoint/{endpoint}")
    assert output["described"]["EndpointStatus"] == "Creating"
    assert toy.settled(endpoint)["EndpointStatus"] == "InService"
    answer = toy.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=b"row")
    assert json.loads(answer["Body"].read()) == {"rows": 3, "version": "9", "received": 3}


def test_a_failed_job_fails_its_task_with_the_jobs_description_as_cause(toy: ToyAccount) -> None:
    finished = toy.finished(
        toy.start({"Train": task(SYNC_TRAINING, toy.training(unique("train"), fail="no rows"))})
    )
    assert (finished["status"], finished["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(finished["cause"])["FailureReason"] == "AlgorithmError: no rows, exit code: 3"


def test_a_refused_call_is_caught_by_the_error_names_of_each_integration(toy: ToyAccount) -> None:
    bad = {"EndpointName": "nowhere", "EndpointConfigName": "nothing"}
    optimized = toy.finished(
        toy.start({"Create": task("arn:aws:states:::sagemaker:createEndpoint", bad)})
    )
    assert optimized["error"] == "SageMaker.AmazonSageMakerException"
    assert "Could not find endpoint configuration" in optimized["cause"]
    through_sdk = toy.finished(toy.start({"Create": sdk("createEndpoint", bad)}))
    assert through_sdk["error"] == "SageMaker.SageMakerException"
    name = unique("train")
    toy.client("sagemaker").create_training_job(**toy.training(name))
    taken = toy.finished(toy.start({"Train": task(SYNC_TRAINING, toy.training(name))}))
    assert taken["error"] == "SageMaker.ResourceInUseException"


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::sagemaker:createEndpoint.sync",
        "arn:aws:states:::sagemaker:updateEndpoint.sync",
        "arn:aws:states:::sagemaker:createTrainingJob.waitForTaskToken",
        "arn:aws:states:::aws-sdk:sagemaker:createTrainingJob.sync",
    ],
)
def test_a_state_machine_with_a_pattern_that_aws_does_not_offer_is_refused(
    toy: ToyAccount, resource: str
) -> None:
    flows = toy.client("stepfunctions")
    with pytest.raises(
        flows.exceptions.InvalidDefinition,
        match=r"SCHEMA_VALIDATION_FAILED.*at /States/Task/Resource",
    ):
        toy.start({"Task": task(resource, {"EndpointName": "e"})})


@pytest.mark.parametrize(
    ("missing", "actions"),
    [
        ("events:PutTargets", ["sagemaker:*", "iam:PassRole"]),
        (
            "sagemaker:StopTrainingJob",
            ["sagemaker:Create*", "sagemaker:Describe*", "iam:PassRole", "events:*"],
        ),
        ("iam:PassRole", ["sagemaker:*", "events:*"]),
        (
            "sagemaker:CreateTrainingJob",
            ["sagemaker:Describe*", "sagemaker:Stop*", "iam:PassRole", "events:*"],
        ),
    ],
)
def test_a_sync_task_needs_every_permission_that_aws_asks_for(
    toy: ToyAccount, missing: str, actions: list[str]
) -> None:
    role = toy.role(unique("flow"), "states.amazonaws.com", actions)
    finished = toy.finished(
        toy.start({"Train": task(SYNC_TRAINING, toy.training(unique("train")))}, role=role)
    )
    assert finished["error"] == "SageMaker.AmazonSageMakerException"
    assert f"not authorized to perform: {missing}" in finished["cause"]


def test_an_sdk_task_runs_under_the_state_machines_role(toy: ToyAccount) -> None:
    role = toy.role(unique("flow"), "states.amazonaws.com", ["sagemaker:CreateModel"])
    request = {
        "ModelName": unique("model"),
        "ExecutionRoleArn": toy.job_role,
        "PrimaryContainer": {"Image": IMAGE},
    }
    finished = toy.finished(toy.start({"Model": sdk("createModel", request)}, role=role))
    assert finished["error"] == "SageMaker.SageMakerException"
    assert "iam:PassRole" in finished["cause"]


def test_pass_role_may_be_limited_to_sagemaker(toy: ToyAccount) -> None:
    role = toy.role(unique("flow"), "states.amazonaws.com", ["sagemaker:*", "events:*"])
    only_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    allow = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": toy.job_role,
        "Condition": only_sagemaker,
    }
    role_name = role.rpartition("/")[2]
    toy.client("iam").put_role_policy(
        RoleName=role_name, PolicyName="pass", PolicyDocument=policy(allow)
    )
    finished = toy.finished(
        toy.start({"Train": task(SYNC_TRAINING, toy.training(unique("train")))}, role=role)
    )
    assert finished["status"] == "SUCCEEDED", finished


def test_aborting_the_execution_stops_the_job(toy: ToyAccount) -> None:
    name = unique("train")
    execution = toy.start({"Train": task(SYNC_TRAINING, toy.training(name, sleep="60"))})
    sagemaker = toy.client("sagemaker")
    running = {"NameContains": name, "StatusEquals": "InProgress"}
    eventually(lambda: sagemaker.list_training_jobs(**running)["TrainingJobSummaries"], bool)
    toy.client("stepfunctions").stop_execution(executionArn=execution)
    assert toy.ended(name)["TrainingJobStatus"] == "Stopped"


def test_a_task_that_times_out_stops_its_job_and_may_be_retried(toy: ToyAccount) -> None:
    first, second = unique("train"), unique("train")
    parameters = toy.training(first, sleep="60")
    del parameters["TrainingJobName"]
    del parameters["HyperParameters"]
    parameters["TrainingJobName.$"] = (
        f"States.ArrayGetItem(States.Array('{first}', '{second}'), $$.State.RetryCount)"
    )
    parameters["HyperParameters"] = {
        "sleep.$": "States.ArrayGetItem(States.Array('60', '0'), $$.State.RetryCount)"
    }
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution = toy.start({"Train": task(SYNC_TRAINING, parameters, TimeoutSeconds=4, Retry=retry)})
    finished = toy.finished(execution)
    assert finished["status"] == "SUCCEEDED", finished
    assert toy.ended(first)["TrainingJobStatus"] == "Stopped"
    assert toy.ended(second)["TrainingJobStatus"] == "Completed"
