"""Training jobs: channels in, `train`, model.tar.gz out.

Source: SageMaker developer guide, "How Amazon SageMaker Provides Training Information" and "Define
metrics".
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from ministack.services import cloudwatch

from local.account.sagemaker import images, jobs
from local.account.sagemaker.containers import Container
from local.account.sagemaker.errors import JobFailure
from local.account.sagemaker.jobs import Job, Stopped
from local.account.sagemaker.logs import LogStream
from local.account.sagemaker.store import Record
from local.account.sagemaker.transfer import Transfer

_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "MaxRuntimeExceeded": "Maximum runtime exceeded",
}


def create(params: dict[str, Any]) -> Record:
    """Start a training job; the validated request is the record."""
    started = {
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": jobs.transitions({}, "Starting", _MESSAGES["Starting"]),
    }
    return jobs.create("TrainingJob", params["TrainingJobName"], params | started, _train)


def _train(job: Job) -> None:
    record = job.record
    algorithm = record["AlgorithmSpecification"]
    if "TrainingImage" not in algorithm:
        raise JobFailure("ClientError: AlgorithmName is not supported here; give a TrainingImage.")
    image = images.resolve(algorithm["TrainingImage"])
    container = Container(image, record["RoleArn"], record.get("Environment", {}))
    container.set_env(TRAINING_JOB_NAME=job.name, TRAINING_JOB_ARN=record["TrainingJobArn"])
    transfer = Transfer(record["RoleArn"])
    try:
        _enter(job, "Downloading")
        _prepare(record, container.root, transfer)
        job.check_stop()
        _enter(job, "Training", TrainingStartTime=time.time())
        deadline = jobs.deadline_of(record)
        metrics = _Metrics(job)
        log = LogStream(
            "/aws/sagemaker/TrainingJobs", f"{job.name}/algo-1-{int(time.time())}", metrics.read
        )
        arguments = algorithm.get("ContainerArguments") or (
            [] if algorithm.get("ContainerEntrypoint") else ["train"]
        )
        container.start(arguments, log, algorithm.get("ContainerEntrypoint"))
        _finish(job, container, transfer, deadline)
    finally:
        container.remove()


def _finish(job: Job, container: Container, transfer: Transfer, deadline: float) -> None:
    try:
        exit_code = job.run(container, deadline)
    except Stopped as stopped:
        _save_checkpoints(job.record, container, transfer)
        # What the container saved before it stopped is kept, as SageMaker keeps it.
        if any((container.root / "model").iterdir()):
            _upload(job, container.root, transfer)
        if stopped.timed_out:
            _enter(job, "MaxRuntimeExceeded")
        raise
    _save_checkpoints(job.record, container, transfer)
    if exit_code:
        raise jobs.failure_of(container, exit_code)
    _enter(job, "Uploading")
    _upload(job, container.root, transfer)


def _prepare(record: Record, root: Path, transfer: Transfer) -> None:
    """The directory layout and the three configuration files of the contract, and the channels'
    data.
    """
    for directory in ("input/data", "model", "output/data", "checkpoints"):
        (root / directory).mkdir(parents=True)
    channels: dict[str, Any] = {}
    for channel in record.get("InputDataConfig", []):
        name = channel["ChannelName"]
        download_channel(channel, root / "input" / "data" / name, transfer)
        source = channel["DataSource"]["S3DataSource"]
        channels[name] = {
            "TrainingInputMode": "File",
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if "ContentType" in channel:
            channels[name]["ContentType"] = channel["ContentType"]
    config = root / "input" / "config"
    jobs.write_json(config / "hyperparameters.json", record.get("HyperParameters", {}))
    jobs.write_json(config / "inputdataconfig.json", channels)
    jobs.write_json(config / "resourceconfig.json", hosts())
    if checkpoints := record.get("CheckpointConfig"):
        transfer.download_prefix(checkpoints["S3Uri"], root / "checkpoints", required=False)


def hosts() -> dict[str, Any]:
    """The cluster as its only instance sees it."""
    return {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}


def download_channel(channel: dict[str, Any], directory: Path, transfer: Transfer) -> None:
    """A channel's objects. File and FastFile look alike to the program; what is not emulated is
    refused.
    """
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise JobFailure(
            "ClientError: only S3Prefix and ManifestFile data sources are supported here."
        )
    if channel.get("InputMode") == "Pipe" or channel.get("CompressionType", "None") != "None":
        raise JobFailure("ClientError: Pipe mode and compressed channels are not supported here.")
    if source["S3DataType"] == "ManifestFile":
        transfer.download_manifest(source["S3Uri"], directory)
    else:
        transfer.download_prefix(source["S3Uri"], directory)


def _upload(job: Job, root: Path, transfer: Transfer) -> None:
    output = job.record["OutputDataConfig"]
    target = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    if output.get("CompressionType") == "NONE":
        artifacts = f"{target}/model/"
        transfer.upload_directory(root / "model", artifacts, output.get("KmsKeyId"))
    else:
        artifacts = f"{target}/model.tar.gz"
        transfer.upload_archive(root / "model", artifacts, output.get("KmsKeyId"))
    if any((root / "output" / "data").iterdir()):
        transfer.upload_archive(
            root / "output" / "data", f"{target}/output.tar.gz", output.get("KmsKeyId")
        )
    job.record["ModelArtifacts"] = {"S3ModelArtifacts": artifacts}


def _save_checkpoints(record: Record, container: Container, transfer: Transfer) -> None:
    config = record.get("CheckpointConfig")
    if config:
        directory = container.path(config.get("LocalPath", "/opt/ml/checkpoints"))
        transfer.upload_directory(directory, config["S3Uri"])


def _enter(job: Job, status: str, **values: Any) -> None:
    steps = jobs.transitions(job.record, status, _MESSAGES[status])
    job.announce(SecondaryStatus=status, SecondaryStatusTransitions=steps, **values)


class _Metrics:
    """Reads the defined metrics out of the log: the last value of each is final, all go to
    CloudWatch.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        definitions = job.record["AlgorithmSpecification"].get("MetricDefinitions", [])
        self._patterns = {each["Name"]: re.compile(each["Regex"]) for each in definitions}
        self._final: dict[str, dict[str, Any]] = {}

    def read(self, line: str) -> None:
        for name, pattern in self._patterns.items():
            for found in pattern.finditer(line):
                try:
                    value = float(found[1])
                except (IndexError, ValueError):
                    continue
                self._final[name] = {"MetricName": name, "Value": value, "Timestamp": time.time()}
                self._job.record["FinalMetricDataList"] = list(self._final.values())
                where = {"TrainingJobName": self._job.name}
                cloudwatch.record_metric("/aws/sagemaker/TrainingJobs", name, value, "None", where)
