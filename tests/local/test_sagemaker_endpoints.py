"""Endpoints of the embedded account: invoked, revived, scaled, deleted."""

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local import supervisor
from tests.local.sagemaker_toy.account import ToyAccount, eventually, policy, started, unique

pytestmark = pytest.mark.local


def test_an_invocation_carries_attributes_both_ways_and_names_its_variant(toy: ToyAccount) -> None:
    endpoint = toy.endpoint("1")
    answer = toy.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=b"1,2", ContentType="text/csv", CustomAttributes="trace=42"
    )
    assert json.loads(answer["Body"].read()) == {"rows": 3, "version": "1", "received": 3}
    assert answer["CustomAttributes"] == "version=1;trace=42"
    assert answer["InvokedProductionVariant"] == "v-1"
    assert "serving version 1" in toy.log_lines(f"/aws/sagemaker/Endpoints/{endpoint}", "v-1")


def test_a_container_that_exits_at_start_fails_the_endpoint(toy: ToyAccount) -> None:
    name = unique("endpoint")
    model = unique("model")
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/toy:local"
    sagemaker = toy.client("sagemaker")
    # Without model data the toy server ends with a traceback.
    sagemaker.create_model(
        ModelName=model, ExecutionRoleArn=toy.job_role, PrimaryContainer={"Image": image}
    )
    variant = {
        "VariantName": "v",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=model, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=model)
    settled = toy.settled(name)
    assert settled["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in settled["FailureReason"]
    with pytest.raises(ClientError, match="not found"):
        toy.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=b"row")


def test_a_containers_error_comes_back_as_model_error_with_its_status_and_text(
    toy: ToyAccount,
) -> None:
    endpoint = toy.endpoint("1")
    runtime = toy.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=b"error")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert caught.value.response["OriginalStatusCode"] == 503
    assert caught.value.response["OriginalMessage"] == "out of order"


def test_a_container_that_dies_is_started_again(toy: ToyAccount) -> None:
    endpoint = toy.endpoint("1")
    runtime = toy.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError):
        runtime.invoke_endpoint(EndpointName=endpoint, Body=b"exit")

    def answers() -> bool:
        try:
            return bool(runtime.invoke_endpoint(EndpointName=endpoint, Body=b"row"))
        except runtime.exceptions.ModelError:
            return False

    assert eventually(answers, bool)


def test_weights_share_the_traffic_and_a_target_variant_overrides_them(toy: ToyAccount) -> None:
    endpoint = toy.endpoint("1", "2")
    toy.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "v-1", "DesiredWeight": 0.0},
            {"VariantName": "v-2", "DesiredWeight": 1.0},
        ],
    )
    runtime = toy.client("sagemaker-runtime")
    invoke = partial(runtime.invoke_endpoint, EndpointName=endpoint, Body=b"row")
    assert {invoke()["InvokedProductionVariant"] for _ in range(10)} == {"v-2"}
    assert invoke(TargetVariant="v-1")["InvokedProductionVariant"] == "v-1"
    with pytest.raises(ClientError, match="Variant v-3"):
        invoke(TargetVariant="v-3")


def test_a_body_over_the_documented_limit_is_refused(toy: ToyAccount) -> None:
    with pytest.raises(ClientError, match="length less than or equal to 6291456"):
        toy.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=toy.endpoint("1"), Body=bytes(6 * 2**20 + 1)
        )


def test_invocations_become_metrics_with_endpoint_and_variant(toy: ToyAccount) -> None:
    endpoint = toy.endpoint("1")
    runtime = toy.client("sagemaker-runtime")
    for _ in range(3):
        runtime.invoke_endpoint(EndpointName=endpoint, Body=b"row")
    now = datetime.now(UTC)
    names = {"EndpointName": endpoint, "VariantName": "v-1"}
    for metric, at_least in (("Invocations", 3), ("ModelLatency", 1)):
        points = toy.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in names.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=600,
            Statistics=["Sum"],
        )["Datapoints"]
        assert sum(point["Sum"] for point in points) >= at_least


def test_invoking_needs_the_permission_on_that_endpoint(toy: ToyAccount) -> None:
    allowed, other = toy.endpoint("1"), toy.endpoint("1")
    iam = toy.client("iam")
    user = unique("user")
    iam.create_user(UserName=user)
    arn = toy.client("sagemaker").describe_endpoint(EndpointName=allowed)["EndpointArn"]
    statement = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": arn}
    iam.put_user_policy(UserName=user, PolicyName="invoke", PolicyDocument=policy(statement))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    runtime = toy.client(
        "sagemaker-runtime",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert runtime.invoke_endpoint(EndpointName=allowed, Body=b"row")["Body"].read()
    with pytest.raises(ClientError, match="sagemaker:InvokeEndpoint"):
        runtime.invoke_endpoint(EndpointName=other, Body=b"row")


def test_a_deleted_endpoint_is_gone_and_its_state_changes_were_events(toy: ToyAccount) -> None:
    queue = toy.client("sqs").create_queue(QueueName=unique("events"))["QueueUrl"]
    queue_arn = f"arn:aws:sqs:us-east-1:000000000000:{queue.rpartition('/')[2]}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    toy.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(statement)})
    events = toy.client("events")
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint State Change"]}
    events.put_rule(Name="endpoints", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="endpoints", Targets=[{"Id": "queue", "Arn": queue_arn}])
    endpoint = toy.endpoint("1")
    sagemaker = toy.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=endpoint)
    listed = lambda: sagemaker.list_endpoints(NameContains=endpoint)["Endpoints"]  # noqa: E731
    eventually(listed, lambda found: found == [])
    statuses: set[str] = set()

    def received() -> set[str]:
        batch = toy.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        for message in batch.get("Messages", []):
            detail = json.loads(message["Body"])["detail"]
            if detail["EndpointName"] == endpoint:
                statuses.add(detail["EndpointStatus"])
        return statuses

    eventually(received, lambda found: found == {"CREATING", "IN_SERVICE", "DELETING"})


def test_a_scalable_target_needs_a_variant_in_service_and_goes_with_its_policies(
    toy: ToyAccount,
) -> None:
    scaling = toy.client("application-autoscaling")
    endpoint = toy.endpoint("1")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/v-1",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    with pytest.raises(ClientError, match="not found"):
        scaling.register_scalable_target(
            **target | {"ResourceId": "endpoint/none/variant/v"}, MinCapacity=1, MaxCapacity=2
        )
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    tracking = {
        "TargetValue": 100.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    }
    scaling.put_scaling_policy(
        **target,
        PolicyName="invocations",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    [described] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (described["MinCapacity"], described["MaxCapacity"]) == (1, 3)
    [kept] = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert kept["PolicyName"] == "invocations"
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**target)


def test_containers_die_with_the_account_even_when_it_is_killed(tmp_path: Path) -> None:
    with started(tmp_path) as own:
        own.endpoint("1")
        serving = [
            int(each.name)
            for each in Path("/proc").iterdir()
            if each.name.isdigit() and _serves(int(each.name), tmp_path)
        ]
        assert len(serving) == 1
        account = supervisor.describe(tmp_path)
        assert account is not None
        os.kill(account.processes["account"].pid, signal.SIGKILL)
        eventually(lambda: _serves(serving[0], tmp_path), lambda alive: not alive, seconds=10)


def _serves(pid: int, directory: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b"serve" in words and str(directory) in str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return False
