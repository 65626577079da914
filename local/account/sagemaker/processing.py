"""Processing jobs: inputs in, one container, outputs out.

Source: SageMaker developer guide, "How Amazon SageMaker Processing Configures Input and Output".
"""

from __future__ import annotations

import time
from typing import Any

from local.account.sagemaker import images, jobs
from local.account.sagemaker.containers import Container
from local.account.sagemaker.errors import JobFailure
from local.account.sagemaker.jobs import Job
from local.account.sagemaker.logs import LogStream
from local.account.sagemaker.store import Record
from local.account.sagemaker.training import hosts
from local.account.sagemaker.transfer import Transfer
from local.account.sagemaker.validation import only_members, operation_model


def create(params: dict[str, Any]) -> Record:
    """Start a processing job; the validated request is the record."""
    return jobs.create("ProcessingJob", params["ProcessingJobName"], params, _process)


def _process(job: Job) -> None:
    record = job.record
    application = record["AppSpecification"]
    image = images.resolve(application["ImageUri"])
    container = Container(image, record["RoleArn"], record.get("Environment", {}))
    transfer = Transfer(record["RoleArn"])
    try:
        _prepare(record, container, transfer)
        job.check_stop()
        started = time.time()
        record["ProcessingStartTime"] = started
        deadline = jobs.deadline_of(record)
        log = LogStream("/aws/sagemaker/ProcessingJobs", f"{job.name}/algo-1-{int(started)}")
        container.start(
            application.get("ContainerArguments", []), log, application.get("ContainerEntrypoint")
        )
        exit_code = job.run(container, deadline)
        message = container.root / "output" / "message"
        if message.exists():
            record["ExitMessage"] = message.read_text(errors="replace")[:1024]
        if exit_code:
            raise jobs.failure_of(container, exit_code)
        for output in _outputs(record):
            target = output["S3Output"]
            key = record["ProcessingOutputConfig"].get("KmsKeyId")
            transfer.upload_directory(container.path(target["LocalPath"]), target["S3Uri"], key)
    finally:
        container.remove()


def _outputs(record: Record) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return outputs


def _prepare(record: Record, container: Container, transfer: Transfer) -> None:
    (container.root / "output").mkdir()
    for each in record.get("ProcessingInputs", []):
        source = each.get("S3Input")
        if source is None or source.get("S3CompressionType", "None") != "None":
            raise JobFailure("ClientError: only uncompressed S3Input is supported here.")
        directory = container.path(source["LocalPath"])
        if source["S3DataType"] == "ManifestFile":
            transfer.download_manifest(source["S3Uri"], directory)
        else:
            transfer.download_prefix(source["S3Uri"], directory)
    for output in _outputs(record):
        if "S3Output" not in output:
            raise JobFailure("ClientError: only S3Output is supported here.")
        container.path(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
    described = only_members(record, operation_model("DescribeProcessingJob").output_shape)
    config = container.root / "config"
    jobs.write_json(config / "processingjobconfig.json", described)
    jobs.write_json(config / "resourceconfig.json", hosts())
