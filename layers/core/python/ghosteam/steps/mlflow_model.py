"""Lay a package down as an MLflow model, so that MLflow's registry holds a model and no pointer."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ghosteam.documents import keys
from ghosteam.documents.digests import check
from ghosteam.documents.keys import parse_uri
from ghosteam.json_object import JsonObject
from ghosteam.learning.archive import ARCHIVE, MANIFEST, unpack
from ghosteam.learning.mlflow_model import PACKAGE, description

if TYPE_CHECKING:
    from datetime import datetime

    from ghosteam.aws.objects import Objects


def lay_down(
    artifacts: Objects,
    package: str,
    *,
    digest: str,
    version: str,
    mlflow_run: str | None,
    now: datetime,
) -> str:
    """URI of the MLflow model made of the package at the URI ``package``. Repeating it overwrites
    equals.

    Raises:
        Defect: the package is not the one whose digest is on record.
    """
    key = parse_uri(package)[1]
    with tempfile.TemporaryDirectory() as scratch:
        archive, folder = Path(scratch) / ARCHIVE, Path(scratch) / PACKAGE
        artifacts.download(key, archive)
        folder.mkdir()
        unpack(archive, folder)
        body = (folder / MANIFEST).read_bytes()
        check(hashlib.sha256(body).hexdigest(), digest, key)
        manifest: JsonObject = json.loads(body)
        prefix = keys.mlflow_model(manifest["problem"], manifest["run_id"])
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            with path.open("rb") as file:
                artifacts.put(f"{prefix}/{PACKAGE}/{path.relative_to(folder).as_posix()}", file)
    texts = description(manifest, version=version, mlflow_run=mlflow_run, made_at=now)
    for name, text in texts.items():
        artifacts.put(f"{prefix}/{name}", text.encode())
    return artifacts.uri(prefix)
