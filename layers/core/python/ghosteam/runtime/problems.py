"""Where functions and jobs find the problems: the package ``ghosteam_problems`` (a layer), or a
folder named by a variable.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from functools import cache
from pathlib import Path

from ghosteam.errors import Defect
from ghosteam.problem.folders import Folders


@cache
def repository() -> Path:
    """The folder that holds one folder a problem."""
    if folder := os.environ.get("GHOSTEAM_FEATURE_REPO"):
        return Path(folder)
    spec = importlib.util.find_spec("ghosteam_problems")
    if spec is None or not spec.submodule_search_locations:
        raise Defect(
            "No problems are deployed",
            remedy="Add the layer 'problems', or set GHOSTEAM_FEATURE_REPO to a folder",
        )
    return Path(next(iter(spec.submodule_search_locations)))


def contract_code(folder: Path) -> str:
    """Digest (SHA-256) of the Python files of a problem's folder; empty where there are none."""
    digest, found = hashlib.sha256(), sorted(folder.glob("*.py"))
    for path in found:
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest() if found else ""


@cache
def deployed_problems() -> Folders:
    """All problems of this deployment by name, with this environment's overrides
    (``GHOSTEAM_ENVIRONMENT_NAME``); each is read when it is first asked for.
    """
    return Folders(repository(), environment=os.environ.get("GHOSTEAM_ENVIRONMENT_NAME"))
