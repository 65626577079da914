"""Compaction of the prediction log: each delivered object once, wherever a turn dies."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import polars as pl
import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.keys import DAMAGED, FAILED_CALLS, PREDICTIONS
from ghosteam.documents.log_compaction import LogCompaction
from ghosteam.errors import Conflict
from ghosteam.steps import compact_log as step
from ghosteam.steps.compact_log import compact_log
from ghosteam.steps.prediction_log import inbox
from tests.accounts import Account, memory_account
from tests.prediction_log import deliver, failed_call, prediction

NOW = datetime(2024, 7, 2, 13, tzinfo=UTC)


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


def compact(account: Account, **changes: Any) -> step.Compacted:
    return compact_log(account.lake, account.state, now=NOW, **changes)


def rows(account: Account, prefix: str = PREDICTIONS) -> list[dict[str, Any]]:
    return [
        {**row, "_key": item.key}
        for item in account.lake.list(prefix)
        for row in pl.read_parquet(BytesIO(account.lake.get(item.key))).to_dicts()
    ]


def ids(account: Account) -> list[str]:
    return sorted(row["prediction_id"] for row in rows(account))


def document(account: Account) -> LogCompaction:
    found = account.state.find(state_keys.EVERY_PROBLEM, state_keys.LOG_COMPACTION)
    assert found is not None
    return found


def counted(account: Account, problem: str = "flights") -> int:
    groups = account.state.list(problem, state_keys.COMPACTED_GROUPS)
    return sum(sum(one.data.days.values()) for one in groups)


def fill(account: Account, *days: int) -> None:
    for number, day in enumerate(days or (1, 1, 2, 40)):
        event = (datetime(2013, 7, 1, 13, tzinfo=UTC) + timedelta(days=day)).isoformat()
        deliver(
            account.lake,
            prediction(f"p{number}", event_time=event),
            prediction(f"q{number}", problem="rides", event_time=event),
            failed_call(f"f{number}"),
            b'{"cut',
            name=str(number),
        )


def test_predictions_lie_by_problem_and_date_of_their_event_and_calls_by_their_own(account):
    fill(account)
    done = compact(account)
    assert (done.groups, done.predictions, done.calls, done.damaged, done.left) == (1, 8, 4, 4, 0)
    places = {row["_key"].rpartition("/")[0] for row in rows(account)}
    assert places == {
        f"predictions/{problem}/date={day}"
        for problem in ("flights", "rides")
        for day in ("2013-07-02", "2013-07-03", "2013-08-10")
    }
    [calls] = {row["_key"].rpartition("/")[0] for row in rows(account, FAILED_CALLS)}
    assert calls == "prediction-calls/flights/date=2024-07-02"
    assert list(inbox(account.lake)) == []
    assert (counted(account), counted(account, "rides")) == (4, 4)
    assert document(account).damaged == 4 and document(account).finished_at == NOW
    assert compact(account).groups == 0 and document(account).damaged == 4


def test_what_is_no_record_is_kept_with_its_reason_and_an_unreadable_object_whole(account):
    key = deliver(account.lake, prediction(), b'{"cut')
    bad = "prediction-log-raw/2024/07/02/12/bad.gz"
    body = gzip.compress(json.dumps(prediction("p9")).encode())[:-9]
    account.lake.put(bad, body)
    assert compact(account).damaged == 2
    [lines] = [item.key for item in account.lake.list(DAMAGED) if "objects/" not in item.key]
    told = [json.loads(line) for line in account.lake.get(lines).splitlines()]
    assert [(one["place"], one["text"]) for one in told] == [(f"{key}:2", '{"cut'), (bad, "")]
    assert all(one["why"] for one in told)
    assert account.lake.get(f"{DAMAGED}objects/{bad}") == body


class Dies(BaseException):
    """A process that is killed."""


class Mortal:
    """Passes calls on; dies before, or after, the n-th one that changes or reads anything."""

    def __init__(self, thing: Any, life: Counter[str], at: int, *, after: bool) -> None:
        self._thing, self._life, self._at, self._after = thing, life, at, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        if name not in ("get", "put", "delete", "create", "replace", "list", "update"):
            return found

        def call(*args: Any, **more: Any) -> Any:
            self._life["calls"] += 1
            dies = self._life["calls"] == self._at
            if dies and not self._after:
                raise Dies
            answer = found(*args, **more)
            if dies:
                raise Dies
            return answer

        return call


@pytest.mark.parametrize("after", [False, True])
def test_each_object_is_compacted_once_wherever_a_turn_is_killed(
    after: bool, monkeypatch: Any
) -> None:
    monkeypatch.setattr(step, "GROUP_OBJECTS", 1)
    at, ended = 0, False
    while not ended:
        at += 1
        with memory_account() as account:
            fill(account, 1, 40)
            life: Counter[str] = Counter()
            mortal = [Mortal(one, life, at, after=after) for one in (account.lake, account.state)]
            try:
                compact_log(mortal[0], mortal[1], now=NOW)
                ended = True
            except Dies:
                # What comes between the turns is no part of a group that was begun.
                deliver(account.lake, prediction("p9"), name="0-earlier")
            compact(account)
            late = [] if ended else ["p9"]
            assert ids(account) == sorted(["p0", "p1", "q0", "q1", *late])
            assert counted(account) == 2 + len(late) and counted(account, "rides") == 2
            assert len(rows(account, FAILED_CALLS)) == 2
            assert document(account).damaged == 2, at
            assert list(inbox(account.lake)) == [] and document(account).inputs == ()
    assert at > 20


def test_two_turns_at_once_write_the_same_and_one_is_told(account, monkeypatch):
    fill(account)
    monkeypatch.setattr(step, "GROUP_OBJECTS", 2)
    original, entered = account.lake.get, []

    def get(key: str) -> bytes:
        if not entered:
            entered.append(key)
            compact(account)
        return original(key)

    monkeypatch.setattr(account.lake, "get", get)
    with pytest.raises(Conflict):
        compact(account)
    assert ids(account) == [f"{name}{number}" for name in "pq" for number in range(4)]
    assert counted(account) == 4 and document(account).damaged == 4


def test_an_object_that_comes_again_after_it_was_compacted_adds_no_prediction_to_a_read(account):
    deliver(account.lake, prediction("p1"))
    compact(account)
    deliver(account.lake, prediction("p1"))
    compact(account)
    assert len({row["_key"] for row in rows(account)}) == 1, "the same group, the same file"
    assert ids(account) == ["p1"] and counted(account) == 1


def test_a_turn_does_a_bounded_work_and_says_what_it_left(account, monkeypatch):
    monkeypatch.setattr(step, "GROUP_OBJECTS", 1)
    fill(account)
    done = compact(account, max_groups=3)
    assert (done.groups, done.left) == (3, 1) and document(account).left == 1
    assert compact(account, max_groups=3).groups == 1


def test_a_group_is_bounded_by_its_bytes_and_holds_one_object_at_least(account, monkeypatch):
    fill(account)
    monkeypatch.setattr(step, "GROUP_BYTES", 1)
    assert compact(account).groups == 4


def test_an_object_that_a_person_deleted_does_not_stop_the_others(account):
    fill(account)
    keys = tuple(item.key for item in inbox(account.lake))
    account.state.create(
        state_keys.EVERY_PROBLEM, state_keys.LOG_COMPACTION, LogCompaction(inputs=keys)
    )
    account.lake.delete(keys[0])
    assert compact(account).predictions == 6 and list(inbox(account.lake)) == []
