"""``ghosteam plan``: what a deployment of the folders would do, before it does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.connection import ROOT, Connection, NotReachable
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents.change import Change, Stage
from ghosteam.problem.load import find_problem, load_problems
from ghosteam.retraining.changes import Folder
from ghosteam.runtime.problems import contract_code
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.publish_definitions import planned, withdrawn

FEATURE_REPO = ROOT / "feature_repo"
_DOES = {
    "read": "read the files of {} again",
    "validate": "validate the batches of {} again",
    "rebuild": "rebuild the online rows of {}",
    "retrain": "retrain {}",
    "callers": "callers of {}",
    "retire": "retire {}",
    "remove": "remove the online rows of {}",
}


def planned_changes(connection: Connection, problem: str | None) -> list[Change]:
    """The change of each problem, or of one, from what is in force to what the folder says.

    Raises:
        NotReachable: the account does not answer, or nothing is deployed there.
        InvalidInput: a folder is not valid.
        NotFound: there is no such problem.
    """
    problems = load_problems(FEATURE_REPO, environment=connection.environment)
    chosen = [find_problem(problems, problem)] if problem else problems.values()
    names = connection.names
    publishing = Publishing(
        StateTable(connection.client("dynamodb"), names["state_table"]),
        Objects(connection.client("s3"), names["artifact_bucket"]),
        Bus(connection.client("events"), names["bus_name"]),
    )
    now = datetime.now(UTC)
    changes = [
        planned(Folder(one, contract_code(FEATURE_REPO / one.problem)), publishing, now=now)
        for one in chosen
    ]
    return changes if problem else [*changes, *withdrawn(problems, publishing, now=now)]


def print_plan_if_deployed(connection: Connection, console: Console) -> None:
    """The plan of all problems; nothing before the first deployment."""
    try:
        changes = planned_changes(connection, None)
    except NotReachable:
        return
    print_plan(changes, console)


def print_plan(changes: list[Change], console: Console) -> None:
    """Each problem with what was changed in it and what follows, done or left out."""
    for change in changes:
        console.print(f"\n[bold]{change.problem}[/]")
        for line in change.differences or ("nothing was changed",):
            console.print(f"  {line}", markup=False, soft_wrap=True)
        if change.stages:
            console.print(_table(change.stages))
        console.print(f"  {_sum_of(change.stages)}", markup=False, soft_wrap=True)


def _table(stages: tuple[Stage, ...]) -> Table:
    table = Table("stage", "batches", "rows", "minutes", "about $", "why", box=None, padding=(0, 2))
    for stage in stages:
        # A name with brackets is no markup.
        table.add_row(*map(Text, _cells(stage)), style="dim" if stage.skipped else None)
    return table


def _cells(stage: Stage) -> Iterator[str]:
    does = _DOES[stage.kind].format(stage.subject)
    if stage.skipped:
        yield from (f"– {does}", "", "", "", "", f"left out: {stage.skipped}")
        return
    yield does
    yield f"{stage.batches:,}" if stage.batches else ""
    yield f"{stage.rows:,}" if stage.rows else ""
    yield f"{stage.minutes:.1f}" if stage.minutes else ""
    yield f"{stage.usd:.2f}" if stage.usd else ""
    yield stage.why


def _sum_of(stages: tuple[Stage, ...]) -> str:
    done = [stage for stage in stages if stage.skipped is None]
    if not done:
        return "Deploying it changes nothing that is made already."
    minutes, usd = (sum(values) for values in zip(*((s.minutes, s.usd) for s in done), strict=True))
    return f"Deploying it takes about {minutes:.0f} minutes of work and ${usd:.2f} besides."
