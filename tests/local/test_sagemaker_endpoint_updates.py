"""Updates of endpoints of the embedded account: under load, and taken back."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker_toy.account import ToyAccount, eventually, unique

pytestmark = pytest.mark.local


def test_an_update_swaps_the_model_without_a_failed_request(toy: ToyAccount) -> None:
    endpoint = toy.endpoint("1")
    new_config = toy.endpoint_config("2")
    seen: list[str] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def call_all_the_time() -> None:
        runtime = toy.client("sagemaker-runtime")
        while not stop.is_set():
            try:
                body = runtime.invoke_endpoint(EndpointName=endpoint, Body=b"row")["Body"].read()
                seen.append(json.loads(body)["version"])
            except Exception as error:
                failures.append(error)

    callers = [threading.Thread(target=call_all_the_time) for _ in range(3)]
    for each in callers:
        each.start()
    try:
        sagemaker = toy.client("sagemaker")
        sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=new_config)
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=new_config)
        assert toy.settled(endpoint)["EndpointConfigName"] == new_config
        time.sleep(0.5)
    finally:
        stop.set()
        for each in callers:
            each.join()
    assert failures == []
    assert set(seen) == {"1", "2"}
    assert seen[-1] == "2"


def test_an_update_that_never_becomes_healthy_leaves_the_old_model_in_service(
    toy: ToyAccount,
) -> None:
    endpoint = toy.endpoint("1")
    sagemaker = toy.client("sagemaker")
    before = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    broken = unique("config")
    model = toy.model("1")
    toy.client("s3").delete_object(Bucket="toy-bucket", Key=f"models/{model}.tar.gz")
    variant = {
        "VariantName": "v",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=broken, ProductionVariants=[variant])
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=broken)
    settled = toy.settled(endpoint)
    assert (settled["EndpointStatus"], settled["EndpointConfigName"]) == ("InService", before)
    assert "Failed to download model data" in settled["FailureReason"]
    answer = toy.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=b"row")
    assert answer["InvokedProductionVariant"] == "v-1"


def test_an_alarm_during_the_wait_takes_an_update_back(toy: ToyAccount) -> None:
    endpoint = toy.endpoint("1")
    before = toy.client("sagemaker").describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    alarms = toy.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName=f"{endpoint}-errors",
        Namespace="Toy",
        MetricName="Errors",
        Dimensions=[{"Name": "endpoint", "Value": endpoint}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    toy.client("sagemaker").update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=toy.endpoint_config("2"),
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                "TerminationWaitInSeconds": 60,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": f"{endpoint}-errors"}]},
        },
    )
    runtime = toy.client("sagemaker-runtime")

    def served() -> str:
        answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=b"row")
        return str(answer["InvokedProductionVariant"])

    eventually(served, lambda variant: variant == "v-2")
    errors = {
        "MetricName": "Errors",
        "Value": 1.0,
        "Dimensions": [{"Name": "endpoint", "Value": endpoint}],
    }
    alarms.put_metric_data(Namespace="Toy", MetricData=[errors])
    settled = toy.settled(endpoint)
    assert (settled["EndpointStatus"], settled["EndpointConfigName"]) == ("InService", before)
    assert f"{endpoint}-errors" in settled["FailureReason"]
    assert served() == "v-1"
