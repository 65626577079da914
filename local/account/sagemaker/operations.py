"""The operations of SageMaker's control plane: one table from name to function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.account.sagemaker import (
    authorization,
    endpoints,
    jobs,
    mlflow_apps,
    processing,
    store,
    tags,
    training,
    transform,
)
from local.account.sagemaker.deployments import container_of
from local.account.sagemaker.errors import ApiError, JobFailure
from local.account.sagemaker.store import Record
from local.account.sagemaker.transfer import Transfer
from local.account.sagemaker.validation import only_members, operation_model, validate

Params = dict[str, Any]

_PAGE = 10


def call(operation: str, params: Params) -> Params:
    """Carry out one operation, without a check of the caller. Blocks; never call it on the event
    loop.

    Raises:
        ApiError: the API's refusal.
    """
    validate(operation, params)
    carry_out = _OPERATIONS.get(operation)
    if carry_out is None:
        raise ApiError(
            "UnknownOperationException", f"{operation} is not part of the embedded account."
        )
    if operation.startswith("Create"):
        authorization.check_assumable(params)
    return carry_out(params)


def _create_model(params: Params) -> Params:
    if len(params.get("Containers", [])) > 1:
        raise ApiError(
            "ValidationException", "Inference pipelines are not part of the embedded account."
        )
    if "PrimaryContainer" not in params and not params.get("Containers"):
        raise ApiError(
            "ValidationException", "Either PrimaryContainer or Containers must be given."
        )
    container = container_of(params)
    _only_emulated(
        container,
        ("ModelDataSource", "MultiModelConfig", "AdditionalModelDataSources", "ModelPackageName"),
    )
    if "Image" not in container or "ExecutionRoleArn" not in params:
        raise ApiError(
            "ValidationException", "A model needs ExecutionRoleArn and a container with Image."
        )
    if "ModelDataUrl" in container:
        try:
            Transfer(params["ExecutionRoleArn"]).exists(container["ModelDataUrl"])
        except JobFailure as failure:
            raise ApiError(
                "ValidationException",
                f"Could not access model data at {container['ModelDataUrl']}. Please ensure that "
                f'the role "{params["ExecutionRoleArn"]}" exists and that its trust relationship '
                'policy allows the action "sts:AssumeRole" for the service principal '
                '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" '
                f"permissions and that the object exists. ({failure})",
            ) from failure
    return _arn_of("Model", store.add("Model", params["ModelName"], **params))


def _only_emulated(params: Params, absent: tuple[str, ...]) -> None:
    """Refuse what would be accepted and then not happen."""
    for name in absent:
        if name in params:
            raise ApiError("ValidationException", f"{name} is not part of the embedded account.")


def _create_endpoint_config(params: Params) -> Params:
    _only_emulated(
        params,
        (
            "DataCaptureConfig",
            "AsyncInferenceConfig",
            "ShadowProductionVariants",
            "ExplainerConfig",
        ),
    )
    for variant in params["ProductionVariants"]:
        if "ModelName" in variant:
            store.get("Model", variant["ModelName"])
        if "ServerlessConfig" not in variant and "InstanceType" not in variant:
            raise ApiError(
                "ValidationException", "A variant needs InstanceType or ServerlessConfig."
            )
    return _arn_of(
        "EndpointConfig", store.add("EndpointConfig", params["EndpointConfigName"], **params)
    )


def _single_instance(resources: Params, usage: str) -> None:
    if resources.get("InstanceCount", 1) > 1:
        raise ApiError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{resources.get('InstanceType')} for {usage} usage' "
            "is "
            f"1 Instances, with a request delta of {resources['InstanceCount']} Instances.",
        )


def _create_training_job(params: Params) -> Params:
    _single_instance(params.get("ResourceConfig", {}), "training job")
    return _arn_of("TrainingJob", training.create(params))


def _create_processing_job(params: Params) -> Params:
    _single_instance(params["ProcessingResources"]["ClusterConfig"], "processing job")
    return _arn_of("ProcessingJob", processing.create(params))


def _arn_of(kind: str, record: Record) -> Params:
    return {f"{kind}Arn": record[f"{kind}Arn"]}


def _list(kind: str, member: str) -> Callable[[Params], Params]:
    """A List operation: the filters, order and pages that all of them share."""

    def carry_out(params: Params) -> Params:
        records = [record for record in store.all_of(kind) if _matches(kind, record, params)]
        by = {"Name": "Name" if kind == "MlflowApp" else f"{kind}Name"}.get(
            params.get("SortBy", ""), "CreationTime"
        )
        records.sort(
            key=lambda record: record[by],
            reverse=params.get("SortOrder", "Descending") == "Descending",
        )
        begin = int(params.get("NextToken", "0"))
        end = begin + int(params.get("MaxResults", _PAGE))
        shape: Any = operation_model(f"List{kind}s").output_shape
        summaries = [
            only_members(record, shape.members[member].member) for record in records[begin:end]
        ]
        return {member: summaries, **({"NextToken": str(end)} if end < len(records) else {})}

    return carry_out


def _matches(kind: str, record: Record, params: Params) -> bool:
    name = record["Name" if kind == "MlflowApp" else f"{kind}Name"]
    status = record.get("Status" if kind == "MlflowApp" else f"{kind}Status")
    created, modified = record["CreationTime"], record["LastModifiedTime"]
    return (
        params.get("NameContains", "").lower() in name.lower()
        and params.get("StatusEquals", params.get("Status", status)) == status
        and params.get("CreationTimeAfter", 0)
        <= created
        <= params.get("CreationTimeBefore", created)
        and params.get("LastModifiedTimeAfter", 0)
        <= modified
        <= params.get("LastModifiedTimeBefore", modified)
    )


def _delete(kind: str) -> Callable[[Params], Params]:
    def carry_out(params: Params) -> Params:
        name = params[f"{kind}Name"]
        record = store.get(kind, name)
        if kind in store.JOB_KINDS and record[f"{kind}Status"] not in jobs.ENDED:
            raise ApiError(
                "ValidationException", f"The job {name} is in status {record[f'{kind}Status']}."
            )
        store.remove(kind, name)
        return {}

    return carry_out


def _described(kind: str, name: str) -> Params:
    """What Describe answers for a resource."""
    return only_members(store.get(kind, name), operation_model(f"Describe{kind}").output_shape)


def _describe(kind: str) -> Callable[[Params], Params]:
    return lambda params: _described(kind, params[f"{kind}Name"])


def _stop(kind: str) -> Callable[[Params], Params]:
    def carry_out(params: Params) -> Params:
        jobs.stop(kind, params[f"{kind}Name"])
        return {}

    return carry_out


def _delete_endpoint(params: Params) -> Params:
    endpoints.delete(params["EndpointName"])
    return {}


_OPERATIONS: dict[str, Callable[[Params], Params]] = {
    "CreateTrainingJob": _create_training_job,
    "CreateProcessingJob": _create_processing_job,
    "CreateTransformJob": lambda params: _arn_of("TransformJob", transform.create(params)),
    "CreateModel": _create_model,
    "CreateEndpointConfig": _create_endpoint_config,
    "CreateEndpoint": lambda params: _arn_of("Endpoint", endpoints.create(params)),
    "UpdateEndpoint": lambda params: _arn_of("Endpoint", endpoints.update(params)),
    "UpdateEndpointWeightsAndCapacities": lambda params: _arn_of(
        "Endpoint", endpoints.update_weights(params)
    ),
    "DeleteEndpoint": _delete_endpoint,
    "CreateMlflowApp": mlflow_apps.create,
    "UpdateMlflowApp": mlflow_apps.update,
    "DeleteMlflowApp": lambda params: mlflow_apps.delete(params["Arn"]),
    "DescribeMlflowApp": lambda params: only_members(
        mlflow_apps.get(params["Arn"]), operation_model("DescribeMlflowApp").output_shape
    ),
    "ListMlflowApps": _list("MlflowApp", "Summaries"),
    "CreatePresignedMlflowAppUrl": lambda params: mlflow_apps.presigned_url(params["Arn"]),
    "AddTags": tags.add,
    "ListTags": tags.of,
    "DeleteTags": tags.remove,
    "ListModels": _list("Model", "Models"),
    "ListEndpointConfigs": _list("EndpointConfig", "EndpointConfigs"),
    "ListEndpoints": _list("Endpoint", "Endpoints"),
    **{f"Describe{kind}": _describe(kind) for kind in store.ARN_PART if kind != "MlflowApp"},
    **{
        f"Delete{kind}": _delete(kind)
        for kind in ("Model", "EndpointConfig", "TrainingJob", "ProcessingJob")
    },
    **{f"Stop{kind}": _stop(kind) for kind in store.JOB_KINDS},
    **{f"List{kind}s": _list(kind, f"{kind}Summaries") for kind in store.JOB_KINDS},
}
