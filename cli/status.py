"""``ghosteam status`` and ``ghosteam approve``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console

from cli.alarms import alarms_of
from cli.connection import ROOT, Connection
from cli.facts.documents import ProblemDocuments
from cli.facts.fact import moment
from cli.loop import Loop
from cli.redrive import given_up, queues_of_given_up
from cli.report import REJECTIONS, Sections, headline, report
from ghosteam.aws.expectations import expectations_of
from ghosteam.aws.judged_batches import rejection_of_batch
from ghosteam.aws.state import StateTable
from ghosteam.data.expectations import suite_path
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.expectations_result import ExpectationsResult
from ghosteam.documents.log_completeness import LogCompleteness
from ghosteam.errors import GhosteamError
from ghosteam.features.views import windows_version
from ghosteam.problem.load import load_problems
from ghosteam.steps.data_at_hand import outcomes_of


def print_status(connection: Connection, problem: str | None, console: Console) -> None:
    """Everything about one problem, or a line about each; then what concerns the whole deployment.

    Lines are whole, however long.
    """
    if problem is not None:
        _print(console, report(read_documents(Loop(connection, problem))))
    else:
        names = sorted(load_problems(ROOT / "feature_repo", environment=connection.environment))
        if not names:
            console.print("There is no problem: feature_repo has no folder with a problem.yaml.")
        for name in names:
            line = headline(read_documents(Loop(connection, name)))
            console.print(f"\n[bold]{line.pop('problem')}[/]")
            for what, told in line.items():
                console.print(f"  {what:<15} {told}", markup=False, soft_wrap=True)
    _print(
        console,
        {
            "Prediction log of all problems": list(_log(connection)),
            "Dead letters": list(_dead_letters(connection)),
            "Alarms": list(_alarms(connection)),
        },
    )


def read_documents(loop: Loop) -> ProblemDocuments:
    """What the loop left about its problem."""
    runs, batches = loop.runs, sorted(loop.batches, key=lambda batch: batch.received_at)
    rollout, retraining = (
        loop.document(state_keys.ROLLOUT_LEASE),
        loop.document(state_keys.RETRAINING_LEASE),
    )
    steps = {
        "rollout": loop.where_is(rollout.execution) if rollout else None,
        **({retraining.run_id: loop.step_of(retraining.run_id)} if retraining else {}),
    }
    newest = sorted(batches, key=lambda batch: batch.source.landed_at)
    rejected = [batch for batch in newest if batch.status == "rejected"][-REJECTIONS:]
    return ProblemDocuments(
        problem=loop.problem,
        routing=loop.document(state_keys.ROUTING),
        runs=runs,
        batches=batches,
        outcomes=outcomes_of(loop.specification, loop.state),
        windows_version=windows_version(loop.specification),
        readiness=loop.document(state_keys.READINESS),
        approval=loop.document(state_keys.APPROVAL),
        waiting_rollout=loop.document(state_keys.WAITING_ROLLOUT),
        retraining_lease=retraining,
        rollout_lease=rollout,
        waiting=loop.documents(state_keys.WAITING_OCCASIONS),
        decisions=loop.documents(state_keys.DECISIONS),
        drift=loop.documents(state_keys.DRIFT_VERDICTS),
        performance=loop.documents(state_keys.PERFORMANCE_VERDICTS),
        outcome_drift=loop.documents(state_keys.OUTCOME_VERDICTS),
        log_hours=_log_hours(loop),
        published=loop.document(state_keys.PUBLISHED_DEFINITION),
        changes=loop.documents(state_keys.CHANGES),
        rebuild=loop.document(state_keys.REBUILD),
        registry_notes=loop.documents(state_keys.REGISTRY_NOTES),
        steps={name: step for name, step in steps.items() if step},
        rejections={
            batch.batch_id: why for batch in rejected if (why := why_rejected(loop, batch))
        },
        expectations=_expectations(loop, newest),
    )


def _log_hours(loop: Loop) -> list[LogCompleteness]:
    """Of today and the day before: what was compared last."""
    today = datetime.now(UTC)
    return [
        hour
        for day in (today - timedelta(days=1), today)
        for hour in loop.documents(state_keys.LOG_COMPLETENESS / f"{day:%Y-%m-%d}")
    ]


def _expectations(loop: Loop, batches: Sequence[BatchRecord]) -> list[ExpectationsResult]:
    """Of the newest batches whose data set has a suite."""
    folder = ROOT / "feature_repo" / loop.problem
    asked = [one for one in batches if suite_path(folder, one.dataset).is_file()]
    found = (expectations_of(batch, loop.artifacts) for batch in asked[-REJECTIONS:])
    return [result for result in found if result]


def why_rejected(loop: Loop, record: BatchRecord) -> str | None:
    """What a file was rejected for; None where that cannot be read."""
    try:
        rejection = rejection_of_batch(record, loop.lake)
    except GhosteamError:
        return None
    if rejection is None:
        return None
    where = ", ".join(f"{name} {value}" for name, value in rejection.where.items())
    return f"{rejection.message}{f' ({where})' if where else ''}. {rejection.remedy}".strip()


def _dead_letters(connection: Connection) -> Iterator[str]:
    for name, count in given_up(connection, queues_of_given_up(connection)).items():
        yield f"{name}: {count}; ./ghosteam redrive says why and puts them back"


def _log(connection: Connection) -> Iterator[str]:
    """How far the log of all problems has been compacted, and what was set aside."""
    state = StateTable(connection.client("dynamodb"), connection.names["state_table"])
    found = state.find(state_keys.EVERY_PROBLEM, state_keys.LOG_COMPACTION)
    if found is None or found.finished_at is None:
        return
    left = f", {found.left} delivered objects are left" if found.left else ""
    yield f"compacted {moment(found.finished_at)} UTC{left}"
    if found.damaged:
        yield (
            f"{found.damaged} lines or objects were no records: {keys.DAMAGED} in the lake bucket "
            "has them"
        )


def _alarms(connection: Connection) -> Iterator[str]:
    for alarm in alarms_of(connection, StateValue="ALARM"):
        since = moment(alarm["StateUpdatedTimestamp"])
        yield f"{alarm['AlarmName']} since {since} UTC: {alarm['AlarmDescription']}"


def _print(console: Console, sections: Sections) -> None:
    for title, lines in sections.items():
        console.print(f"\n[bold]{title}[/]")
        for line in lines or ["none"]:
            console.print(f"  {line}", markup=False, soft_wrap=True)


def answer_approval(connection: Connection, problem: str, *, approve: bool) -> str:
    """Send the answer that a rollout waits for; returns what was done."""
    loop = Loop(connection, problem)
    waiting = loop.document(state_keys.APPROVAL)
    if waiting is None:
        return f"Nothing of {problem} waits for approval."
    machines = connection.client("stepfunctions")
    if approve:
        machines.send_task_success(taskToken=waiting.token, output="{}")
        return f"Version {waiting.version} of {problem} was approved; its rollout goes on."
    machines.send_task_failure(
        taskToken=waiting.token, error="Refused", cause="A person refused the model."
    )
    return f"Version {waiting.version} of {problem} was refused."
