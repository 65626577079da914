"""All commands: importing a module of them registers them."""

from __future__ import annotations

import cli.alert_command
import cli.dashboard.command
import cli.data_report.command
import cli.development
import cli.drift_report.command
import cli.erase_command
import cli.features_command
import cli.operation
import cli.own_data
import cli.quarantine.command
import cli.replay.command
import cli.watch_command  # noqa: F401
from cli.application import app
from local.cli import app as local_app

__all__ = ["app"]

app.add_typer(local_app, name="local")
