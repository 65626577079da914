"""Build the layers, then let the real CDK CLI deploy or destroy the stacks."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.cdk_cli import run_cdk
from cli.connection import ROOT, Connection
from cli.images.docker import builder_variables
from cli.leftovers import buckets_of, check_names, delete_leftovers, empty_bucket, leftovers
from ghosteam.data.expectations import have_suites
from ghosteam.problem.load import load_problems
from infra.functions import FUNCTIONS
from infra.settings import EnvironmentSettings, environment_settings
from layers.build import build_layers, check_function_sizes, check_layer_counts, layer_folder
from layers.build.specs import Target

Progress = Callable[[str], None]


class CdkFailed(RuntimeError):
    """The CDK CLI ended with an error; the text holds its last lines, ``log`` names the file with
    all of them.
    """


def build(target: Target, progress: Progress) -> None:
    """Build the layers and hold every function against Lambda's limits."""
    build_layers(ROOT, target, on_progress=progress)
    check_layer_counts({name: list(spec.layers) for name, spec in FUNCTIONS.items()})
    check_function_sizes(
        {
            name: [
                ROOT / "functions" / name,
                *(layer_folder(ROOT, target, layer) for layer in spec.layers),
            ]
            for name, spec in FUNCTIONS.items()
        }
    )


def deploy(connection: Connection, progress: Progress, *, bootstrap: bool = True) -> None:
    """Bootstrap the account if asked, then deploy all stacks. Repeating it deploys what changed.

    Raises NamesTaken when what an earlier deployment kept is in the way; CdkFailed.
    """
    settings = environment_settings(connection.environment)
    if settings.keep_data:
        check_names(connection, settings)
    build("local" if settings.layer_target == "local" else "aws", progress)
    if bootstrap:
        progress("cdk bootstrap")
        _cdk(connection, settings, ["bootstrap", *_target_account(settings)], progress)
    image = builder_variables() if _builds_images(settings) else {}
    progress("cdk deploy --all")
    _cdk(
        connection,
        settings,
        [
            "deploy",
            "--all",
            "--require-approval",
            "never",
            "--concurrency",
            "3",
            "--progress",
            "events",
        ],
        progress,
        image,
    )


def destroy(connection: Connection, progress: Progress, *, with_data: bool = False) -> None:
    """Delete all stacks; the endpoints that workflows made go with the Serving stack.

    An environment that does not keep its data loses it: CloudFormation deletes only empty buckets,
    so they are emptied first. Of one that keeps them, ``with_data`` deletes what outlives the
    stacks too.
    """
    settings = environment_settings(connection.environment)
    if not settings.keep_data:
        for name in buckets_of(connection, settings):
            progress(f"emptying {name}")
            empty_bucket(connection, name, progress)
    _cdk(connection, settings, ["destroy", "--all", "--force"], progress)
    if with_data:
        delete_leftovers(connection, settings, progress)
    elif kept := leftovers(connection, settings):
        progress(
            f"kept, since {settings.name!r} keeps its data: "
            + ", ".join(found.name for found in kept)
        )


def _builds_images(settings: EnvironmentSettings) -> bool:
    if settings.expectations_image:
        return settings.builds_images(suites=False)
    repository = ROOT / "feature_repo"
    problems = load_problems(repository, environment=settings.name)
    return settings.builds_images(suites=have_suites(problems, repository))


def _target_account(settings: EnvironmentSettings) -> list[str]:
    return [f"aws://{settings.account}/{settings.region}"] if settings.account else []


def _cdk(
    connection: Connection,
    settings: EnvironmentSettings,
    arguments: Sequence[str],
    progress: Progress,
    variables: Mapping[str, str] | None = None,
) -> None:
    log = ROOT / ".ghosteam" / "logs" / f"cdk-{arguments[0]}-{settings.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**connection.child_environment, **(variables or {})}
    environment["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
    )
    # The app imports the project and its domain library from their folders.
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), str(ROOT / "layers" / "core" / "python")]
    )
    lines: list[str] = []
    # A folder of its own: the CLI refuses to synthesise where another one does.
    with (
        log.open("w") as file,
        tempfile.TemporaryDirectory(prefix="cdk-", dir=ROOT / ".ghosteam") as output,
    ):

        def on_line(line: str) -> None:
            file.write(line + "\n")
            lines.append(line)
            if line.strip().startswith(("✅", "❌")) or "_FAILED" in line:
                progress(line.strip())

        # Where the account is named, bootstrapping needs no synthesis: outside this folder the CLI
        # finds no app.
        named = arguments[0] == "bootstrap" and settings.account is not None
        code = run_cdk(
            [*arguments, "--context", f"environment={settings.name}", "--output", output, "--ci"],
            env=environment,
            on_line=on_line,
            cwd=Path(output) if named else ROOT,
        )
    if code:
        tail = "\n".join(lines[-25:])
        raise CdkFailed(
            f"cdk {arguments[0]} failed with exit code {code}:\n{tail}\nThe whole log: {log}"
        )
