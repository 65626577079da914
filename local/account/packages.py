"""Unpacked function code and layers, one folder per content, shared by all execution environments
of the account.

What no function and no running environment uses any more is removed when something new is unpacked:
a deployment of this project brings half a gigabyte.
"""

import contextlib
import hashlib
import io
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

# What AWS's Python runtimes bring beside the standard library.
_RUNTIME_LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")

_lock = threading.Lock()
_digests: dict[int, tuple[bytes, str]] = {}
_asked: set[int] = set()


def _folder() -> Path:
    return Path(os.environ.get("GHOSTEAM_ACCOUNT_DIR") or tempfile.gettempdir()) / "packages"


def _digest(content: bytes) -> str:
    """SHA-256 of a package; kept by identity because a layer of 200 MB is asked for at each cold
    start.
    """
    _asked.add(id(content))
    known = _digests.get(id(content))
    if known is None or known[0] is not content:
        known = _digests[id(content)] = (content, hashlib.sha256(content).hexdigest())
    return known[1]


def folder_of(archives: Sequence[bytes]) -> Path:
    """Where :func:`unpacked` puts these archives."""
    return (
        _folder()
        / hashlib.sha256("\n".join(_digest(archive) for archive in archives).encode()).hexdigest()[
            :32
        ]
    )


def unpacked(archives: Sequence[bytes], *, in_use: Callable[[], Iterable[Path]] = list) -> Path:
    """Folder with the zip archives unpacked over each other in order, as AWS unpacks layers into
    /opt.

    When it is a new one, the others go, but for those that ``in_use`` names. Raises
    zipfile.BadZipFile for what is not a zip archive and ValueError for a member that leaves the
    folder.
    """
    target = folder_of(archives)
    with _lock:
        if not target.is_dir():
            _keep_only(target, in_use)
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix="unpacking-", dir=target.parent))
            try:
                for archive in archives:
                    _unpack(archive, scratch)
                scratch.chmod(0o755)
                scratch.rename(target)
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
    return target


def _keep_only(target: Path, in_use: Callable[[], Iterable[Path]]) -> None:
    _asked.clear()
    used = {target, *in_use()}
    for folder in _folder().glob("*"):
        if folder not in used and not folder.name.startswith("runtime-"):
            shutil.rmtree(folder, ignore_errors=True)
    # A digest holds its archive in memory.
    for key in set(_digests) - _asked:
        del _digests[key]


def _unpack(archive: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        for member in package.infolist():
            if not (folder / member.filename).resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"the archive's member {member.filename!r} leaves its folder")
            path = Path(package.extract(member, folder))
            if mode := member.external_attr >> 16 & 0o777:
                path.chmod(mode | (0o700 if path.is_dir() else 0o400))


def runtime_libraries() -> Path:
    """Folder with only the libraries that AWS's runtime brings, as links into this environment.

    The emulator's environment holds more (YAML, cryptography); a function that saw those would hide
    a missing layer.
    """
    target = _folder() / f"runtime-{sys.version_info.major}.{sys.version_info.minor}"
    with _lock:
        target.mkdir(parents=True, exist_ok=True)
        for library in _RUNTIME_LIBRARIES:
            spec = find_spec(library)
            if spec is None or spec.origin is None:
                raise RuntimeError(
                    f"{library} is missing from the emulator's environment: install "
                    "local/requirements.lock"
                )
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            with contextlib.suppress(FileExistsError):
                (target / source.name).symlink_to(source)
    return target
