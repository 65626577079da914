"""A window reads the verdicts that may vote with it and add up to it, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3

from ghosteam.aws.state import Document, StateTable
from ghosteam.documents import state_keys
from ghosteam.problem.spec import Problem
from ghosteam.steps.drift_verdicts import earlier_verdicts
from tests import documents
from tests.accounts import memory_account

DAYS = 60


class Counting(StateTable):
    """Counts the documents that were read."""

    read = 0

    def between(self, *args: Any, **more: Any) -> Iterator[Document[Any]]:
        for one in super().between(*args, **more):
            self.read += 1
            yield one


def test_a_window_reads_those_of_its_votes_however_many_there_are(flights: Problem) -> None:
    watch = flights.watch
    with memory_account() as account:
        for day in range(DAYS):
            verdict = documents.drift_verdict(day, "2" if day < DAYS - 2 else "3")
            key = state_keys.DRIFT_VERDICTS / verdict.window_end.isoformat()
            account.state.create("flights", key, verdict)
        end = documents.DAY + timedelta(days=DAYS)
        since = (watch.window * watch.drift[1]).before(end)
        voting = (end - since).days
        assert voting < DAYS / 2
        for version, found in (("2", voting - 2), ("3", 2)):
            state = Counting(boto3.client("dynamodb"), "state")
            earlier = earlier_verdicts(
                state, flights, state_keys.DRIFT_VERDICTS, end=end, version=version
            )
            assert state.read == voting
            assert len(earlier) == found
            assert {one.model_version for one in earlier} == {version}
            assert all(since <= one.window_end < end for one in earlier)
