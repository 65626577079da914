"""The boundary between AWS's calling conventions and a use case: settings in, errors out, in one
place.

A queue's function returns the messages that failed, so that only those come again: after seconds,
not after the queue's visibility timeout, where a retry may help; what no retry helps goes to the
dead letters at once, with its reason, and blocks nobody behind it. What is done in parts lines up
again for the next, as a new message, which counts as no failure. Nothing is lost either way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ghosteam.errors import Conflict, GhosteamError, Transient, Unfinished
from ghosteam.json_object import JsonObject
from ghosteam.runtime.calls import HttpRequest, StreamBatch, StreamRecord
from ghosteam.runtime.http_status import status_of
from ghosteam.runtime.observability import begin_request, heartbeat, logger


class Redelivery(Protocol):
    """What a failed message can be told; see :class:`ghosteam.aws.work_queue.WorkQueue`."""

    def hold(self, receipt_handle: str, *, seconds: int) -> None:
        """Receive it not again for ``seconds``."""

    def come_again(self, receipt_handle: str, *, seconds: int) -> None:
        """Receive it again after ``seconds``."""

    def line_up_again(self, body: str, *, message_id: str, group: str | None) -> None:
        """Put it at the end of its line."""

    def give_up(
        self, body: str, *, message_id: str, group: str | None, reasons: Mapping[str, str]
    ) -> None:
        """Keep it among the dead letters."""


FIRST_PAUSE = 5
LONGEST_PAUSE = 300
UNEXPECTED_TRIES = 3
"""An error that nobody foresaw may be a passing one, but not so often."""
HELD_AFTER = 30
"""Seconds for which a message is held after its worker is killed: what that sent has come then."""
_TEXT_LIMIT = 1000


def pause(receives: int) -> int:
    """Seconds until a message comes again that was received ``receives`` times: 5, 10, 20, … at
    most 300.
    """
    doubled: int = FIRST_PAUSE * 2 ** min(max(receives, 1) - 1, 10)
    return min(LONGEST_PAUSE, doubled)


def helps_to_retry(error: BaseException, receives: int) -> bool:
    """Whether a message that met ``error`` at its ``receives``-th delivery shall come again."""
    if isinstance(error, GhosteamError):
        return isinstance(error, Transient | Conflict)
    return receives < UNEXPECTED_TRIES


class _MessageFailed(Exception):
    """What the batch processor counts; it knows no exceptions of native code."""


Call = TypeVar("Call", contravariant=True)


class Handler(Protocol[Call]):
    """What Lambda calls."""

    def __call__(self, event: Call, context: object) -> dict[str, object]: ...


def queue_handler(
    handle: Callable[[Any], object],
    redelivery: Callable[[], Redelivery] | None = None,
    *,
    alone: bool = False,
) -> Handler[JsonObject]:
    """A Lambda handler for an SQS queue fed by EventBridge: ``handle`` gets each message's event
    document, in the form that it asks for.

    ``redelivery`` makes, when the first message fails, what failed messages are told; without it
    they come again when the queue's own time is over. ``alone``: each message is held, from when
    its work begins, for as long as the function can live, so that none of its group in a FIFO
    queue is worked on meanwhile, however late Lambda called. One that is not held any more is left.
    """

    def one(record: SQSRecord, held: int) -> object:
        receives = int(record.raw_event.get("attributes", {}).get("ApproximateReceiveCount", 1))
        try:
            if redelivery and held:
                redelivery().hold(record.receipt_handle, seconds=held)
            return handle(json.loads(record.body))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            _log(error, record, receives)
            if redelivery and not _comes_again(record, error, receives, redelivery):
                return None
            raise _MessageFailed from error

    def handler(event: JsonObject, context: Any) -> dict[str, object]:
        held = context.get_remaining_time_in_millis() // 1000 + HELD_AFTER if alone else 0
        # FIFO queues stop at the first failure to keep the order; the processor knows by the event
        # source.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(
            process_partial_response(
                event=event,
                record_handler=partial(one, held=held),
                processor=processor,
                context=context,
            )
        )

    return handler


def _log(error: BaseException, record: SQSRecord, receives: int) -> None:
    about = {"message_id": record.message_id, "receives": receives}
    if isinstance(error, Unfinished):
        logger.info("there is more to do", extra={"rest": error.as_record(), **about})
    elif isinstance(error, GhosteamError):
        logger.error("message failed", extra={"fault": error.as_record(), **about})
    else:
        # The processor only counts failures: without this line nobody would learn what happened.
        logger.exception("message failed unexpectedly", extra=about)


def _comes_again(
    record: SQSRecord, error: BaseException, receives: int, redelivery: Callable[[], Redelivery]
) -> bool:
    """Tell a failed message what becomes of it; False when it is given up, or has lined up as a new
    one. If that fails it comes again.
    """
    group = record.raw_event.get("attributes", {}).get("MessageGroupId")
    try:
        if isinstance(error, Unfinished):
            redelivery().line_up_again(record.body, message_id=record.message_id, group=group)
            return False
        if helps_to_retry(error, receives):
            redelivery().come_again(record.receipt_handle, seconds=pause(receives))
            return True
        redelivery().give_up(
            record.body, message_id=record.message_id, group=group, reasons=_reasons(error)
        )
    except Exception:
        logger.exception(
            "a failed message could not be told", extra={"message_id": record.message_id}
        )
        return True
    return False


def _reasons(error: BaseException) -> dict[str, str]:
    if not isinstance(error, GhosteamError):
        return {"error": type(error).__name__, "message": str(error)[:_TEXT_LIMIT]}
    told = error.as_record()
    return {
        "error": str(told["error"]),
        "message": str(told["message"])[:_TEXT_LIMIT],
        "where": json.dumps(told["where"])[:_TEXT_LIMIT],
        "remedy": str(told["remedy"])[:_TEXT_LIMIT],
    }


def stream_handler(
    handle: Callable[[list[StreamRecord]], object],
) -> Handler[StreamBatch]:
    """A Lambda handler for a stream: ``handle`` gets a batch's records.

    What a retry may cure brings the very same batch again, from its first record; any other error
    makes Lambda split the batch.
    """

    def handler(event: StreamBatch, context: object) -> dict[str, object]:
        records = event["Records"]
        try:
            handle(records)
        except Transient as error:
            logger.error("batch failed", extra={"fault": error.as_record()})
            return {
                "batchItemFailures": [{"itemIdentifier": records[0]["kinesis"]["sequenceNumber"]}]
            }
        except GhosteamError as error:
            logger.error("batch failed", extra={"fault": error.as_record()})
            raise
        return {"batchItemFailures": []}

    return handler


def task_handler(
    handle: Callable[[Call], Mapping[str, object]], *, step: str = ""
) -> Handler[Call]:
    """A Lambda handler for a state machine's task or a direct invocation: JSON in, JSON out, errors
    by class name.

    ``step``: the name under which a scheduled step says that it ran to its end.
    """

    def handler(event: Call, context: object) -> dict[str, object]:
        try:
            answer = dict(handle(event))
            if step:
                heartbeat(step)
            return answer
        except GhosteamError as error:
            logger.error("task failed", extra={"fault": error.as_record()})
            raise

    return handler


def queue_or_task_handler(
    queue: Handler[JsonObject], task: Handler[JsonObject]
) -> Handler[JsonObject]:
    """A Lambda handler for what a queue feeds and others call: a queue's messages carry
    ``Records``; anything else is for ``task``.
    """

    def handler(event: JsonObject, context: object) -> dict[str, object]:
        return queue(event, context) if "Records" in event else task(event, context)

    return handler


def http_handler(
    status: int, handle: Callable[[HttpRequest], Mapping[str, object]]
) -> Handler[HttpRequest]:
    """A Lambda handler for an HTTP API (payload 2.0): ``handle`` gets the request, its JSON goes
    out with ``status``.

    An error of the caller says where it is and how to fix it; of ours, only that it happened.
    """

    def handler(event: HttpRequest, context: object) -> dict[str, object]:
        told = begin_request(event)
        try:
            return _answer(status, handle(event), told)
        except GhosteamError as error:
            code = status_of(error)
            if code < 500:
                return _answer(code, error.as_record(), told)
            logger.error("request failed", extra={"fault": error.as_record()})
            return _answer(
                code,
                {
                    "error": type(error).__name__,
                    "message": "The request could not be served",
                    "where": {},
                    "remedy": "Try again",
                },
                told,
            )

    return handler


def _answer(
    status: int, body: Mapping[str, object], headers: Mapping[str, str]
) -> dict[str, object]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": json.dumps(body),
    }
