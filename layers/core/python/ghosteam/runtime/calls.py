"""What functions are called with, and what of it they read: a request to the HTTP API, a record of
a stream, the input of a state machine's task.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from ghosteam.documents.requests import RolloutRequest, RunRequest
from ghosteam.json_object import JsonObject


class HttpRequest(TypedDict):
    """A request to the HTTP API. Source: API Gateway Developer Guide, payload format 2.0."""

    pathParameters: dict[str, str]
    body: NotRequired[str | None]
    isBase64Encoded: NotRequired[bool]
    headers: NotRequired[dict[str, str]]
    requestContext: NotRequired[JsonObject]


class AuthorizerRequest(TypedDict):
    """What a Lambda authorizer is asked. Source: API Gateway Developer Guide, format 2.0."""

    identitySource: NotRequired[list[str] | None]


class KinesisData(TypedDict):
    """A record's own part; ``data`` is base64."""

    data: str
    partitionKey: str
    sequenceNumber: str


class StreamRecord(TypedDict):
    """A record of a Kinesis stream. Source: Lambda Developer Guide."""

    eventID: str
    eventSourceARN: str
    kinesis: KinesisData


class StreamBatch(TypedDict):
    """What a stream's function is called with: records of one shard, in their order."""

    Records: list[StreamRecord]


class RunExecution(TypedDict):
    """The input of the workflow of runs, and the ARN of the execution that has it."""

    request: RunRequest
    execution: str


class RolloutExecution(TypedDict):
    """The same of the workflow of rollouts."""

    request: RolloutRequest
    execution: str


class OfProblem(TypedDict):
    """A step of the workflow of rebuilds."""

    problem: str


class OfRun(TypedDict):
    """A step of a training run."""

    problem: str
    run_id: str


class Failure(TypedDict, total=False):
    """What Step Functions keeps of an error that a state caught."""

    Error: str
    Cause: str


class FamilyResult(TypedDict):
    """What became of a family's training job: null where nothing failed."""

    family: str
    failure: Failure | None


class OfTrainedFamilies(OfRun):
    """A result for each family."""

    results: list[FamilyResult]


class OfChosenModel(OfRun):
    """``refit``: whether the model was fitted again."""

    refit: bool


class OfVersion(TypedDict):
    """A step of a rollout."""

    problem: str
    version: str


class OfCandidate(OfVersion):
    """A version, and the run that made it."""

    run_id: str


class Approvable(OfCandidate):
    """``token``: what the execution waits for."""

    token: str


class Shift(OfCandidate):
    """The share of traffic, in percent, that is to reach an endpoint."""

    endpoint_name: str
    percent: int


class RolloutEnd(OfCandidate):
    """How a rollout ended: ``verdict`` is ``promote`` or ``roll_back``."""

    verdict: str
    reason: str
    endpoint_name: NotRequired[str | None]


class Retirement(TypedDict):
    """An endpoint that is needed no more."""

    endpoint_name: str


class RollbackRequest(TypedDict):
    """Who asks for an earlier model and why; ``to``: the version, the replaced one when absent."""

    problem: str
    reason: str
    requested_by: str
    to: NotRequired[str | None]
