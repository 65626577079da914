"""Batch transform: every input object, or its lines, through a model server; one `.out` object
each.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.account.sagemaker import jobs, store
from local.account.sagemaker.deployments import ModelServer
from local.account.sagemaker.errors import JobFailure
from local.account.sagemaker.jobs import Job
from local.account.sagemaker.logs import LogStream
from local.account.sagemaker.store import Record
from local.account.sagemaker.transfer import Transfer

_MEBIBYTE = 2**20
_DEFAULT_PAYLOAD_MB = 6


def create(params: dict[str, Any]) -> Record:
    """Start a transform job; the validated request is the record."""
    store.get("Model", params["ModelName"])
    return jobs.create("TransformJob", params["TransformJobName"], params, _transform)


def _transform(job: Job) -> None:
    record = job.record
    model = store.get("Model", record["ModelName"])
    transfer = Transfer(model["ExecutionRoleArn"])
    source = record["TransformInput"]
    if source.get("CompressionType", "None") != "None" or "DataProcessing" in record:
        raise JobFailure("ClientError: compressed input and DataProcessing are not supported here.")
    log = LogStream("/aws/sagemaker/TransformJobs", f"{job.name}/i-{int(time.time())}")
    server = ModelServer(model, log, f"transform job {job.name}")
    try:
        with TemporaryDirectory() as scratch:
            inputs, outputs = Path(scratch, "in"), Path(scratch, "out")
            transfer.download_prefix(source["DataSource"]["S3DataSource"]["S3Uri"], inputs)
            server.start(cancelled=job.stop_requested.is_set)
            record["TransformStartTime"] = time.time()
            for path in sorted(each for each in inputs.rglob("*") if each.is_file()):
                target = outputs / f"{path.relative_to(inputs)}.out"
                target.parent.mkdir(parents=True, exist_ok=True)
                _transform_file(job, server, path, target)
            destination = record["TransformOutput"]
            transfer.upload_directory(
                outputs, destination["S3OutputPath"], destination.get("KmsKeyId")
            )
    finally:
        server.retire()


def _transform_file(job: Job, server: ModelServer, path: Path, target: Path) -> None:
    record = job.record
    headers = {
        "Content-Type": record["TransformInput"].get("ContentType", "application/octet-stream")
    }
    if accept := record["TransformOutput"].get("Accept"):
        headers["Accept"] = accept
    separator = b"\n" if record["TransformOutput"].get("AssembleWith") == "Line" else b""
    with target.open("wb") as written:
        for payload in _payloads(path, record):
            job.check_stop()
            try:
                status, _, answer = server.invoke(payload, headers)
            except (OSError, http.client.HTTPException) as error:
                raise JobFailure(
                    f"AlgorithmError: the model did not answer for {path.name}: {error}"
                ) from error
            if status != http.client.OK:
                text = answer[:500].decode("utf-8", "replace")
                raise JobFailure(
                    f"AlgorithmError: the model answered {status} for {path.name}: {text}"
                )
            written.write(answer + separator)


def _payloads(path: Path, record: Record) -> Iterator[bytes]:
    """The requests that a file makes: whole, single lines, or lines packed up to MaxPayloadInMB."""
    limit = record.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MB) * _MEBIBYTE
    if record["TransformInput"].get("SplitType", "None") != "Line":
        if limit and path.stat().st_size > limit:
            raise JobFailure(
                f"ClientError: {path.name} is larger than MaxPayloadInMB and SplitType is not Line."
            )
        yield path.read_bytes()
        return
    single = record.get("BatchStrategy", "MultiRecord") == "SingleRecord"
    batch: list[bytes] = []
    size = 0
    with path.open("rb") as lines:
        for line in lines:
            if batch and (single or size + len(line) > limit):
                yield b"".join(batch)
                batch, size = [], 0
            batch.append(line)
            size += len(line)
    if batch:
        yield b"".join(batch)
