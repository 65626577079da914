"""A model's package as one file, ``model.tar.gz``: unpacking it, and telling whether it is still
the one that was trained.

Nothing here needs a library of models, so that functions can do it too.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from ghosteam.errors import InvalidInput

ARCHIVE = "model.tar.gz"
MANIFEST = "model.json"
"""The manifest holds the model file's SHA-256, so that the manifest's own stands for the whole
package.
"""
_LARGEST_MANIFEST = 64 << 20
_REMEDY = "Package the model with save_model"


def unpack(archive: Path, folder: Path) -> None:
    """Write the plain files of a tar archive below ``folder``, with their contents and no other
    property of theirs.

    The standard library's own filter is missing before Python 3.11.4, and this is all that a model
    package needs.

    Raises:
        InvalidInput: the archive is damaged, or a member is no plain file or folder, or leaves
            ``folder``.
    """
    with _readable(archive.name), tarfile.open(archive) as tar:
        for member in tar:
            path = (folder / member.name).resolve()
            if not path.is_relative_to(folder.resolve()) or not (member.isreg() or member.isdir()):
                raise InvalidInput(
                    "The archive has a member that is no plain file below its folder",
                    where={"file": archive.name, "member": member.name},
                    remedy=_REMEDY,
                )
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None, "a plain file has contents"
            with source, path.open("wb") as target:
                shutil.copyfileobj(source, target)


def digest_of_archive(stream: Any, *, name: str) -> str:
    """SHA-256 of the manifest in a gzipped tar archive, in hexadecimal digits.

    ``stream`` is a binary file that is read once, in pieces, with a bounded memory; ``name`` says
    in errors which one it is.

    Raises:
        InvalidInput: the archive is damaged, or has no manifest, or more than one.
    """
    found = []
    with _readable(name), tarfile.open(fileobj=stream, mode="r|gz") as tar:
        for member in tar:
            if PurePosixPath(member.name) != PurePosixPath(MANIFEST):
                continue
            source = (
                tar.extractfile(member)
                if member.isreg() and member.size <= _LARGEST_MANIFEST
                else None
            )
            if source is None:
                raise InvalidInput(
                    f"{MANIFEST} is no plain file of a usual size",
                    where={"file": name},
                    remedy=_REMEDY,
                )
            found.append(hashlib.sha256(source.read()).hexdigest())
    if len(found) != 1:
        raise InvalidInput(
            f"The archive holds {len(found)} files {MANIFEST}, not one",
            where={"file": name},
            remedy=_REMEDY,
        )
    return found[0]


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
            raise
        raise InvalidInput(
            f"The archive cannot be read: {error}", where={"file": name}, remedy="Fetch it again"
        ) from error
