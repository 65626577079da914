"""Firehose to S3 as AWS does it: buffered, processed, compressed, written under the delivery role.

ministack writes one object a record, at once, uncompressed and as itself. Streams with dynamic
partitioning or format conversion stay with ministack's own delivery.
"""

import base64
import gzip
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from local.account import seams
from local.account.identity import assumption_denied, credentials_for_role

logger = logging.getLogger("ghosteam.firehose")

_TICK = 0.25  # seconds between looks at the buffers
_RETRY_AFTER = 5.0  # seconds before a failed delivery is tried again, as AWS retries for a day
_EXTENSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz"}
_PROCESSORS = {"Decompression", "CloudWatchLogProcessing", "AppendDelimiterToRecord", "Lambda"}


@dataclass
class _Buffer:
    """Records waiting for one destination; `context` carries the account and region of the
    stream.
    """

    stream: dict[str, Any]
    destination: dict[str, Any]
    context: Context
    due: float
    since: float = field(default_factory=time.monotonic)
    records: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(data) for _, data in self.records)


_buffers: dict[int, _Buffer] = {}
_lock = threading.Lock()


def install() -> None:
    """Put a buffer before ministack's S3 delivery and start its clock."""
    from ministack.services import firehose

    for name in ("_java_time", "_evaluate_prefix", "_arrival_time", "_apply_lambda_processors"):
        seams.require(firehose, name)
    seams.replace(firehose, "_deliver_records_to_s3", _buffered)
    seams.replace(firehose, "_validate_s3_destination_config", _refusing)
    threading.Thread(target=_flush_forever, name="firehose", daemon=True).start()


def _refusing(original: Callable[..., Any]) -> Callable[..., Any]:
    from ministack.core.responses import error_response_json

    def validate(kind: str, config: dict[str, Any]) -> Any:
        compression = config.get("CompressionFormat", "UNCOMPRESSED")
        if kind in ("ExtendedS3", "S3") and compression not in _EXTENSIONS:
            message = (
                f"The embedded account compresses with GZIP or not at all, not with {compression}"
            )
            return error_response_json("InvalidArgumentException", message, 400)
        if (
            unknown := {processor.get("Type") for processor in _processors(config)}
            - _PROCESSORS
            - {"MetadataExtraction"}
        ):
            message = f"The embedded account has no processors {sorted(map(str, unknown))}"
            return error_response_json("InvalidArgumentException", message, 400)
        return original(kind, config)

    return validate


def _processors(config: dict[str, Any]) -> list[dict[str, Any]]:
    processing = config.get("ProcessingConfiguration") or {}
    return (
        list(processing.get("Processors") or [])
        if processing.get("Enabled") in (True, "true")
        else []
    )


def _buffered(original: Callable[..., None]) -> Callable[..., None]:
    def deliver(
        stream: dict[str, Any], destination: dict[str, Any], records: list[tuple[str, bytes]]
    ) -> None:
        config = destination["config"]
        for feature in ("DynamicPartitioningConfiguration", "DataFormatConversionConfiguration"):
            if (config.get(feature) or {}).get("Enabled") in (True, "true"):
                original(stream, destination, records)
                return
        hints = config.get("BufferingHints") or {}
        with _lock:
            buffer = _buffers.get(id(destination))
            if buffer is None:
                due = time.monotonic() + float(hints.get("IntervalInSeconds", 300))
                buffer = _buffers[id(destination)] = _Buffer(
                    stream, destination, copy_context(), due
                )
            buffer.records.extend(records)
            if buffer.size >= float(hints.get("SizeInMBs", 5)) * 2**20:
                buffer.due = 0
        destination["records"].clear()  # ministack keeps every record for ever

    return deliver


def _flush_forever() -> None:
    while True:
        time.sleep(_TICK)
        now = time.monotonic()
        with _lock:
            due = [key for key, buffer in _buffers.items() if buffer.due <= now]
            ready = [_buffers.pop(key) for key in due]
        for buffer in ready:
            try:
                buffer.context.run(_flush, buffer)
            except Exception:
                logger.exception(
                    "%s: delivery failed, it will be tried again", buffer.stream["name"]
                )
                buffer.context.run(_tell_freshness, buffer)
                _put_back(buffer)


def _put_back(buffer: _Buffer) -> None:
    buffer.due = time.monotonic() + _RETRY_AFTER
    with _lock:
        newer = _buffers.get(id(buffer.destination))
        if newer is not None:
            buffer.records.extend(newer.records)
        _buffers[id(buffer.destination)] = buffer


