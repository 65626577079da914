"""Reads what ``ghosteam why`` composes its answers from, and tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from rich.console import Console

from cli.alarms import alarms_of
from cli.connection import ROOT, Connection
from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer, moment
from cli.loop import Loop
from cli.status import read_documents, why_rejected
from cli.why.alarm import AlarmState, why_alarm
from cli.why.batch import FileDocuments, why_batch
from cli.why.measured import Evidence
from cli.why.near import unknown
from cli.why.prediction import FoundPrediction, why_prediction
from cli.why.problem import why_problem
from cli.why.run import run_ids, why_run
from cli.why.suite import silent_suite
from ghosteam.alerting.sections import RUNBOOK
from ghosteam.aws.expectations import expectations_of
from ghosteam.aws.judged_batches import profile_of_batch
from ghosteam.data.derive import TARGET
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.landing import Landing
from ghosteam.documents.logged_prediction import LoggedPrediction
from ghosteam.documents.plan import Plan
from ghosteam.errors import GhosteamError, NotFound
from ghosteam.problem.spec import Problem
from ghosteam.steps.labels_at_hand import LabelsAtHand
from ghosteam.steps.prediction_log import find_prediction
from infra.settings import environment_settings

ABOUT = ("run", "batch", "prediction", "alarm")
DAYS = 3
"""How many days of the prediction log are searched where no time is given."""
PLANS = 20
"""How many of the newest runs' plans are looked at for a batch."""
_AROUND = timedelta(hours=2)


def answer(
    connection: Connection, problem: str, about: str | None, id: str, at: datetime | None
) -> Answer:
    """The answer about a problem, or about one thing of it. ``at``: roughly when a prediction was
    asked for.

    Raises:
        NotFound: nothing is on record of it.
    """
    loop = Loop(connection, problem)
    found = read_documents(loop)
    if about == "run":
        return _run(loop, found, id)
    if about == "batch":
        return why_batch(_file(loop, found, id))
    if about == "prediction":
        return why_prediction(found, _prediction(loop, id, at=at, now=datetime.now(UTC)))
    if about == "alarm":
        runbook = (ROOT / RUNBOOK).read_text(encoding="utf-8")
        return why_alarm(found, _alarm(loop, id), runbook)
    asked = {slot.run_id for slot in (found.champion,) if slot}
    asked |= {run.run_id for run in found.runs[-1:]}
    return why_problem(found, {run_id: _evidence(loop, run_id) for run_id in asked})


def tell(told: Answer, console: Console, *, as_json: bool) -> None:
    """Print an answer: lines by section, or the same as JSON with each line's document."""
    if as_json:
        plain = {title: [asdict(fact) for fact in facts] for title, facts in told.items()}
        console.out(json.dumps(plain, indent=2), highlight=False)
        return
    for title, facts in told.items():
        console.print(f"\n[bold]{title}[/]")
        for fact in facts:
            console.print(f"  {fact.text}", markup=False, emoji=False, soft_wrap=True)


def _plan(loop: Loop, run_id: str) -> Plan | None:
    found = loop.artifacts.find_json(keys.plan(loop.problem, run_id))
    return Plan.from_json(found) if found else None


def _evidence(loop: Loop, run_id: str) -> Evidence:
    return Evidence(_plan(loop, run_id), loop.evaluation(run_id))


def _run(loop: Loop, found: ProblemDocuments, run_id: str) -> Answer:
    evidence = _evidence(loop, run_id)
    if run_id not in run_ids(found) and evidence == Evidence():
        raise unknown(loop.problem, "run", run_id, run_ids(found))
    return why_run(found, run_id, evidence)


def _file(loop: Loop, found: ProblemDocuments, id: str) -> FileDocuments:
    record = _batch_of(loop, found, id)
    landings = {
        document.key.text.removeprefix(state_keys.landings(record.dataset).text): document.data
        for document in loop.state.list(loop.problem, state_keys.landings(record.dataset))
    }
    profile = profile_of_batch(record, loop.lake)
    prefix = f"{keys.validated(record.problem, record.dataset)}{record.batch_id}/"
    all_plans = {run.run_id: _plan(loop, run.run_id) for run in found.runs[-PLANS:]}
    plans = {run_id: plan for run_id, plan in all_plans.items() if plan is not None}
    own = {
        key: landing
        for key, landing in landings.items()
        if key == record.source.key or _holds(landing, record.batch_id)
    }
    expectations = expectations_of(record, loop.artifacts)
    return FileDocuments(
        record=record,
        landings=own,
        batches={one.batch_id: one for one in found.batches if one.dataset == record.dataset},
        broken_rules=profile.broken_rules if profile else None,
        untimed_rows=profile.untimed_rows if profile else 0,
        expectations=expectations,
        silent_suite=None if expectations else silent_suite(loop, record),
        rejection=why_rejected(loop, record) if record.status == "rejected" else None,
        materialized=loop.document(
            state_keys.materialized_batches(record.dataset) / record.batch_id
        ),
        used_by=[run_id for run_id, plan in plans.items() if _names(plan, prefix)],
        searched=len(plans),
    )


