"""SageMaker jobs as Step Functions tasks.

CDK has no construct for processing jobs, and its training task grants more than this project wants
to give; both are written as states of their own here. A name holds the run and the retry count:
SageMaker never takes a name twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.learning.progress import metric_definitions
from infra import permissions as may
from infra.settings import EnvironmentSettings

PROCESSING = "/opt/ml/processing"
# A quota is free again when another job ends: minutes, not seconds. At most nine attempts: a name
# has room for one digit.
_RETRY = [
    {
        "ErrorEquals": ["SageMaker.ResourceLimitExceededException"],
        "IntervalSeconds": 60,
        "MaxAttempts": 6,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": 900,
        "JitterStrategy": "FULL",
    }
]


def channel(name: str, uri: str) -> Mapping[str, object]:
    """A processing input: everything below an S3 prefix; ``uri`` may be a JSON path."""
    return {
        "InputName": name,
        "S3Input": {
            _key("S3Uri", uri): uri,
            "LocalPath": f"{PROCESSING}/input/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }


def processing_job(
    scope: Construct,
    id: str,
    *,
    settings: EnvironmentSettings,
    image: str,
    role: iam.IRole,
    key: kms.IKey,
    name: str,
    arguments: Sequence[str] | str,
    inputs: Sequence[Mapping[str, object]],
    output: tuple[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    result_path: str | None = None,
    max_seconds: int = 3600,
    volume_gb: int = 30,
    isolated: bool = False,
) -> sfn.CustomState:
    """A processing job; ``name`` and ``output`` (name, URI) may be JSON paths, ``arguments`` a JSON
    path to a list.

    Without ``output`` the job writes what it makes itself. An ``isolated`` job has no network:
    SageMaker brings its inputs and takes its output away.
    """
    parameters = {
        _key("ProcessingJobName", name): name,
        "RoleArn": role.role_arn,
        "AppSpecification": {
            "ImageUri": image,
            _key("ContainerArguments", arguments): arguments,
        },
        "ProcessingInputs": list(inputs),
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": settings.job_instance_type,
                "VolumeSizeInGB": volume_gb,
                "VolumeKmsKeyId": key.key_arn,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": max_seconds},
        "Environment": {"GHOSTEAM_ENVIRONMENT_NAME": settings.name, **(environment or {})},
        "Tags": _tags(settings),
    }
    if isolated:
        parameters["NetworkConfig"] = {"EnableNetworkIsolation": True}
    if output:
        output_name, output_uri = output
        upload = {
            _key("S3Uri", output_uri): output_uri,
            "LocalPath": f"{PROCESSING}/output/{output_name}",
            "S3UploadMode": "EndOfJob",
        }
        parameters["ProcessingOutputConfig"] = {
            "KmsKeyId": key.key_arn,
            "Outputs": [{"OutputName": output_name, "S3Output": upload}],
        }
    return _task(scope, id, "createProcessingJob.sync", parameters, result_path)


def training_job(
    scope: Construct,
    id: str,
    *,
    settings: EnvironmentSettings,
    image: str,
    role: iam.IRole,
    key: kms.IKey,
    name: str,
    hyperparameters: Mapping[str, str],
    channels: Mapping[str, str],
    output: str,
    environment: Mapping[str, str],
    max_seconds: int = 7200,
    isolated: bool = False,
) -> sfn.CustomState:
    """A training job; the values of ``hyperparameters`` and ``channels``, ``name`` and ``output``
    may be JSON paths. An ``isolated`` job has no network.
    """
    parameters = {
        _key("TrainingJobName", name): name,
        "RoleArn": role.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metric_definitions(),
        },
        "HyperParameters": {_key(field, value): value for field, value in hyperparameters.items()},
        "InputDataConfig": [
            {
                "ChannelName": channel_name,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", _key("S3Uri", uri): uri}},
            }
            for channel_name, uri in channels.items()
        ],
        "OutputDataConfig": {_key("S3OutputPath", output): output, "KmsKeyId": key.key_arn},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": settings.job_instance_type,
            "VolumeSizeInGB": 30,
            "VolumeKmsKeyId": key.key_arn,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": max_seconds},
        "Environment": {"GHOSTEAM_ENVIRONMENT_NAME": settings.name, **environment},
        "Tags": _tags(settings),
        **({"EnableNetworkIsolation": True} if isolated else {}),
    }
    return _task(scope, id, "createTrainingJob.sync", parameters, None)


def run_jobs(
    stack: Stack,
    *,
    settings: EnvironmentSettings,
    kinds: Sequence[str],
    roles: Sequence[iam.IRole],
    key: kms.IKey,
) -> list[may.Statement]:
    """What a state machine needs to run jobs to their end. ``kinds``: ``training`` and
    ``processing``.
    """
    statements = []
    for kind in kinds:
        title = kind.capitalize()
        jobs = may.sagemaker_arn(stack, f"{kind}-job", f"{settings.job_name_prefix}-*")
        rule = stack.format_arn(
            service="events",
            resource="rule",
            resource_name=f"StepFunctionsGetEventsForSageMaker{title}JobsRule",
        )
        statements += [
            may.Statement(
                actions=[
                    f"sagemaker:Create{title}Job",
                    f"sagemaker:Describe{title}Job",
                    f"sagemaker:Stop{title}Job",
                    "sagemaker:AddTags",
                ],
                resources=[jobs],
            ),
            may.Statement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                resources=[rule],
            ),
        ]
    passed = (may.pass_role(role, "sagemaker.amazonaws.com") for role in roles)
    return [*statements, *may.use_key_for_volumes(key), *passed]


def _task(
    scope: Construct,
    id: str,
    action: str,
    parameters: Mapping[str, object],
    result_path: str | None,
) -> sfn.CustomState:
    state = {
        "Type": "Task",
        "Resource": f"arn:{Stack.of(scope).partition}:states:::sagemaker:{action}",
        "Parameters": parameters,
        "Retry": _RETRY,
        # None would be dropped on the way to the CDK, and then the job's description replaced the
        # state's input.
        "ResultPath": result_path or sfn.JsonPath.DISCARD,
    }
    return sfn.CustomState(scope, id, state_json=state)


def _tags(settings: EnvironmentSettings) -> list[dict[str, str]]:
    return [{"Key": "ghosteam:environment", "Value": settings.name}]


def _key(name: str, value: object) -> str:
    """States language marks a field whose value is a path or an intrinsic function with ``.$``.

    A CDK token begins with ``$`` too, but stands for a literal: AWS refuses a marked literal.
    """
    dynamic = isinstance(value, str) and value.startswith(("$.", "$$.", "States."))
    return f"{name}.$" if dynamic else name
