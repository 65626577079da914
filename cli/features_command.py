"""The command that tells how features are served."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
    environment: Environment = "local",
) -> None:
    """Tell what each view brings, how fresh it is served, and whether what was served is what was
    learned from: equal, null online, late or different.
    """
    from cli.connection import NotReachable, connect
    from cli.features import print_features
    from cli.loop import Loop

    try:
        loop = Loop(connect(environment), problem)
        print_features(loop, console, now=datetime.now(UTC), length=timedelta(hours=hours))
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error
