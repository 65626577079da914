"""`ghosteam local …`: start, stop and look into the embedded AWS account."""

import os
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console

from local import supervisor
from local.processes import StartFailed

app = typer.Typer(help="The embedded AWS account on this machine.", no_args_is_help=True)
console = Console()
StateDir = Annotated[
    Path | None,
    typer.Option(
        "--state-dir", help="Where the account keeps its files. Default: .ghosteam/local."
    ),
]


def _running(state_dir: Path | None) -> supervisor.Account:
    account = supervisor.describe((state_dir or supervisor.default_state_dir()).resolve())
    if account is None or not account.is_running:
        console.print("The embedded account is not running. Start it with: ./ghosteam local up")
        raise typer.Exit(1)
    return account


@app.command()
def up(
    state_dir: StateDir = None,
    port: Annotated[
        int, typer.Option(help="Port of the account; another free one when it is taken.")
    ] = 4566,
) -> None:
    """Start the account and its MLflow server, empty; do nothing when they run."""
    try:
        account = supervisor.up(state_dir, port=port, progress=console.print)
    except StartFailed as failed:
        console.print(str(failed), markup=False)
        raise typer.Exit(1) from failed
    console.print(
        f"account  {account.endpoint}\nAPI      {account.api_url}\nmlflow   {account.mlflow_url}"
    )


@app.command()
def down(state_dir: StateDir = None) -> None:
    """Stop the account and everything that it started. Its contents are gone."""
    ended = supervisor.down(state_dir, progress=console.print)
    console.print(f"stopped {len(ended)} processes" if ended else "nothing was running")


@app.command()
def status(state_dir: StateDir = None) -> None:
    """Show addresses, processes and log files; exit code 1 when the account is not running."""
    account = _running(state_dir)
    console.print(f"account  {account.endpoint}  ({account.account_id}, {account.region})")
    console.print(f"API      {account.api_url}\nmlflow   {account.mlflow_url}")
    for name, process in account.processes.items():
        console.print(f"{name:<8} process {process.pid}, log {process.log}", soft_wrap=True)


@app.command()
def env(state_dir: StateDir = None) -> None:
    """Print the variables that point AWS clients at the account: eval "$(./ghosteam local env)"."""
    for name, value in _running(state_dir).environment.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def logs(
    group: Annotated[
        str | None, typer.Argument(help="Log group, for example /aws/lambda/NAME; none lists them.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    state_dir: StateDir = None,
) -> None:
    """Print the events of a CloudWatch log group, or the names of all groups."""
    account = _running(state_dir)
    client = boto3.client(
        "logs",
        endpoint_url=account.endpoint,
        region_name=account.region,
        aws_access_key_id=account.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=account.environment["AWS_SECRET_ACCESS_KEY"],
    )
    if group is None:
        for page in client.get_paginator("describe_log_groups").paginate():
            for found in page["logGroups"]:
                typer.echo(found["logGroupName"])
        return
    seen: set[str] = set()
    since = 0
    try:
        while True:
            since = _print_new_events(client, group, seen, since)
            if not follow:
                return
            time.sleep(1)
    except client.exceptions.ResourceNotFoundException as missing:
        console.print(f"There is no log group {group}. `./ghosteam local logs` lists them.")
        raise typer.Exit(1) from missing
    except KeyboardInterrupt:
        return


def _print_new_events(client: Any, group: str, seen: set[str], since: int) -> int:
    """Print what is not in `seen`, from epoch millisecond `since` on. The last event's time."""
    for page in client.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=since
    ):
        for event in page["events"]:
            since = max(since, event["timestamp"])
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                typer.echo(f"{moment:%H:%M:%S.%f} {event['message']}".rstrip(os.linesep))
    return since
