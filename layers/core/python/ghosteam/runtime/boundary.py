"""The boundary between AWS's calling conventions and a use case: settings in, errors out, in one place.

A queue's function returns the messages that failed, so that only those come again; an error that a retry cannot cure is
logged and still goes back to the queue, whose dead-letter queue keeps it for an operator: nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ghosteam.errors import Conflict, GhosteamError, InvalidInput, NotFound, TooLarge, Transient
from ghosteam.runtime.observability import logger

# The first family that an error belongs to decides; what is in none of them is our fault.
_STATUS: tuple[tuple[type[GhosteamError], int], ...] = (
    (NotFound, 404),
    (TooLarge, 413),
    (InvalidInput, 400),
    (Conflict, 409),
    (Transient, 503),
)


def queue_handler(handle: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Lambda handler for an SQS queue fed by EventBridge: ``handle`` gets each message's event document."""

    def one(record: SQSRecord) -> object:
        try:
            return handle(json.loads(record.body))
        except GhosteamError as error:
            logger.error("message failed", extra={"fault": error.as_record(), "message_id": record.message_id})
            raise
        except Exception:
            # The processor only counts failures: without this line nobody would learn what happened.
            logger.exception("message failed unexpectedly", extra={"message_id": record.message_id})
            raise

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        # FIFO queues stop at the first failure to keep the order; the processor knows by the event source.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event=event, record_handler=one, processor=processor, context=context))

    return handler


def stream_handler(handle: Callable[[list[dict[str, Any]]], object]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Lambda handler for a stream: ``handle`` gets a batch's records.

    What a retry may cure brings the very same batch again, from its first record; any other error makes Lambda split the batch.
    """

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        records = event["Records"]
        try:
            handle(records)
        except Transient as error:
            logger.error("batch failed", extra={"fault": error.as_record()})
            return {"batchItemFailures": [{"itemIdentifier": records[0]["kinesis"]["sequenceNumber"]}]}
        except GhosteamError as error:
            logger.error("batch failed", extra={"fault": error.as_record()})
            raise
        return {"batchItemFailures": []}

    return handler


def task_handler(handle: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Lambda handler for a state machine's task or a direct invocation: JSON in, JSON out, errors by class name."""

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return dict(handle(event))
        except GhosteamError as error:
            logger.error("task failed", extra={"fault": error.as_record()})
            raise

    return handler


def http_handler(status: int, handle: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A Lambda handler for an HTTP API (payload 2.0): ``handle`` gets the request, its JSON goes out with ``status``.

    An error of the caller tells him where and how to mend it; of ours he learns only that it happened.
    """

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return _answer(status, handle(event))
        except GhosteamError as error:
            code = next((code for family, code in _STATUS if isinstance(error, family)), 500)
            if code < 500:
                return _answer(code, error.as_record())
            logger.error("request failed", extra={"fault": error.as_record()})
            return _answer(code, {"error": type(error).__name__, "message": "The request could not be served", "where": {}})

    return handler


def _answer(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
