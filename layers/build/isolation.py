"""Imports a module the way Lambda would: the function's folder, its layers, the standard library
and the runtime's boto3, and nothing else, in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

# What the Lambda runtime brings beside the standard library.
RUNTIME_MODULES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")

_PROGRAM = """
import json, sys, time
before, after, modules = json.loads(sys.argv[1])
sys.path[:] = [*before, *sys.path, *after]
started = time.process_time()
for module in modules:
    __import__(module)
print(json.dumps({"seconds": time.process_time() - started, "modules": len(sys.modules)}))
"""


def isolated_import(
    layer_dirs: Iterable[Path],
    handler_dir: Path | None,
    module: str | Iterable[str],
    *,
    python: Path | None = None,
    extra_env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Imports one or more modules in a process that sees only what a Lambda function would.

    ``layer_dirs``: built layers' folders (each holding ``python/``). ``handler_dir``: the
    function's code. ``python``: the interpreter, by default the running one. The environment holds
    PATH, a HOME, an AWS region and ``extra_env``. On success the return code is 0 and the last line
    of stdout is JSON: CPU ``seconds`` and ``modules`` of the import; otherwise stderr holds the
    traceback.
    """
    modules = [module] if isinstance(module, str) else list(module)
    before = [str(handler_dir.resolve())] if handler_dir else []
    before += [str((folder / "python").resolve()) for folder in layer_dirs]
    with tempfile.TemporaryDirectory(prefix="isolated-") as home:
        runtime = Path(home, "runtime")
        runtime.mkdir()
        _link_runtime_modules(runtime)
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }
        return subprocess.run(
            # -B: a layer is read-only on Lambda, and must not change here.
            [
                str(python or sys.executable),
                "-I",
                "-S",
                "-B",
                "-c",
                _PROGRAM,
                json.dumps([before, [str(runtime)], modules]),
            ],
            cwd=home,
            env={**environment, **(extra_env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )


def _link_runtime_modules(folder: Path) -> None:
    for name in RUNTIME_MODULES:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise ModuleNotFoundError(
                f"{name} is not installed beside {sys.executable}, where the runtime's boto3 is "
                "taken from"
            )
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
