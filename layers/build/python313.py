"""Finds or makes a Python 3.13, to compile and to test what Lambda will run, without touching the
system.

A `python3.13` on the PATH will do. Otherwise, on a Debian machine, the packages of Debian *trixie*
are unpacked into a cache folder and started through their own loader and C library: Lambda's glibc
and this machine's do not matter then. The mirror and the signing keys are those of the machine's
own apt configuration, and apt checks the signatures.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from layers.build.exclusive import exclusively

_SUITE = "trixie"
_PACKAGES = (
    "libbz2-1.0",
    "libc6",
    "libexpat1",
    "libffi8",
    "libgcc-s1",
    "libgomp1",
    "liblzma5",
    "libpython3.13-minimal",
    "libpython3.13-stdlib",
    "libsqlite3-0",
    "libssl3t64",
    "libstdc++6",
    "libuuid1",
    "python3.13-minimal",
    "zlib1g",
)
_LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64")
_PROBE = (
    "import sys, ssl, sqlite3, ctypes, lzma; assert sys.version_info[:2] == (3, 13); "
    "print(sys.version)"
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A Debian archive that this machine trusts. ``keyring``: file with the keys that sign it."""

    uri: str
    keyring: Path


def ensure_python313(
    cache_dir: Path, on_reason: Callable[[str], None] = lambda _: None
) -> Path | None:
    """A program that starts Python 3.13, or None, with the reason given to ``on_reason``.

    The first call may download about 20 MB into ``cache_dir``; later calls answer at once.
    Arguments are Python's.
    """
    launcher = cache_dir / "python3.13"
    if launcher.is_file() and _works(launcher):
        return launcher
    on_path = shutil.which("python3.13")
    if on_path and _works(Path(on_path)):
        return Path(on_path)
    with exclusively(cache_dir):
        if launcher.is_file() and _works(launcher):
            return launcher
        try:
            return _from_debian(cache_dir)
        except _Impossible as reason:
            on_reason(f"no Python 3.13: none on the PATH, and {reason}")
            return None


def debian_mirror(apt_dir: Path = Path("/etc/apt")) -> Mirror | None:
    """The first Debian archive in a machine's apt sources (both formats) that has a keyring of its
    own, or None.
    """
    return next(_mirrors(apt_dir), None)


class _Impossible(Exception):
    """Why the Debian way is closed here."""


def _mirrors(apt_dir: Path) -> Iterator[Mirror]:
    default_keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    for path in sorted((apt_dir / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = {
                k.lower(): v.strip()
                for k, v in re.findall(r"^([\w-]+):(.*)$", stanza, re.MULTILINE)
            }
            keyring = Path(fields.get("signed-by", "") or default_keyring)
            for uri in fields.get("uris", "").split():
                if _is_debian(uri, fields.get("enabled", "yes")) and keyring.is_file():
                    yield Mirror(uri, keyring)
    for path in (apt_dir / "sources.list", *sorted((apt_dir / "sources.list.d").glob("*.list"))):
        text = path.read_text() if path.is_file() else ""
        for options, uri in re.findall(r"^deb\s+(?:\[([^]]*)\]\s+)?(\S+)", text, re.MULTILINE):
            signed_by = re.search(r"signed-by=(/\S+)", options)
            keyring = Path(signed_by[1]) if signed_by else default_keyring
            if _is_debian(uri, "yes") and keyring.is_file():
                yield Mirror(uri, keyring)


def _is_debian(uri: str, enabled: str) -> bool:
    return enabled != "no" and uri.rstrip("/").endswith("/debian")


def _works(python: Path) -> bool:
    try:
        done = subprocess.run(
            [python, "-I", "-c", _PROBE], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _from_debian(cache_dir: Path) -> Path:
    missing = [tool for tool in ("apt-get", "dpkg") if shutil.which(tool) is None]
    if missing:
        raise _Impossible(f"this machine has no {' and no '.join(missing)}")
    mirror = debian_mirror()
    if mirror is None:
        raise _Impossible("its apt sources name no Debian archive with a keyring")
    # apt splits option values and sources at blanks.
    work = cache_dir.resolve() / "apt"
    if any(character.isspace() for character in str(work)):
        raise _Impossible(f"apt cannot use a folder with blanks in its name ({work})")
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (work / folder).mkdir(parents=True)
    (work / "sources.list").write_text(
        f"deb [arch=amd64 signed-by={mirror.keyring}] {mirror.uri} {_SUITE} main\n"
    )
    (work / "status").touch()
    _run(["apt-get", *apt_options(work), "update"], work)
    _run(
        ["apt-get", *apt_options(work), "download", *(f"{name}:amd64" for name in _PACKAGES)],
        work / "debs",
    )
    fresh = work / "root"
    for package in sorted((work / "debs").glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(fresh)], work)
    root = cache_dir.resolve() / "root"
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)
    launcher = _write_launcher(cache_dir / "python3.13", root)
    shutil.rmtree(work)
    if not _works(launcher):
        launcher.unlink()
        raise _Impossible("the Python unpacked from Debian packages does not start")
    return launcher


def apt_options(work: Path) -> list[str]:
    """apt with lists, cache and sources of its own, that refuses what is not signed and fails when
    an index is missing.
    """
    options = {
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "APT::Architecture": "amd64",
        "APT::Get::AllowUnauthenticated": "false",
        "APT::Update::Error-Mode": "any",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
        "Acquire::Languages": "none",
    }
    return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]


def _write_launcher(launcher: Path, root: Path) -> Path:
    loader = next(
        path
        for path in (root / "usr/lib64", root / "lib64", root / "usr/lib/x86_64-linux-gnu")
        if path.is_dir()
    )
    libraries = ":".join(
        str(root / folder) for folder in _LIBRARY_FOLDERS if (root / folder).is_dir()
    )
    command = [
        str(loader / "ld-linux-x86-64.so.2"),
        "--library-path",
        libraries,
        str(root / "usr/bin/python3.13"),
    ]
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    launcher.chmod(0o755)
    return launcher


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    except subprocess.TimeoutExpired as error:
        raise _Impossible(f"`{command[0]} {command[-1]}` did not end within 300 s") from error
    if done.returncode:
        raise _Impossible(f"`{command[0]} {command[-1]}` failed: {done.stderr.strip()[-500:]}")
