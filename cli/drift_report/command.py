"""The command that writes the verdict on a window as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, fail, say
from cli.connection import ROOT
from cli.data_report.command import report_app
from ghosteam.errors import GhosteamError


@report_app.command()
def drift(
    problem: str,
    window: Annotated[
        str | None, typer.Option(help="When it ends, ISO 8601; the newest when left out.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="The file to write; default: .ghosteam/reports/drift/NAME-END.html."),
    ] = None,
    environment: Environment = "local",
) -> None:
    """What a window of predictions was found to be, against what: the verdict that is on record,
    what it is made of, and the windows before.
    """
    import cli.connection
    from cli.drift_report.page import drift_page
    from cli.drift_report.read import read_window
    from cli.loop import Loop
    from cli.watch import parse_time
    from ghosteam.documents.keys import window_id

    try:
        end = parse_time(window, "--window") if window else None
        found = read_window(Loop(cli.connection.connect(environment), problem), end)
        folder = ROOT / ".ghosteam" / "reports" / "drift"
        file = to or folder / f"{problem}-{window_id(found.verdict.window_end)}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(drift_page(found), encoding="utf-8")
    except (cli.connection.NotReachable, GhosteamError, OSError) as error:
        raise fail(error) from error
    say(str(file))
