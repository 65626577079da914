"""Build the layers, then let the real CDK CLI deploy or destroy the stacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.cdk_cli import run_cdk
from cli.connection import ROOT, Connection
from infra.functions import FUNCTIONS
from infra.settings import EnvironmentSettings, environment_settings
from layers.build import build_layers, check_function_sizes, check_layer_counts, layer_folder
from layers.build.specs import Target

Progress = Callable[[str], None]


class CdkFailed(RuntimeError):
    """The CDK CLI ended with an error; the text holds its last lines, ``log`` names the file with all of them."""


def build(target: Target, progress: Progress) -> None:
    """Build the layers and hold every function against Lambda's limits."""
    build_layers(ROOT, target, on_progress=progress)
    check_layer_counts({name: list(spec.layers) for name, spec in FUNCTIONS.items()})
    check_function_sizes(
        {
            name: [ROOT / "functions" / name, *(layer_folder(ROOT, target, layer) for layer in spec.layers)]
            for name, spec in FUNCTIONS.items()
        }
    )


def deploy(connection: Connection, progress: Progress, *, bootstrap: bool = True) -> None:
    """Bootstrap the account if asked, then deploy all stacks. Repeating it deploys what changed."""
    settings = environment_settings(connection.environment)
    build("local" if settings.layer_target == "local" else "aws", progress)
    if bootstrap:
        progress("cdk bootstrap")
        _cdk(connection, settings, ["bootstrap", *_target_account(settings)], progress)
    progress("cdk deploy --all")
    _cdk(
        connection,
        settings,
        ["deploy", "--all", "--require-approval", "never", "--concurrency", "3", "--progress", "events"],
        progress,
    )


def destroy(connection: Connection, progress: Progress) -> None:
    """Delete all stacks; the endpoints that workflows made go with the Serving stack."""
    settings = environment_settings(connection.environment)
    _cdk(connection, settings, ["destroy", "--all", "--force"], progress)


def _target_account(settings: EnvironmentSettings) -> list[str]:
    return [f"aws://{settings.account}/{settings.region}"] if settings.account else []


def _cdk(connection: Connection, settings: EnvironmentSettings, arguments: Sequence[str], progress: Progress) -> None:
    output = ROOT / ".ghosteam" / "cdk.out" / settings.name
    log = ROOT / ".ghosteam" / "logs" / f"cdk-{arguments[0]}-{settings.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = connection.child_environment
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    # The app imports the project and its domain library from their folders.
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "core" / "python")])
    lines: list[str] = []
    with log.open("w") as file:

        def on_line(line: str) -> None:
            file.write(line + "\n")
            lines.append(line)
            if line.strip().startswith(("✅", "❌")) or "_FAILED" in line:
                progress(line.strip())

        code = run_cdk(
            [*arguments, "--context", f"environment={settings.name}", "--output", str(output), "--ci"],
            env=environment,
            on_line=on_line,
            cwd=ROOT,
        )
    if code:
        tail = "\n".join(lines[-25:])
        raise CdkFailed(f"cdk {arguments[0]} failed with exit code {code}:\n{tail}\nThe whole log: {log}")
