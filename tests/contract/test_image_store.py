"""buildah's storage after processes that died: with the real buildah, on images of one small
file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.images.buildah import Buildah

pytestmark = pytest.mark.skipif(
    shutil.which("buildah") is None or os.geteuid() != 0,
    reason="buildah with chroot isolation needs root",
)


@pytest.fixture
def buildah(tmp_path: Path) -> Buildah:
    return Buildah(tmp_path / "store")


@pytest.mark.parametrize("known", [True, False], ids=["known to buildah", "half made"])
def test_what_a_killed_process_left_is_removed_by_the_next_build(
    buildah: Buildah, tmp_path: Path, known: bool
) -> None:
    _build(buildah, tmp_path, "former")
    buildah.run("from", "--name", "left-behind", "localhost/example:1")
    if not known:
        (state,) = buildah.store.rglob("buildah.json")
        state.unlink()
    with buildah.used(alone=True):
        _build(buildah, tmp_path, "latter")
    assert buildah.run("containers", "--all", "--quiet") == ""
    assert len(buildah.run("images", "--all", "--quiet").splitlines()) == 1, (
        "the former image of this name stays"
    )


def test_a_build_waits_for_who_uses_the_storage_and_says_so(buildah: Buildah) -> None:
    hold = (
        "import sys, pathlib\nfrom cli.images.buildah import Buildah\n"
        "with Buildah(pathlib.Path(sys.argv[1])).used():\n    print('held', flush=True)\n    "
        "sys.stdin.read()"
    )
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(buildah.store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout and other.stdout.readline() == "held\n"

        def end_the_other(line: str) -> None:
            said.append(line)
            other.kill()

        with buildah.used():
            assert not said, "two that only use the storage need not wait for each other"
        with buildah.used(alone=True, progress=end_the_other):
            assert said == [f"waiting for another process that uses {buildah.store}"]


def _build(buildah: Buildah, folder: Path, content: str) -> None:
    (folder / "file").write_text(content)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY file /file\n")
    buildah.run("build", "--tag", "localhost/example:1", str(folder), cwd=folder)