def _flush(buffer: _Buffer) -> None:
    """Write one object. Raises what S3 answers."""
    from ministack.services import firehose

    config = buffer.destination["config"]
    good, bad = _processed(buffer)
    moment = firehose._arrival_time(config)
    version = buffer.stream.get("version", 1)
    written = firehose._java_time("yyyy-MM-dd-HH-mm-ss", moment)
    name = f"{buffer.stream['name']}-{version}-{written}-{uuid.uuid4()}"
    if bad:
        template = (
            config.get("ErrorOutputPrefix") or f"{config.get('Prefix', '')}processing-failed/"
        )
        prefix = firehose._evaluate_prefix(template, moment, error_type="processing-failed")
        _put(config, prefix + name, b"".join(bad), "UNCOMPRESSED")
    if good:
        compression = config.get("CompressionFormat", "UNCOMPRESSED")
        extension = config.get("FileExtension") or _EXTENSIONS[compression]
        prefix = firehose._evaluate_prefix(config.get("Prefix", ""), moment)
        _put(config, prefix + name + extension, b"".join(good), compression)
    _tell_freshness(buffer)


def _tell_freshness(buffer: _Buffer) -> None:
    """Age of the oldest record that was waiting. Source: "Firehose metrics", Amazon Data Firehose
    developer guide.
    """
    from ministack.services import cloudwatch

    labels = {"DeliveryStreamName": buffer.stream["name"]}
    age = time.monotonic() - buffer.since
    cloudwatch.record_metric("AWS/Firehose", "DeliveryToS3.DataFreshness", age, "Seconds", labels)


def _processed(buffer: _Buffer) -> tuple[list[bytes], list[bytes]]:
    """The records to write, and the error records of those that a processor could not read."""
    from ministack.services import firehose

    good: list[bytes] = []
    bad: list[bytes] = []
    processors = _processors(buffer.destination["config"])
    kinds = {processor["Type"]: _parameters(processor) for processor in processors}
    records = buffer.records
    if "Lambda" in kinds:
        records = firehose._apply_lambda_processors(buffer.stream, buffer.destination, records)
    delimiter = (
        kinds.get("AppendDelimiterToRecord", {}).get("Delimiter", "").replace("\\n", "\n").encode()
    )
    for _, data in records:
        try:
            for one in _log_messages(data, kinds):
                good.append(one + delimiter)
        except (OSError, EOFError, ValueError, KeyError) as error:
            document = {
                "rawData": base64.b64encode(data).decode(),
                "errorCode": "DataDecompression.Failed",
                "errorMessage": str(error),
                "arrivalTimestamp": int(time.time() * 1000),
            }
            bad.append(json.dumps(document).encode() + b"\n")
    return good, bad


def _parameters(processor: dict[str, Any]) -> dict[str, str]:
    return {
        one["ParameterName"]: str(one["ParameterValue"])
        for one in processor.get("Parameters") or []
    }


def _log_messages(data: bytes, kinds: dict[str, dict[str, str]]) -> list[bytes]:
    """What one record becomes: itself, its decompressed text, or the messages of a CloudWatch Logs
    envelope.
    """
    if "Decompression" in kinds:
        data = gzip.decompress(data)
    if kinds.get("CloudWatchLogProcessing", {}).get("DataMessageExtraction", "").lower() != "true":
        return [data]
    envelope = json.loads(data)
    if envelope["messageType"] != "DATA_MESSAGE":
        return []
    return [event["message"].encode() for event in envelope["logEvents"]]


def _put(config: dict[str, Any], key: str, body: bytes, compression: str) -> None:
    """PutObject as the delivery role, so its rights, the bucket's policy and its events are the
    real ones.
    """
    import boto3
    from botocore.config import Config
    from ministack.core.responses import get_region

    role = config.get("RoleARN", "")
    if refused := assumption_denied(role, "firehose.amazonaws.com"):
        raise PermissionError(refused)
    credentials = credentials_for_role(role, "firehose")
    client: Any = boto3.session.Session(
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials["AWS_SESSION_TOKEN"],
        region_name=get_region(),
    ).client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        config=Config(s3={"addressing_style": "path"}),
    )
    more: dict[str, str] = {}
    if compression == "GZIP":
        body, more = gzip.compress(body), {"ContentEncoding": "gzip"}
    client.put_object(
        Bucket=config["BucketARN"].rsplit(":", 1)[-1],
        Key=key,
        Body=body,
        ContentType="application/octet-stream",
        **more,
    )
