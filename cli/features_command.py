"""The command that tells how features are served."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, app, console, fail
from ghosteam.errors import GhosteamError


@app.command()
def features(
    problem: str,
    hours: Annotated[
        float, typer.Option(min=1, max=24 * 90, help="Of how many hours predictions are read.")
    ] = 24.0,
    sizes: Annotated[
        bool,
        typer.Option(
            "--sizes", help="And what rows online take and cost: the whole online table is read."
        ),
    ] = False,
    propose: Annotated[
        bool,
        typer.Option("--propose", help="Say instead which joins and windows the files offer."),
    ] = False,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Files, and folders of files; those that init read by default."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="How long proposals are measured for.")
    ] = 120.0,
    write: Annotated[
        bool, typer.Option("--write", help="Write what is proposed into problem.yaml.")
    ] = False,
    sql: Annotated[
        str | None,
        typer.Option(
            "--sql",
            metavar="EVENTS",
            help="Print instead the query of Athena that joins the views to this table of events, "
            "or query in parentheses, as of their event_time.",
        ),
    ] = None,
    environment: Environment = "local",
) -> None:
    """Tell what each view brings, how fresh it is served, and whether what was served is what was
    learned from: equal, null online, late or different. Or propose features: joins and windows
    by which a quick model is better beyond chance, and why others are left out. Or print the SQL
    by which Athena finds what was known at the time of events of yours.
    """
    if sql is not None:
        from cli.athena_query import query_of

        try:
            typer.echo(query_of(problem, sql, environment), nl=False)
        except (GhosteamError, ValueError) as error:
            raise fail(error) from error
        return
    if propose:
        from cli.connection import ROOT
        from cli.propose.command import propose_named

        files = data or []
        propose_named(problem, files, seconds, environment, console, root=ROOT, write=write)
        return
    from cli.connection import NotReachable, connect
    from cli.features import print_features
    from cli.loop import Loop
    from cli.online_sizes import print_sizes, sizes_of
    from infra.settings import environment_settings

    try:
        loop = Loop(connect(environment), problem)
        print_features(loop, console, now=datetime.now(UTC), length=timedelta(hours=hours))
        if sizes:
            prefix = environment_settings(environment).online_prefix
            taken = sizes_of(loop.connection.client("dynamodb"), prefix, problem)
            print_sizes(taken, loop.specification, console)
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error
