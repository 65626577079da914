"""The commands of ``ghosteam report``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, app, fail, say
from cli.connection import ROOT
from ghosteam.errors import GhosteamError

report_app = typer.Typer(help="Reports as HTML pages.", no_args_is_help=True)
app.add_typer(report_app, name="report")


@report_app.command()
def data(
    problem: str,
    dataset: Annotated[str | None, typer.Option(help="Of this data set only.")] = None,
    batches: Annotated[
        int, typer.Option(min=1, help="So many of the newest batches get a page each.")
    ] = 20,
    to: Annotated[
        Path | None, typer.Option(help="The folder to write; default: .ghosteam/reports/data/NAME.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """What landed: for each data set and batch a page with profile, changes since the batch before,
    reasons of quarantine, and freshness; from the documents that the loop left.
    """
    import cli.connection
    from cli.data_report.write import write_report

    folder = to or ROOT / ".ghosteam" / "reports" / "data" / problem
    try:
        connection = cli.connection.connect(environment)
        found = write_report(
            connection, problem, folder, dataset=dataset, batches=batches, now=datetime.now(UTC)
        )
    except (cli.connection.NotReachable, GhosteamError, ValueError, OSError) as error:
        raise fail(error) from error
    for name, count in found.items():
        say(f"{name}: {count} batches" if count else f"{name}: nothing has been judged yet")
    say(f"{folder / 'index.html'}")
