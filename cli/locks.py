"""``ghosteam lock``: resolve the pinned requirements anew. Locks name no registry."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.connection import ROOT
from layers.build.uv import constraints_of

UV = Path(sys.executable).with_name("uv")
_COMMON = [
    "--quiet",
    "--no-header",
    "--no-emit-index-url",
    "--no-annotate",
    "--universal",
    "--python-version",
    "3.11",
]


def lock(progress: Callable[[str], None]) -> None:
    """Everything together first; what ships (jobs, layers) is then pinned to the same versions."""
    overrides = ["--override", "requirements/overrides.in"]
    progress("requirements/dev.lock")
    _compile(["requirements/dev.in", *overrides], "requirements/dev.lock")
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text(constraints_of((ROOT / "requirements" / "dev.lock").read_text()))
        for job in ("requirements", "requirements-serve"):
            progress(f"training_jobs/{job}.lock")
            _compile(
                [f"training_jobs/{job}.in", *overrides, "--constraint", str(constraints)],
                f"training_jobs/{job}.lock",
            )
    progress("local/requirements.lock")
    _compile(["local/requirements.in"], "local/requirements.lock")
    progress("layers")
    subprocess.run([sys.executable, "-m", "layers.build", "--lock"], cwd=ROOT, check=True)


def _compile(arguments: Sequence[str], output: str) -> None:
    _uv([*_COMMON, "--generate-hashes", *arguments, "--output-file", output])


def _uv(arguments: Sequence[str]) -> None:
    subprocess.run([str(UV), "pip", "compile", *arguments], cwd=ROOT, check=True)
