"""What is read for a batch of labels, or of events that have labels, does not grow with what came
before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from ghosteam.problem.load import parse_problem
from tests.growth import RIDES, Stream
from tests.unit.features.test_growth import MORE, MORE_BYTES

LABELLED = RIDES.replace(', bus: string,\n      delay: "number?"}', ", bus: string}").replace(
    "  weather:",
    "  notes: {role: labels, of: rides, columns: {ride: integer, delay: 'number?'}}\n  weather:",
)
BY_TIME = LABELLED.replace("id: [ride]", "id: [ride, starts]").replace(
    "{ride: integer, delay", "{ride: integer, starts: timestamp, delay"
)


class LabelledStream(Stream):
    """The outcomes come by themselves: each minute those of rides of some minutes ago, and one that
    no ride is there for yet.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.problem = parse_problem(text)

    def _files(self, minute: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        assert self.problem.labels is not None
        columns = self.problem.labels.columns
        for dataset, rows in super()._files(minute):
            if dataset != "rides":
                yield dataset, rows
            elif rows[0]["delay"] is None:
                yield dataset, [{k: v for k, v in row.items() if k != "delay"} for row in rows]
            else:
                early = self._rides(minute + 5, known=True)[0]
                yield "notes", [{name: row[name] for name in columns} for row in (*rows, early)]


@pytest.mark.parametrize("text", [LABELLED, BY_TIME], ids=["by id alone", "by id and time"])
def test_the_fiftieth_minute_of_labels_reads_what_the_fifteenth_does(text: str) -> None:
    stream = LabelledStream(text)
    reads = [asdict(stream.next()) for _ in range(50)]
    # By then rides come that a label was there for.
    before, after = reads[14], reads[49]
    for name, constant in MORE.items():
        assert after[name] <= before[name] + constant, (name, before, after)
    for name in ("object_bytes", "document_bytes", "item_bytes"):
        assert after[name] <= MORE_BYTES * before[name], (name, before, after)
