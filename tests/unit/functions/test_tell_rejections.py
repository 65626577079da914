"""Rejected files are told once a data set and hour, and none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghosteam.channels.alert import Alert, headline, text_of
from ghosteam.documents import state_keys
from ghosteam.documents.rejected_file import RejectedFile
from ghosteam.documents.state_keys import EVERY_PROBLEM
from ghosteam.steps.tell_rejections import Telling, alert_of, note_rejection, tell_rejections
from tests.accounts import memory_account

NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    pass


@dataclass
class Mail:
    """Keeps messages; the process dies before the call number ``dies_at``."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    dies: bool = False

    def send(self, alert: Alert) -> None:
        if self.dies:
            raise Killed
        self.sent.append((headline(alert), text_of(alert)))


@pytest.fixture
def telling() -> Iterator[Telling]:
    with memory_account() as account:
        yield Telling(account.state, Mail(), "dev")  # type: ignore[arg-type]


def rejected(number: int, dataset: str = "weather") -> dict[str, Any]:
    detail = {
        "problem": "flights",
        "dataset": dataset,
        "batch_id": f"b{number}",
        "key": f"k{number}",
    }
    return {"detail-type": "BatchRejected", "detail": detail}


def test_the_first_is_told_at_once_and_the_others_together(telling: Telling) -> None:
    mail: Any = telling.alerts
    assert note_rejection(rejected(0), telling, now=NOW)
    assert len(mail.sent) == 1 and "a file was rejected, data set weather" in mail.sent[0][0]
    assert "./ghosteam why flights batch b0 --environment dev" in mail.sent[0][1]
    for number in range(1, 13):
        assert not note_rejection(rejected(number), telling, now=NOW + number * MINUTE)
    assert note_rejection(rejected(0, "planes"), telling, now=NOW), "another data set"
    assert tell_rejections(telling, now=NOW + 49 * MINUTE) == 0
    assert tell_rejections(telling, now=NOW + 50 * MINUTE) == 1
    subject, text = mail.sent[-1]
    assert "12 files were rejected" in subject and "and 7 more" in text
    assert text.count("./ghosteam why") == 5
    # The next hour is like the first.
    assert tell_rejections(telling, now=NOW + 60 * MINUTE) == 0
    assert tell_rejections(telling, now=NOW + 110 * MINUTE) == 0
    assert note_rejection(rejected(99), telling, now=NOW + 111 * MINUTE)


def test_the_same_event_again_is_told_once(telling: Telling) -> None:
    mail: Any = telling.alerts
    note_rejection(rejected(0), telling, now=NOW)
    for _ in range(3):
        note_rejection(rejected(1), telling, now=NOW + MINUTE)
    tell_rejections(telling, now=NOW + 50 * MINUTE)
    assert len(mail.sent) == 2 and "a file was rejected" in mail.sent[1][0]


@pytest.mark.parametrize("when", ["told", "collected"])
def test_what_a_process_that_died_left_is_told(telling: Telling, when: str) -> None:
    mail: Any = telling.alerts
    if when == "collected":
        note_rejection(rejected(0), telling, now=NOW)
        note_rejection(rejected(1), telling, now=NOW + MINUTE)
    mail.dies = True
    with pytest.raises(Killed):
        if when == "told":
            note_rejection(rejected(1), telling, now=NOW)
        else:
            tell_rejections(telling, now=NOW + 50 * MINUTE)
    mail.dies = False
    tell_rejections(telling, now=NOW + 60 * MINUTE)
    assert "batch b1 " in mail.sent[-1][1]


def test_a_rejection_whose_window_closed_meanwhile_is_told_at_the_next_turn(
    telling: Telling,
) -> None:
    found = RejectedFile("flights", "weather", "b1", "k1", NOW)
    at = state_keys.REJECTED_FILES / "flights#weather#b1"
    telling.state.create(EVERY_PROBLEM, at, found)
    assert tell_rejections(telling, now=NOW + MINUTE) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 300)), min_size=1, max_size=12))
def test_everything_is_told_within_an_hour(came: list[tuple[int, int]]) -> None:
    """Files by number and minute; a turn every ten minutes."""
    with memory_account() as account:
        mail = Mail()
        telling = Telling(account.state, mail, "dev")  # type: ignore[arg-type]
        told: dict[int, int] = {}
        first = {}
        for minute in range(371):
            for number, at in came:
                if at == minute:
                    first.setdefault(number, minute)
                    note_rejection(rejected(number), telling, now=NOW + minute * MINUTE)
            if minute % 10 == 0:
                tell_rejections(telling, now=NOW + minute * MINUTE)
            for number in first:
                if any(f"batch b{number} " in text for _, text in mail.sent):
                    told.setdefault(number, minute)
        assert {*told} == {*first}
        assert all(told[number] - minute <= 60 for number, minute in first.items())
        # Of one data set no more than two messages an hour: the first, and those that followed.
        assert len(mail.sent) <= 2 * 7


def test_many_are_told_with_a_few_examples() -> None:
    files = [RejectedFile("flights", "weather", f"b{n}", f"k{n}", NOW) for n in range(12_000)]
    told = alert_of(files, "prod")
    text = text_of(told)
    assert headline(told) == "Warning: flights: 12,000 files were rejected, data set weather"
    assert len(text) < 1200 and "and 11,995 more" in text
