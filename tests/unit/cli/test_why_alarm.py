"""``ghosteam why PROBLEM alarm NAME`` says what is behind an alarm, and what to do."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cli.connection import ROOT
from cli.facts.documents import ProblemDocuments
from cli.why.alarm import _BEHIND, AlarmState, why_alarm
from ghosteam.alerting.sections import RUNBOOK
from tests import documents
from tests.documents import DAY
from tests.unit.cli.why_documents import FULL, told

TEXT = (ROOT / RUNBOOK).read_text(encoding="utf-8")
ALARM = AlarmState(
    name="ghosteam-dev-flights-DriftSustained",
    description="Predictions drift. See docs/runbook.md#drift",
    state="ALARM",
    since=DAY,
    reason="1 datapoint",
    metric="DriftSustained",
    dimensions={"Problem": "flights"},
    dead_letters=["dev-DeadLetters: 2"],
)
WATCHES, BEHIND, ACTIONS = why_alarm(FULL, ALARM, TEXT)


def of(section: str) -> AlarmState:
    return replace(ALARM, description=f"Something. See {RUNBOOK}#{section}")


def test_what_it_watches_and_its_state_are_told() -> None:
    text = told(why_alarm(FULL, ALARM, TEXT), WATCHES)
    assert text == (
        f"Predictions drift. (metric DriftSustained, Problem flights) <{ALARM.name}>\n"
        f"ALARM since 2013-07-01 00:00 UTC: 1 datapoint <{ALARM.name}>"
    )


@pytest.mark.parametrize(
    ("dimensions", "line"),
    [
        ({"Problem": "glucose"}, "it is about glucose: ./ghosteam why glucose alarm ghosteam-dev"),
        ({}, "it is about the whole deployment"),
    ],
)
def test_an_alarm_of_something_else_says_so(dimensions: dict[str, str], line: str) -> None:
    assert line in told(why_alarm(FULL, replace(ALARM, dimensions=dimensions), TEXT), WATCHES)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("drift", "sustained, 500 rows, drifted: temp <verdict#drift#2013-07-05"),
        ("performance", "as expected, roc_auc 0.7500 on 700 outcomes <verdict#performance#"),
        ("failed-executions", "r7  failed, started 2013-07-01 00:00 by drift <run#r7>"),
        ("dead-letters", "given up: dev-DeadLetters: 2 <dev-DeadLetters>"),
        ("prediction-errors", "champion: version 2 on slot-2"),
        ("missing-heartbeat", "no document of this problem says more"),
    ],
)
def test_the_documents_behind_it_are_told(section: str, line: str) -> None:
    found = replace(FULL, runs=[*FULL.runs, documents.run("r7", status="failed")])
    assert line in told(why_alarm(found, of(section), TEXT), BEHIND)


def test_nothing_on_record_is_told() -> None:
    for section in ("drift", "performance", "failed-executions"):
        answer = why_alarm(ProblemDocuments("flights"), of(section), TEXT)
        assert told(answer, BEHIND) == "no document of this problem says more <>"


def test_what_to_do_is_the_runbooks_section_and_nothing_else() -> None:
    actions = told(why_alarm(FULL, of("dead-letters"), TEXT), ACTIONS)
    assert actions.startswith("Messages were given up")
    assert "3. `./ghosteam redrive` puts the messages back." in actions
    assert "undelivered" not in actions
    assert "<docs/runbook.md#dead-letters>" in actions


def test_an_alarm_without_a_section_says_so() -> None:
    for text in ("Nothing is named.", f"See {RUNBOOK}#gone"):
        answer = why_alarm(FULL, replace(ALARM, description=text), TEXT)
        assert told(answer, ACTIONS) == f"its description names no section of {RUNBOOK} <>"


def test_what_is_known_to_be_behind_alarms_is_a_section_of_the_runbook() -> None:
    assert _BEHIND.keys() <= set(re.findall(r"^## ([a-z-]+)$", TEXT, re.MULTILINE))
