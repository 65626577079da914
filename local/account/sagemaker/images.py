"""Container images. An image here is a command on this machine, named like the image's repository.

The JSON file that the environment variable `GHOSTEAM_IMAGES` names maps `repository` to
`{"command": [...], "env": {...}}`; it stands for the registry, the command for the image's entry
point and `env` for the variables its Dockerfile sets.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from local.account.sagemaker.errors import JobFailure


@dataclass(frozen=True)
class Image:
    """What an image URI resolves to."""

    command: list[str]
    env: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        """The image's interpreter: a program named `python` in a job's entry point means this
        one.
        """
        return self.command[0]


def resolve(uri: str) -> Image:
    """Look an image URI up by its repository name, without registry, tag and digest.

    Raises:
        JobFailure: no such image, worded like a failed pull.
    """
    repository = uri.rsplit("/", 1)[-1].split("@", maxsplit=1)[0].split(":", maxsplit=1)[0]
    listing = os.environ.get("GHOSTEAM_IMAGES", "")
    images = json.loads(Path(listing).read_text()) if listing else {}
    if repository not in images:
        known = ", ".join(sorted(images)) or "none"
        raise JobFailure(
            f"ClientError: Cannot find the requested image {uri}: no repository '{repository}' "
            f"(known repositories: {known}). Build the image or correct its URI."
        )
    entry = images[repository]
    return Image(command=list(entry["command"]), env=dict(entry.get("env", {})))
