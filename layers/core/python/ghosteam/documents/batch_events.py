"""The events that say what became of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.documents import keys
from ghosteam.documents.event import Event

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord
    from ghosteam.documents.expectations_result import ExpectationsResult


def read_again(record: BatchRecord) -> Event:
    """The batch's file is to be read once more: its columns are declared in another way now."""
    return Event(
        "ReadAgain", record.problem, {"dataset": record.dataset, "batch_id": record.batch_id}
    )


def ingested(record: BatchRecord, key: str) -> Event:
    """The batch's raw parts are written, and the landing key holds it."""
    return Event(
        "BatchIngested",
        record.problem,
        {
            "dataset": record.dataset,
            "batch_id": record.batch_id,
            "key": key,
            "rows": record.rows,
            "parts": record.parts,
        },
    )


def validated(record: BatchRecord) -> Event:
    """The batch's valid rows count from now on."""
    return Event(
        "BatchValidated",
        record.problem,
        {
            "dataset": record.dataset,
            "batch_id": record.batch_id,
            "rows": record.valid_rows,
            "quarantined_rows": record.quarantined_rows,
            "parts": record.parts,
        },
    )


def withdrawn(problem: str, dataset: str, batch_id: str, key: str) -> Event:
    """A validated batch does not count, or no longer, at a landing key: its object was replaced or
    deleted. It may count elsewhere.
    """
    return Event("BatchWithdrawn", problem, {"dataset": dataset, "batch_id": batch_id, "key": key})


def rejected(record: BatchRecord) -> Event:
    """The batch was refused whole; ``rejection`` is the key of the record that says why."""
    return Event(
        "BatchRejected",
        record.problem,
        {
            "dataset": record.dataset,
            "batch_id": record.batch_id,
            "key": record.source.key,
            "rejection": keys.rejection(record.problem, record.dataset, record.batch_id),
        },
    )


def expectations_due(record: BatchRecord) -> Event:
    """The batch is validated and its data set has a suite of Great Expectations."""
    return Event(
        "ExpectationsDue",
        record.problem,
        {
            "dataset": record.dataset,
            "batch_id": record.batch_id,
            "revision": record.revision,
        },
    )


def expectations_not_met(result: ExpectationsResult) -> Event:
    """The suite asks more than the batch's valid rows keep."""
    return Event(
        "ExpectationsNotMet",
        result.problem,
        {
            "dataset": result.dataset,
            "batch_id": result.batch_id,
            "expectations": result.expectations,
            "failed": len(result.failed),
        },
    )
