"""What suites of Great Expectations said, as their job left it."""

from __future__ import annotations

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.expectations_result import ExpectationsResult


def expectations_of(record: BatchRecord, artifacts: Objects) -> ExpectationsResult | None:
    """What the suite said of the batch's rows as they are now; None where none looked at them."""
    folder = keys.of_expectations(record.problem, record.dataset, record.batch_id)
    found = artifacts.find_json(f"{folder}{keys.EXPECTATIONS_RESULT}")
    result = ExpectationsResult.from_json(found) if found else None
    return result if result and result.revision == record.revision else None
