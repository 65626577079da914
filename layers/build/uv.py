"""The two things asked of uv: resolve a layer's lock file, and install a lock file into a
folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from layers.build.errors import LayerBuildError
from layers.build.specs import AWS_PLATFORM, AWS_PYTHON, RUNTIME_PROVIDED, LayerSpec, Target

# The lowest Python that the locks hold for; the local target is built for whichever one runs.
_LOWEST_PYTHON = "3.11"
_PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[^]]*\])?==[^\s\\]+(\s*;[^\\]+)?")


def constraints_of(lock: str) -> str:
    """The pins of a hashed lock file as constraints: one ``name==version [; marker]`` a line,
    without hashes and comments.
    """
    matches = (_PINNED.match(line) for line in lock.splitlines())
    return "".join(f"{match[0].strip()}\n" for match in matches if match)


def write_lock(root: Path, spec: LayerSpec) -> Path:
    """Resolves ``layers/<name>/requirements.in`` at the versions of ``requirements/dev.lock`` and
    writes the lock beside it.
    """
    source = root / "layers" / spec.name / "requirements.in"
    lock = source.with_suffix(".lock")
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text(constraints_of((root / "requirements/dev.lock").read_text()))
        excludes = Path(folder, "excludes.txt")
        excludes.write_text("\n".join(RUNTIME_PROVIDED))
        arguments = [
            "pip",
            "compile",
            str(source),
            "--output-file",
            str(lock),
            "--upgrade",
            "--quiet",
        ]
        arguments += ["--universal", "--python-version", _LOWEST_PYTHON, "--generate-hashes"]
        arguments += ["--no-header", "--no-emit-index-url", "--no-annotate"]
        arguments += ["--constraints", str(constraints), "--excludes", str(excludes)]
        arguments += [] if spec.follow_dependencies else ["--no-deps"]
        _run(root, arguments, doing=f"resolving {source.relative_to(root)}")
    return lock


def install(root: Path, lock: Path, folder: Path, target: Target) -> None:
    """Installs a hashed lock file into a folder, for the running interpreter (local) or for
    Lambda's (aws).

    First from the cache alone, which needs no network and is the quickest; pins and hashes make the
    outcome the same.
    """
    arguments = [
        "pip",
        "install",
        "--target",
        str(folder),
        "--no-deps",
        "--require-hashes",
        "--quiet",
    ]
    arguments += ["--python", sys.executable, "--only-binary", ":all:", "--requirements", str(lock)]
    if target == "aws":
        arguments += ["--python-version", AWS_PYTHON, "--python-platform", AWS_PLATFORM]
    try:
        _run(root, [*arguments, "--offline"], doing="installing from the cache")
    except LayerBuildError:
        _run(root, arguments, doing=f"installing {lock.relative_to(root)} for {target}")


def _run(root: Path, arguments: list[str], *, doing: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    if not uv.is_file():
        raise LayerBuildError(
            f"no uv at {uv}; run the build with the interpreter of the development environment"
        )
    environment = {**os.environ, "UV_CACHE_DIR": str(root / ".ghosteam/cache/uv")}
    done = subprocess.run(
        [uv, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LayerBuildError(f"{doing}: uv ended with {done.returncode}: {done.stderr.strip()}")
