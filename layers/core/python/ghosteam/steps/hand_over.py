"""Work that does not fit into a function: a job does the same step on the same event, without a
function's limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.data.formats import Format, is_compact
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.event import Event, EventType

Step = Literal["ingest_file", "validate_batch"]
EVENT_FILE = "event.json"

_ANNOUNCED_BY: Mapping[Step, EventType] = {
    "ingest_file": "LargeFileLanded",
    "validate_batch": "LargeBatchIngested",
}
_EXPANSION = 5  # text is about so much larger than the same rows compressed, or as Parquet


def work_bytes(size: int, file_format: Format) -> int:
    """How much text a file of ``size`` bytes stands for, roughly: what the time to ingest it goes
    by.
    """
    return size * _EXPANSION if is_compact(file_format) else size


def hand_over(
    step: Step, event: Mapping[str, object], record: BatchRecord, *, lake: Objects, bus: Bus
) -> None:
    """Leave ``event`` for the job and announce it. Repeating it starts another job, which finds the
    work done.
    """
    folder = keys.handover(record.problem, record.dataset, record.batch_id, step)
    lake.put_json(f"{folder}/{EVENT_FILE}", event)
    ids = {"dataset": record.dataset, "batch_id": record.batch_id, "step": step, "handover": folder}
    bus.publish(Event(_ANNOUNCED_BY[step], record.problem, ids))