def _batch_of(loop: Loop, found: ProblemDocuments, id: str) -> BatchRecord:
    """By its id, or the newest that a landing key told of."""
    target = keys.landing_target(id)
    landing = loop.document(state_keys.landing(target[1], id)) if target else None
    wanted = {landing.held[0].batch_id} if landing and landing.held else {id}
    matching = [one for one in found.batches if one.batch_id in wanted]
    matching = matching or [one for one in found.batches if one.source.key == id]
    if not matching:
        known = [text for one in found.batches for text in (one.batch_id, one.source.key)]
        raise unknown(loop.problem, "batch or landing key", id, known)
    return matching[-1]


def _holds(landing: Landing, batch_id: str) -> bool:
    return any(held.batch_id == batch_id for held in landing.held)


def _names(plan: Plan, prefix: str) -> bool:
    return any(part.startswith(prefix) for parts in plan.parts.values() for part in parts)


def _prediction(
    loop: Loop, prediction_id: str, *, at: datetime | None, now: datetime
) -> FoundPrediction:
    since, until = (at - _AROUND, at + _AROUND) if at else (now - timedelta(days=DAYS), now)
    searched = f"the prediction log, of what was made from {moment(since)} to {moment(until)} UTC"
    found = find_prediction(
        loop.lake,
        loop.state,
        problem=loop.problem,
        prediction_id=prediction_id,
        since=since,
        until=until,
    )
    if found is None:
        raise NotFound(
            f"There is no prediction {prediction_id!r} of {loop.problem} in {searched}",
            remedy="Say with --at roughly when it was asked for; the log is written some minutes "
            "after the answer",
        )
    place, record = found
    outcome, unreadable = _outcome(loop, record)
    return FoundPrediction(
        record=record,
        place=place,
        searched=searched,
        target=loop.specification.target.name,
        outcomes=keys.validated(loop.problem, _told_by(loop.specification)),
        outcome=outcome,
        unreadable=unreadable,
    )


def _told_by(problem: Problem) -> str:
    """The data set that tells outcomes."""
    return problem.labels_name or problem.events_name


def _outcome(loop: Loop, record: LoggedPrediction) -> tuple[float | None, str | None]:
    """The outcome of the prediction's event, or why the rows that tell it cannot be read."""
    problem, begin = loop.specification, record.event_time
    prefix = environment_settings(loop.connection.environment).online_prefix
    at_hand = LabelsAtHand(
        problem, loop.state, loop.lake, loop.connection.client("dynamodb"), prefix
    )
    end = begin + timedelta(microseconds=1)
    try:
        labels = at_hand.read(begin=begin, end=end, now=datetime.now(UTC))
    except GhosteamError as error:
        return None, str(error)
    for row in labels.iter_rows(named=True):
        if _plain(row, record.event) == record.event:
            return float(row[TARGET]), None
    return None, None


def _plain(row: Mapping[str, object], names: Mapping[str, object]) -> dict[str, object]:
    values = {name: row.get(name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _alarm(loop: Loop, name: str) -> AlarmState:
    alarms = {alarm["AlarmName"]: alarm for alarm in alarms_of(loop.connection)}
    if name not in alarms:
        raise unknown(loop.problem, "alarm", name, sorted(alarms))
    found = alarms[name]
    return AlarmState(
        name=name,
        description=found.get("AlarmDescription", ""),
        state=found["StateValue"],
        since=found["StateUpdatedTimestamp"],
        reason=found.get("StateReason", ""),
        metric=found.get("MetricName", ""),
        dimensions={one["Name"]: one["Value"] for one in found.get("Dimensions", [])},
        dead_letters=loop.lost_messages(),
    )
