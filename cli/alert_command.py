"""The commands about alerts."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.application import Environment, app, fail, say
from ghosteam.errors import GhosteamError

alert = typer.Typer(help="The channels by which people are told.", no_args_is_help=True)
app.add_typer(alert, name="alert")


@alert.callback()
def _alert() -> None:
    """A group, although there is one command."""


@alert.command("test")
def try_them(
    problem: str,
    channel: Annotated[
        str | None, typer.Option(help="The name of one channel; else all of them.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Send the channels of the deployment a test about a problem, whatever the hour, and say of
    each whether its service took it. Ends with 1 when one did not.
    """
    from cli.alert import AlertFailed, try_channels
    from cli.connection import NotReachable, connect

    try:
        tried = try_channels(connect(environment), problem, channel)
    except (NotReachable, AlertFailed, GhosteamError) as error:
        raise fail(error) from error
    for one in tried:
        say(
            f"✗ {one.channel} ({one.kind}): {one.fault}"
            if one.fault
            else f"✓ {one.channel} ({one.kind})"
        )
    raise typer.Exit(1 if any(one.fault for one in tried) else 0)
