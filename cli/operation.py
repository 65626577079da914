"""Commands for a deployment: put it there, look at it, act on it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, app, console, fail, say
from ghosteam.errors import GhosteamError


@app.command()
def deploy(environment: Environment = "local") -> None:
    """Say what changed folders make necessary, as ``plan`` does, build the layers and deploy all
    stacks; dev and prod need Docker or buildah for the job image.
    """
    from cli.connection import NotReachable, connect
    from cli.deployment import CdkFailed
    from cli.deployment import deploy as deploy_stacks
    from cli.images.buildah import ImageError
    from cli.leftovers import NamesTaken, NotEmptied
    from cli.plan import print_plan_if_deployed

    try:
        connection = connect(environment)
        print_plan_if_deployed(connection, console)
        deploy_stacks(connection, say)
        say(f"API  {connection.page('')}")
    except (
        NotReachable,
        CdkFailed,
        ImageError,
        NamesTaken,
        NotEmptied,
        GhosteamError,
        ValueError,
    ) as error:
        raise fail(error) from error


@app.command()
def plan(
    problem: Annotated[str | None, typer.Argument(help="All problems when none is named.")] = None,
    environment: Environment = "local",
) -> None:
    """Say what deploying the folders would do: what is read, validated, rebuilt and retrained, how
    long it takes, what it costs, and what callers must send.
    """
    from cli.connection import NotReachable, connect
    from cli.plan import planned_changes, print_plan

    try:
        print_plan(planned_changes(connect(environment), problem), console)
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error


@app.command()
def destroy(
    environment: Environment = "local",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data", help="Also the buckets and tables of an environment that keeps its data."
        ),
    ] = False,
) -> None:
    """Delete all stacks of an environment, and the endpoints that its workflows made; prod keeps
    its data.
    """
    from cli.connection import NotReachable, connect
    from cli.deployment import CdkFailed
    from cli.deployment import destroy as destroy_stacks

    what = "everything, with all data," if with_data else "all stacks"
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Delete {what} of {environment!r}?")):
        say("Nothing was deleted. Say --yes to delete.")
        raise typer.Exit(1)
    try:
        destroy_stacks(connect(environment), say, with_data=with_data)
    except (NotReachable, CdkFailed, ValueError) as error:
        raise fail(error) from error


@app.command()
def status(
    problem: Annotated[
        str | None, typer.Argument(help="All problems, a few lines each, when none is named.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Show what serves, what waits and why, the last runs and verdicts, files, dead letters and
    alarms.
    """
    from cli.connection import NotReachable, connect
    from cli.status import print_status

    try:
        print_status(connect(environment), problem, console)
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error


@app.command()
def why(
    problem: str,
    about: Annotated[
        str | None,
        typer.Argument(help="What of it: run, batch, prediction or alarm.", metavar="[KIND]"),
    ] = None,
    id: Annotated[
        str | None,
        typer.Argument(
            help="The run's, batch's or prediction's id, a landing key, or the alarm's name.",
            metavar="[ID]",
        ),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(help="Roughly when a prediction was asked for, UTC; else the last 3 days."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, each fact with the document that says so.")
    ] = False,
    environment: Environment = "local",
) -> None:
    """Say why it is so, from documents alone: what serves and since when, on which data, how it
    does, why it was or was not retrained; or what became of a run, a file, a prediction, and what
    is behind an alarm.
    """
    from cli.connection import NotReachable, connect
    from cli.why.read import ABOUT, answer, tell

    if about not in (None, *ABOUT) or (about is None) != (id is None):
        raise typer.BadParameter(
            f"after the problem comes nothing, or one of {', '.join(ABOUT)} and an id"
        )
    asked_at = at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
    try:
        told = answer(connect(environment), problem, about, id or "", asked_at)
        tell(told, console, as_json=as_json)
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error


@app.command()
def score(
    problem: str,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Rows to score: CSV, JSON lines or Parquet.", exists=True, dir_okay=False
        ),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Score a validated batch of events instead.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Where to write the predictions (Parquet) on this machine.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Score many rows at once with the champion, as a job."""
    from cli.connection import NotReachable, connect
    from cli.score import ScoringFailed, score_batch, score_file
    from ghosteam.errors import InvalidInput

    if (file is None) == (batch is None):
        raise typer.BadParameter("give either a file of rows or --batch")
    try:
        connection = connect(environment)
        if file is not None:
            scored = score_file(connection, problem, file, save=save, say=say)
        else:
            scored = score_batch(connection, problem, str(batch), save=save, say=say)
    except (NotReachable, ScoringFailed, InvalidInput) as error:
        raise fail(error) from error
    rows, version = scored.manifest.rows, scored.manifest.model.version
    say(f"{rows.scored} rows scored by version {version}, {rows.refused} refused  {scored.uri}")


@app.command()
def retrain(
    problem: str,
    environment: Environment = "local",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Follow the request to its end.")
    ] = True,
) -> None:
    """Ask for a retraining run now, without cool-down and budget; the gates decide as always."""
    from cli.connection import NotReachable, connect
    from cli.follow import retrain as ask
    from cli.loop import Loop

    try:
        good = ask(Loop(connect(environment), problem), wait=wait, say=say)
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error
    raise typer.Exit(0 if good else 1)


@app.command()
def redrive(
    queue: Annotated[
        list[str] | None, typer.Argument(help="Parts of the names of queues; all by default.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what lies there and why.")
    ] = False,
    environment: Environment = "local",
) -> None:
    """Put messages that were given up back to work; say what each is about and why it was given
    up.
    """
    from cli.connection import NotReachable, connect
    from cli.redrive import dead_letters, leave, put_back

    try:
        connection = connect(environment)
        letters = list(dead_letters(connection, queue or []))
        for letter in letters:
            (leave if dry_run else put_back)(connection, letter)
            say(
                f"{letter.sent_at:%Y-%m-%d %H:%M} UTC  {letter.source.rsplit('/', 1)[1]}  "
                f"{letter.about}"
            )
            say(f"    {letter.why}")
        say(f"{len(letters)} messages {'lie among the dead letters' if dry_run else 'put back'}")
    except NotReachable as error:
        raise fail(error) from error


@app.command()
def rollback(
    problem: str,
    to: Annotated[
        str | None,
        typer.Option(help="Version to go back to; the one that served before by default."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")] = "no reason given",
    environment: Environment = "local",
) -> None:
    """Go back to the model that served before: within seconds while its endpoint is kept, else by a
    rollout.
    """
    from cli.connection import NotReachable, connect
    from cli.rollback import RollbackFailed, roll_back

    try:
        say(roll_back(connect(environment), problem, to=to, reason=reason))
    except (NotReachable, RollbackFailed) as error:
        raise fail(error) from error


@app.command()
def approve(
    problem: str,
    environment: Environment = "local",
    reject: Annotated[bool, typer.Option("--reject", help="Refuse the model instead.")] = False,
) -> None:
    """Answer a rollout that waits for a human's approval."""
    from cli.connection import NotReachable, connect
    from cli.status import answer_approval

    try:
        say(answer_approval(connect(environment), problem, approve=not reject))
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error


@app.command()
def token(
    scope: Annotated[
        str, typer.Argument(help="predict:<problem>, write:<problem> or admin.")
    ] = "admin",
    environment: Environment = "local",
) -> None:
    """Print an access token for the API (one hour): curl -H "Authorization: Bearer $(./ghosteam
    token predict:flights)" …
    """
    from cli.connection import NotReachable, connect

    try:
        typer.echo(connect(environment).api(scope).token())
    except NotReachable as error:
        raise fail(error) from error
