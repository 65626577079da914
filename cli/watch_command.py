"""The command that judges windows of the past."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.application import Environment, app, fail, say
from ghosteam.errors import GhosteamError


@app.command()
def watch(
    problem: str,
    begin: Annotated[
        str, typer.Option("--from", help="A date or time of ISO 8601; UTC without a zone.")
    ],
    end: Annotated[str | None, typer.Option("--to", help="The same; now when left out.")] = None,
    environment: Environment = "local",
) -> None:
    """Judge drift and performance in each whole window of a stretch of time, by the model that
    serves and what is known now. Nobody is alarmed and nothing is retrained; the verdicts take the
    places of earlier ones.
    """
    from cli.connection import ROOT, NotReachable, connect
    from cli.loop import Loop
    from cli.watch import parse_time
    from cli.watch import watch as watch_windows
    from ghosteam.problem.load import load_problem

    try:
        since = parse_time(begin, "--from")
        until = parse_time(end, "--to") if end else datetime.now(UTC)
        found = load_problem(ROOT / "feature_repo" / problem, environment=environment)
        loop = Loop(connect(environment), problem)
        watch_windows(loop.invoke, found, begin=since, end=until, say=say)
    except (NotReachable, GhosteamError, RuntimeError) as error:
        raise fail(error) from error
    except KeyboardInterrupt:
        say("Interrupted; what was judged is stored.")
        raise typer.Exit(1) from None
