"""``ghosteam image``: build a target of the Dockerfile, print how large it is and of what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from cli.connection import ROOT
from cli.images.base import find_base
from cli.images.buildah import Buildah, ImageError, machine_arguments

DOCKERFILE = ROOT / "training_jobs" / "Dockerfile"
TARGETS = ("serve", "train", "expectations")


def image_name(target: str) -> str:
    """Name of the target's image in buildah's storage."""
    return f"localhost/ghosteam-jobs:{target}"


def build_image(buildah: Buildah, target: str, progress: Callable[[str], None]) -> str:
    """Build ``target`` unless the storage holds it, made of the same files; its name.

    Raises:
        ImageError: says what buildah said.
    """
    with buildah.used(alone=True, progress=progress):
        name, wanted = image_name(target), content_hash()
        if buildah.has(name) and _label(buildah, name) == wanted:
            progress(f"{name} is up to date")
            return name
        base = find_base(buildah, progress)
        progress(f"building {name} on {base}")
        buildah.run(
            "build",
            *machine_arguments(buildah.store),
            "--build-arg",
            f"BASE={base}",
            "--label",
            f"ghosteam.content={wanted}",
            "--target",
            target,
            "--file",
            str(DOCKERFILE),
            "--ignorefile",
            str(DOCKERFILE.with_name("Dockerfile.dockerignore")),
            "--tag",
            name,
            str(ROOT),
            log=buildah.store / f"{target}.log",
        )
        return name


def content_hash() -> str:
    """SHA-256 over everything that the Dockerfile copies, and the Dockerfile itself."""
    digest = hashlib.sha256()
    for path in _context():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _context() -> Iterator[Path]:
    for folder in (ROOT / "training_jobs", ROOT / "layers" / "core" / "python"):
        files = (path for path in folder.rglob("*") if path.is_file())
        yield from sorted(path for path in files if "__pycache__" not in path.parts)


def _label(buildah: Buildah, name: str) -> str:
    described = json.loads(buildah.run("inspect", "--type", "image", name))
    labels = described["OCIv1"]["config"].get("Labels") or {}
    return str(labels.get("ghosteam.content", ""))


def entry_point(buildah: Buildah, name: str) -> list[str]:
    """The program that a container of the image starts."""
    described = json.loads(buildah.run("inspect", "--type", "image", name))
    found = described["OCIv1"]["config"].get("Entrypoint")
    if not found:
        raise ImageError(f"{name} has no entry point")
    return [str(part) for part in found]
