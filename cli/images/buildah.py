"""buildah as this project runs it: a storage of its own, no daemon, no container engine.

``chroot`` isolation needs neither namespaces nor a kernel module. buildah chooses the storage's
driver: ``overlay`` where the file system allows it, else ``vfs``, which costs more disk space.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.connection import ROOT

STORE = "GHOSTEAM_IMAGE_STORE"
"""Names the folder that holds images, where it shall not be below ``.ghosteam/``."""

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class ImageError(RuntimeError):
    """An image cannot be built here; the text says why and what to do."""


@dataclass(frozen=True)
class Buildah:
    """``store`` holds every image and container of this tool."""

    store: Path

    @classmethod
    def here(cls) -> Buildah:
        """The one of this clone. Raises ImageError where the machine has none."""
        if shutil.which("buildah") is None:
            raise ImageError(
                "buildah is not installed. On Debian and Ubuntu: apt-get install buildah "
                "debootstrap"
            )
        if os.geteuid() != 0:
            raise ImageError(
                "buildah with chroot isolation needs root. Build with Docker, or as root"
            )
        return cls(Path(os.environ.get(STORE) or ROOT / ".ghosteam" / "cache" / "images"))

    def command(self, *arguments: str) -> list[str]:
        """The whole command line."""
        roots = ["--root", str(self.store / "storage"), "--runroot", str(self.store / "run")]
        return ["buildah", *roots, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The environment that every call needs."""
        return {**os.environ, "BUILDAH_ISOLATION": "chroot"}

    @contextmanager
    def used(
        self, *, alone: bool = False, progress: Callable[[str], None] = lambda _: None
    ) -> Iterator[None]:
        """Hold the storage, beside others or alone; the hold ends with the process, however that
        ends.

        Who is alone knows that no container here is in use, and removes them and every image
        without a name, before and after: what killed builds and former images of a name have left.
        """
        self.store.mkdir(parents=True, exist_ok=True)
        with (self.store / "lock").open("w") as lock:
            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            try:
                fcntl.flock(lock, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                progress(f"waiting for another process that uses {self.store}")
                fcntl.flock(lock, kind)
            if alone:
                self._tidy()
            yield
            if alone:
                self._tidy()

    def _tidy(self) -> None:
        self.run("rm", "--all")
        self.run(
            "rmi", "--prune", "--force"
        )  # also the containers that buildah itself no longer knows

    def run(self, *arguments: str, cwd: Path = ROOT, log: Path | None = None) -> str:
        """What the call printed. Raises ImageError with its last lines."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if log:
            log.write_text(done.stdout)
        if done.returncode:
            tail = "\n".join(done.stdout.splitlines()[-15:])
            raise ImageError(f"buildah {arguments[0]} failed:\n{tail}")
        return done.stdout.strip()

    def has(self, image: str) -> bool:
        """Whether the storage holds an image of this name."""
        call = self.command("inspect", "--type", "image", image)
        done = subprocess.run(call, env=self.environment, capture_output=True, check=False)
        return done.returncode == 0


def machine_arguments(folder: Path) -> list[str]:
    """Options that give a build this machine's certificates and package index, and leave no trace
    of them in the image.
    """
    mounts = [path for path in (_CERTIFICATES,) if path.is_file()]
    options = [f"--volume={path}:{path}:ro" for path in mounts]
    if index := _pip_index():
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "pip.conf"
        settings.write_text(f"[global]\nindex-url = {index}\n")
        options.append(f"--volume={settings}:/etc/pip.conf:ro")
    return ["--network", "host", *options]


def _pip_index() -> str:
    """The package index that pip on this machine was told to use; empty for its default."""
    if index := os.environ.get("PIP_INDEX_URL"):
        return index
    call: Sequence[str] = ["python3", "-m", "pip", "config", "get", "global.index-url"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
