"""Records of the SageMaker resources, wire-shaped, one table per account and region."""

from __future__ import annotations

import threading
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local.account.sagemaker.errors import ApiError

Record = dict[str, Any]

ARN_PART = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "TransformJob": "transform-job",
    "Model": "model",
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
    "MlflowApp": "mlflow-app",
}
JOB_KINDS = ("TrainingJob", "ProcessingJob", "TransformJob")

_records: AccountRegionScopedDict = AccountRegionScopedDict()
_lock = threading.RLock()


def arn(kind: str, name: str) -> str:
    """The ARN of a resource. SageMaker writes names in lower case there."""
    return f"arn:aws:sagemaker:{get_region()}:{get_account_id()}:{ARN_PART[kind]}/{name.lower()}"


def add(kind: str, name: str, **values: Any) -> Record:
    """Store a new record and return it; a taken name is refused with the error AWS uses for the
    kind.
    """
    now = time.time()
    with _lock:
        if (kind, name) in _records:
            if kind in JOB_KINDS:
                raise ApiError(
                    "ResourceInUse",
                    f"{_spoken(kind).capitalize()} names must be unique within an AWS account and "
                    "region, "
                    f"and a {_spoken(kind)} with this name already exists ({arn(kind, name)})",
                )
            message = f'Cannot create already existing {_spoken(kind)} "{arn(kind, name)}".'
            raise ApiError("ValidationException", message)
        record = {f"{kind}Name": name, f"{kind}Arn": arn(kind, name), "CreationTime": now} | values
        record["LastModifiedTime"] = now
        _records[(kind, name)] = record
        return record


def get(kind: str, name: str) -> Record:
    """The record, or AWS's `Could not find …` refusal."""
    record = find(kind, name)
    if record is None:
        raise ApiError(
            "ValidationException", f'Could not find {_spoken(kind)} "{arn(kind, name)}".'
        )
    return record


def find(kind: str, name: str) -> Record | None:
    """The record, or None."""
    record: Record | None = _records.get((kind, name))
    return record


def remove(kind: str, name: str) -> None:
    """Forget a record, if there is one."""
    _records.pop((kind, name), None)


def all_of(kind: str) -> list[Record]:
    """Every record of a kind in this account and region."""
    return [record for (stored_kind, _), record in _records.items() if stored_kind == kind]


def by_arn(resource_arn: str) -> Record:
    """The record that an ARN names, for the tag operations."""
    record: Record
    for (kind, _), record in _records.items():
        if record[f"{kind}Arn"] == resource_arn:
            return record
    raise ApiError("ValidationException", f"Could not find resource {resource_arn}.")


def change(record: Record, **values: Any) -> None:
    """Update a record and its modification time."""
    record.update(values, LastModifiedTime=time.time())


def clear() -> None:
    """Forget everything in every account."""
    _records.clear()


def _spoken(kind: str) -> str:
    return (
        ARN_PART[kind].replace("-job", " job").replace("endpoint-config", "endpoint configuration")
    )
