"""The prediction API as a function serves it, with endpoints in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.steps.predict import PredictionService
from tests import documents

Call = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@dataclass
class InMemoryRuntime:
    """Answers InvokeEndpoint: late by 0.25 a row, unless the endpoint is among ``broken``, or
    has ``failures`` left.
    """

    broken: set[str] = field(default_factory=set)
    failures: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: str) -> dict[str, Any]:
        rows = json.loads(Body)["rows"]
        self.calls.append((EndpointName, rows))
        left = self.failures.get(EndpointName, 0)
        self.failures[EndpointName] = left - 1
        if EndpointName in self.broken or left > 0:
            raise ClientError(
                {"Error": {"Code": "ModelError", "Message": "Received server error (500)"}},
                "InvokeEndpoint",
            )
        answer = self.answers.get(EndpointName) or {
            "outputs": ["late"],
            "rows": [[0.25]] * len(rows),
            "version": EndpointName.rpartition("-")[2],
        }
        return {"Body": io.BytesIO(json.dumps(answer).encode())}


@dataclass
class Service:
    call: Call
    runtime: InMemoryRuntime
    records: list[dict[str, Any]]
    metrics: list[tuple[str, float, dict[str, str]]]
    state: StateTable
    store: Any
    predictor: PredictionService

    def serves(self, challenger_percent: int | None = None, replaced: str | None = None) -> None:
        challenger = (
            documents.challenger("2", percent=challenger_percent) if challenger_percent else None
        )
        kept = documents.slot(replaced) if replaced else None
        routing = documents.routing(documents.slot("1"), challenger, kept)
        self.state.create("flights", state_keys.ROUTING, routing)
