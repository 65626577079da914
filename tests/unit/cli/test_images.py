"""The job image without Docker: what is asked of buildah, and bounds on what comes out."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from cli.images import docker
from cli.images.base import dockerfile_base
from cli.images.build import content_hash
from cli.images.buildah import Buildah, ImageError, machine_arguments
from cli.images.docker_by_buildah import translated, write_script
from cli.images.sizes import LIMITS, MEGABYTE, Part, Sizes, check_size


def test_a_build_that_the_cdk_asks_of_docker_becomes_one_of_buildah_on_a_base_that_is_here() -> (
    None
):
    asked = [
        "build",
        "--tag",
        "cdkasset-1",
        "--target",
        "train",
        "--file",
        "training_jobs/Dockerfile",
    ]
    asked += ["--platform", "linux/amd64", "."]
    found = translated(asked, base="localhost/base:1", machine=["--network", "host"])
    assert found[:5] == ["build", "--network", "host", "--build-arg", "BASE=localhost/base:1"]
    assert found[5:] == asked[1:]


@pytest.mark.parametrize(
    "call",
    [["tag", "a", "b"], ["push", "b"], ["login", "--username", "AWS", "--password-stdin", "host"]],
)
def test_what_both_programs_call_the_same_stays(call: list[str]) -> None:
    assert translated(call, base="", machine=[]) == call


def test_an_image_is_inspected_as_an_image() -> None:
    assert translated(["inspect", "a"], base="", machine=[]) == ["inspect", "--type", "image", "a"]


def test_the_stand_in_for_docker_is_a_program(tmp_path: Path) -> None:
    script = write_script(tmp_path)
    assert script.stat().st_mode & stat.S_IXUSR
    compile(script.read_text(), str(script), "exec")


def test_the_base_is_the_dockerfiles() -> None:
    assert dockerfile_base().startswith("docker.io/library/python:3.13-")


def test_a_change_of_any_copied_file_changes_the_content_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in ("training_jobs", "layers/core/python"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "training_jobs" / "Dockerfile").write_text("FROM x")
    monkeypatch.setattr("cli.images.build.ROOT", tmp_path)
    before = content_hash()
    assert content_hash() == before
    (tmp_path / "layers/core/python/module.py").write_text("x = 1")
    assert content_hash() != before


def test_a_build_is_given_the_package_index_of_this_machine_and_only_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    found = machine_arguments(tmp_path)
    assert f"--volume={tmp_path / 'pip.conf'}:/etc/pip.conf:ro" in found
    assert "index-url = https://index.example/simple" in (tmp_path / "pip.conf").read_text()


def test_an_image_over_its_bound_is_refused_with_both_figures() -> None:
    check_size("serve", Sizes(LIMITS["serve"], []))
    with pytest.raises(ImageError, match="1001 MB, over its bound of 1000 MB"):
        check_size("serve", Sizes(1001 * MEGABYTE, [Part("numpy", 40 * MEGABYTE)]))


def test_where_a_docker_engine_answers_the_cdk_is_given_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(docker.CDK_DOCKER, raising=False)
    monkeypatch.setattr(docker, "docker_answers", lambda: True)
    assert docker.builder_variables() == {}


def test_a_docker_command_without_an_engine_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = tmp_path / "docker"
    command.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert docker.docker_answers() is False


def test_without_docker_and_buildah_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(docker.CDK_DOCKER, raising=False)
    monkeypatch.setattr(docker, "docker_answers", lambda: False)
    monkeypatch.setattr("cli.images.buildah.shutil.which", lambda _: None)
    with pytest.raises(ImageError, match="apt-get install buildah debootstrap"):
        docker.builder_variables()


def test_a_failed_call_shows_its_last_lines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def failing(*_arguments: object, **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 125, "line\n" * 30 + "error: no space left")

    monkeypatch.setattr("cli.images.buildah.subprocess.run", failing)
    with pytest.raises(ImageError, match="no space left"):
        Buildah(tmp_path).run("build", ".")
