"""An account with the toy image, and the requests that the tests share."""

import io
import itertools
import json
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3

from local import supervisor

BUCKET = "toy-bucket"
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
IMAGE = f"{REGISTRY}/toy:local"
COMMAND = [sys.executable, str(Path(__file__).with_name("image.py"))]
_numbers = itertools.count(1)
T = TypeVar("T")


class ToyAccount:
    """Clients of a started account, one bucket with `in/a.csv` of three rows, and roles."""

    def __init__(self, account: supervisor.Account) -> None:
        self.account = account
        self.client("s3").create_bucket(Bucket=BUCKET)
        self.client("s3").put_object(Bucket=BUCKET, Key="in/a.csv", Body=b"x\ny\nz\n")
        self.job_role = self.role(unique("jobs"), "sagemaker.amazonaws.com", ["s3:*"])
        self.flow_role = self.role(
            unique("flows"), "states.amazonaws.com", ["sagemaker:*", "iam:PassRole", "events:*"]
        )

    def client(self, service: str, **credentials: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} | credentials
        return boto3.client(
            service, endpoint_url=self.account.endpoint, region_name=self.account.region, **keys
        )  # type: ignore[call-overload]

    def role(self, name: str, service: str, actions: list[str], resource: str = "*") -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        allow = {"Effect": "Allow", "Action": actions, "Resource": resource}
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"][
            "Arn"
        ]
        iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=policy(allow))
        return arn

    def training(self, name: str, **hyperparameters: str) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": r"loss=(\S+)"}],
            },
            "RoleArn": self.job_role,
            "HyperParameters": hyperparameters,
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"https://s3.us-east-1.amazonaws.com/{BUCKET}/in",
                        }
                    },
                }
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }

    def processing(self, name: str) -> dict[str, Any]:
        inside = "/opt/ml/processing"
        return {
            "ProcessingJobName": name,
            "RoleArn": self.job_role,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerArguments": ["--in", f"{inside}/input", "--out", f"{inside}/output"],
            },
            "ProcessingInputs": [
                {
                    "InputName": "in",
                    "S3Input": {
                        "S3Uri": f"s3://{BUCKET}/in/",
                        "LocalPath": f"{inside}/input",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": f"s3://{BUCKET}/processed/{name}",
                            "LocalPath": f"{inside}/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
        }

    def model(self, version: str) -> str:
        """A model without a training job."""
        name = unique("model")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            content = json.dumps({"rows": 3, "version": version}).encode()
            entry = tarfile.TarInfo("model.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        self.client("s3").put_object(
            Bucket=BUCKET, Key=f"models/{name}.tar.gz", Body=packed.getvalue()
        )
        self.client("sagemaker").create_model(
            ModelName=name,
            ExecutionRoleArn=self.job_role,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": f"s3://{BUCKET}/models/{name}.tar.gz",
            },
        )
        return name

    def endpoint_config(self, *versions: str) -> str:
        """A configuration with one variant, named like its version, for each version."""
        name = unique("config")
        variants = [
            {
                "VariantName": f"v-{version}",
                "ModelName": self.model(version),
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "ContainerStartupHealthCheckTimeoutInSeconds": 60,
            }
            for version in versions
        ]
        self.client("sagemaker").create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=variants
        )
        return name

    def endpoint(self, *versions: str) -> str:
        """An endpoint in service."""
        name = unique("endpoint")
        self.client("sagemaker").create_endpoint(
            EndpointName=name, EndpointConfigName=self.endpoint_config(*versions)
        )
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def settled(self, endpoint: str) -> dict[str, Any]:
        moving = ("Creating", "Updating", "RollingBack")
        describe = self.client("sagemaker").describe_endpoint
        return eventually(
            lambda: describe(EndpointName=endpoint),
            lambda found: found["EndpointStatus"] not in moving,
            seconds=90,
        )

    def ended(self, job: str) -> dict[str, Any]:
        """A training job's description once it has ended."""
        describe = self.client("sagemaker").describe_training_job
        return eventually(
            lambda: describe(TrainingJobName=job),
            lambda found: found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"),
        )

    def start(self, states: dict[str, Any], *, role: str | None = None) -> str:
        """Start a state machine of these states in order; the execution's ARN."""
        names = list(states)
        for name, following in itertools.pairwise(names):
            states[name]["Next"] = following
        states[names[-1]]["End"] = True
        flows = self.client("stepfunctions")
        definition = json.dumps({"StartAt": names[0], "States": states})
        machine = flows.create_state_machine(
            name=unique("flow"), roleArn=role or self.flow_role, definition=definition
        )
        arn: str = flows.start_execution(stateMachineArn=machine["stateMachineArn"], input="{}")[
            "executionArn"
        ]
        return arn

    def finished(self, execution: str) -> dict[str, Any]:
        describe = self.client("stepfunctions").describe_execution
        return eventually(
            lambda: describe(executionArn=execution), lambda found: found["status"] != "RUNNING"
        )

    def log_lines(self, group: str, stream_prefix: str) -> list[str]:
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream_prefix)[
            "logStreams"
        ]
        names = [stream["logStreamName"] for stream in streams]
        return [
            event["message"]
            for name in names
            for event in logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        ]


@contextmanager
def started(directory: Path) -> Iterator[ToyAccount]:
    """An account of its own for a test that ends it."""
    try:
        yield ToyAccount(
            supervisor.up(
                directory, port=0, images={"toy": {"command": COMMAND}}, with_mlflow=False
            )
        )
    finally:
        supervisor.down(directory)


def eventually(look: Callable[[], T], good: Callable[[T], bool], seconds: float = 60) -> T:
    """Look until it is good; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while not good(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
    return seen


def unique(kind: str) -> str:
    return f"{kind}-{next(_numbers)}"


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
