"""``ghosteam why PROBLEM alarm NAME``: what an alarm watches, what is behind it and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer, Fact, moment
from cli.facts.serving import of_serving
from cli.facts.verdicts import of_features, of_verdict
from cli.facts.work import of_run
from cli.why.problem import present_series
from ghosteam.alerting.sections import RUNBOOK, section_of
from ghosteam.documents.drift_verdict import DriftVerdict

EVIDENCE = 3


@dataclass(frozen=True)
class AlarmState:
    """An alarm as CloudWatch describes it; ``dead_letters``: ``queue: count`` of what was given
    up.
    """

    name: str
    description: str
    state: str
    since: datetime
    reason: str
    metric: str
    dimensions: Mapping[str, str]
    dead_letters: Sequence[str] = ()

    @property
    def section(self) -> str | None:
        """The section of the runbook that its description names."""
        return section_of(self.description)[1]


def why_alarm(found: ProblemDocuments, alarm: AlarmState, runbook: str) -> Answer:
    """``runbook``: the text of ``docs/runbook.md``."""
    return {
        "What it watches": list(_watches(found, alarm)),
        "What is behind it": list(_behind(found, alarm))
        or [Fact("no document of this problem says more")],
        "What to do": list(_actions(alarm.section, runbook)),
    }


def _watches(found: ProblemDocuments, alarm: AlarmState) -> Iterator[Fact]:
    said, _ = section_of(alarm.description)
    of = "".join(f", {name} {value}" for name, value in alarm.dimensions.items())
    yield Fact(f"{said} (metric {alarm.metric}{of})", alarm.name)
    yield Fact(f"{alarm.state} since {moment(alarm.since)} UTC: {alarm.reason}", alarm.name)
    about = alarm.dimensions.get("Problem")
    if about and about != found.problem:
        yield Fact(f"it is about {about}: ./ghosteam why {about} alarm {alarm.name}", alarm.name)
    elif about is None:
        yield Fact("it is about the whole deployment, not about this problem alone", alarm.name)


def _behind(found: ProblemDocuments, alarm: AlarmState) -> Iterator[Fact]:
    evidence = _BEHIND.get(alarm.section or "")
    if evidence:
        yield from evidence(found, alarm)


def _drift(found: ProblemDocuments, _: AlarmState) -> Iterator[Fact]:
    yield from _of_windows(found.drift)


def _outcomes(found: ProblemDocuments, _: AlarmState) -> Iterator[Fact]:
    yield from _of_windows(found.outcome_drift)


def _of_windows(verdicts: Sequence[DriftVerdict]) -> Iterator[Fact]:
    told = (present_series(verdicts) or verdicts)[-EVIDENCE:]
    yield from map(of_verdict, told)
    for newest in told[-1:]:
        yield from of_features(newest)


def _performance(found: ProblemDocuments, _: AlarmState) -> Iterator[Fact]:
    series = present_series(found.performance)
    yield from map(of_verdict, (series or found.performance)[-EVIDENCE:])


def _failed_runs(found: ProblemDocuments, _: AlarmState) -> Iterator[Fact]:
    for run in [run for run in found.runs if run.status == "failed"][-EVIDENCE:]:
        yield from of_run(run)


def _dead_letters(_: ProblemDocuments, alarm: AlarmState) -> Iterator[Fact]:
    for lost in alarm.dead_letters:
        yield Fact(f"given up: {lost}", lost.partition(":")[0])


def _slots(found: ProblemDocuments, _: AlarmState) -> Iterator[Fact]:
    for role, fact in of_serving(found):
        yield Fact(f"{role}: {fact.text}", fact.document)


_BEHIND: Mapping[str, Callable[[ProblemDocuments, AlarmState], Iterator[Fact]]] = {
    "drift": _drift,
    "outcome-drift": _outcomes,
    "performance": _performance,
    "failed-executions": _failed_runs,
    "dead-letters": _dead_letters,
    "undelivered-events": _dead_letters,
    "stuck-work": _dead_letters,
    "api-errors": _slots,
    "prediction-errors": _slots,
}


def _actions(section: str | None, runbook: str) -> Iterator[Fact]:
    inside = False
    for line in runbook.splitlines():
        if line.startswith("## "):
            inside = line.removeprefix("## ") == section
        elif inside and line.strip():
            yield Fact(line.strip(), f"{RUNBOOK}#{section}")
    if f"## {section}" not in runbook.splitlines():
        yield Fact(f"its description names no section of {RUNBOOK}")
