"""What the CDK calls as ``docker``, carried out by buildah: ``CDK_DOCKER`` names a script that runs
this module.

The CDK uses ``build``, ``inspect``, ``tag``, ``login``, ``push`` and ``images``, with Docker's
options.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.connection import ROOT
from cli.images.base import find_base
from cli.images.buildah import Buildah, ImageError, machine_arguments


def translated(arguments: Sequence[str], *, base: str, machine: Sequence[str]) -> list[str]:
    """buildah's arguments for Docker's."""
    command, *rest = arguments
    if command == "build":
        return ["build", *machine, "--build-arg", f"BASE={base}", *rest]
    if command == "inspect":
        return ["inspect", "--type", "image", *rest]
    return [command, *rest]


def write_script(folder: Path) -> Path:
    """An executable file that stands for ``docker``."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "docker-by-buildah"
    lines = [f"#!{sys.executable}", "import sys", f"sys.path[:0] = [{str(ROOT)!r}]"]
    lines += ["from cli.images.docker_by_buildah import main", "sys.exit(main(sys.argv[1:]))"]
    script.write_text("\n".join(lines) + "\n")
    script.chmod(0o755)
    return script


def main(arguments: Sequence[str]) -> int:
    """Exit code of the call; 1 for an image that ``inspect`` does not find, as Docker's."""
    arguments = list(arguments)
    variables = {}
    if arguments[:1] == ["--config"]:
        variables["REGISTRY_AUTH_FILE"] = str(Path(arguments[1]) / "config.json")
        del arguments[:2]
    try:
        buildah = Buildah.here()
        if arguments[0] == "images":
            return 0  # The CDK asks for what it may use again; building is quick enough.
        with buildah.used(alone=arguments[0] == "build", progress=_say):
            return _carried_out(buildah, arguments, variables)
    except ImageError as error:
        _say(str(error))
        return 2


def _carried_out(buildah: Buildah, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    builds = arguments[0] == "build"
    base = find_base(buildah, _say) if builds else ""
    machine = machine_arguments(buildah.store) if builds else []
    call = buildah.command(*translated(arguments, base=base, machine=machine))
    done = subprocess.run(call, env={**buildah.environment, **variables}, check=False)
    return 1 if done.returncode and arguments[0] == "inspect" else done.returncode


def _say(line: str) -> None:
    print(line, file=sys.stderr)
