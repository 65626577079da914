"""The rollout task that takes an endpoint down."""

from types import SimpleNamespace

import boto3

from ghosteam.documents import state_keys
from tests import documents
from tests.unit.serving.builders import PREPARE, RETIRE, deployed


def test_an_endpoint_goes_with_its_configuration_and_model() -> None:
    with deployed("retire_slot", RETIRE) as (function, state, _):
        sagemaker = boto3.client("sagemaker")
        container = {"Image": PREPARE.job_image, "ModelDataUrl": "s3://artifacts/model.tar.gz"}
        for name in ("slot-1", "slot-2"):
            variant = {
                "VariantName": "main",
                "ModelName": name,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
            }
            sagemaker.create_model(
                ModelName=name,
                ExecutionRoleArn=PREPARE.endpoint_role_arn,
                PrimaryContainer=container,
            )
            sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        state.create("flights", state_keys.ROUTING, documents.routing(documents.slot("2")))
        for _ in range(2):
            assert function.handler({"endpoint_name": "slot-1"}, SimpleNamespace()) == {
                "retired": "slot-1"
            }
        # It serves, and nothing was kept in its place.
        assert function.handler({"endpoint_name": "slot-2"}, SimpleNamespace()) == {"retired": None}
        assert [
            endpoint["EndpointName"] for endpoint in sagemaker.list_endpoints()["Endpoints"]
        ] == ["slot-2"]
        assert [
            config["EndpointConfigName"]
            for config in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ] == ["slot-2"]
        assert [model["ModelName"] for model in sagemaker.list_models()["Models"]] == ["slot-2"]
