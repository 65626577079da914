"""The command that shows the dashboards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, app, fail, say
from ghosteam.errors import GhosteamError


@app.command()
def dashboard(
    problem: Annotated[str | None, typer.Argument(help="All problems when none is named.")] = None,
    port: Annotated[int, typer.Option(help="Port of this machine; 0 takes a free one.")] = 0,
    save: Annotated[
        Path | None, typer.Option(help="Write the page into a file instead.", dir_okay=False)
    ] = None,
    grafana: Annotated[
        Path | None,
        typer.Option(
            help="Write Grafana's dashboard of what Prometheus reads at /metrics into a file.",
            dir_okay=False,
        ),
    ] = None,
    time: Annotated[
        str, typer.Option("--range", help="3h, 1d, 7d, 30d or 90d, for a file.")
    ] = "7d",
    environment: Environment = "local",
) -> None:
    """Show the dashboards of CloudWatch as a web page of this machine: alarms, drift, predictions
    and outcomes, performance, rollouts, data, requests.
    """
    from cli.connection import NotReachable, connect
    from cli.dashboard.grafana import grafana_json
    from cli.dashboard.page import RANGES
    from cli.dashboard.serve import METRICS, rendered, server

    if time not in RANGES:
        raise typer.BadParameter(f"--range is one of {', '.join(RANGES)}")
    try:
        if grafana is not None:
            grafana.write_text(grafana_json(problem, environment), encoding="utf-8")
            say(f"Written to {grafana}")
            return
        connection = connect(environment)
        # Asked once in any case: what is not there is said here, and not in a browser.
        found = rendered(connection, problem, time, now=datetime.now(UTC), links=save is None)
        if save is not None:
            save.write_text(found, encoding="utf-8")
            say(f"Written to {save}")
            return
        with server(connection, port) as serving:
            address = f"http://127.0.0.1:{serving.server_address[1]}"
            say(f"{address}/{problem or ''}, for Prometheus {address}{METRICS}  (Ctrl+C ends it)")
            serving.serve_forever()
    except KeyboardInterrupt:
        say("Ended.")
    except (NotReachable, GhosteamError, OSError) as error:
        raise fail(error) from error
