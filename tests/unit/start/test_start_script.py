"""The start script: which machines it refuses, and when it makes an environment."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "ghosteam"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module whose folder is an empty one."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("ghosteam_start", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "HOME", tmp_path / ".ghosteam")
    return module


class Installer:
    """Stands for uv: makes the folders that it would make, and remembers what it was asked."""

    def __init__(self, script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.fails_at = ""
        self.has_fetched_before = False
        monkeypatch.setattr(script, "find_uv", lambda: Path("uv"))
        monkeypatch.setattr(script, "run", self._run)
        monkeypatch.setattr(
            script, "succeeds", lambda command: "--offline" in command and self.has_fetched_before
        )

    def _run(self, command: list[str | Path]) -> None:
        step = str(command[2]) if command[1] == "pip" else str(command[1])
        self.asked.append(step)
        if step == self.fails_at:
            sys.exit(1)
        if step == "venv":
            folder = Path(command[-1])
            (folder / "bin").mkdir(parents=True, exist_ok=True)
            (folder / "bin" / "python").touch()
            (folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True, exist_ok=True)


@pytest.fixture
def installer(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Installer:
    return Installer(script, monkeypatch)


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "some.lock"
    file.write_text("boto3==1.0\n")
    return file


@pytest.mark.parametrize(
    ("system", "machine"),
    [("Darwin", "arm64"), ("Windows", "AMD64"), ("Linux", "aarch64")],
    ids=lambda value: value,
)
def test_another_platform_is_refused_with_a_remedy(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    machine: str,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(SystemExit) as stopped:
        script.refuse_other_platforms()
    said = capsys.readouterr().err
    assert stopped.value.code == 1
    assert f"this is {system} {machine}" in said and "virtual machine" in said


@pytest.mark.parametrize("machine", ["x86_64", "AMD64"])
def test_64_bit_intel_and_amd_linux_is_fine(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    script.refuse_other_platforms()


def test_an_unsupported_python_with_no_other_on_path_is_refused_with_a_remedy(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.4")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as stopped:
        script.use_supported_python()
    said = capsys.readouterr().err
    assert stopped.value.code == 1
    assert "this is 3.10.4" in said and "python3.13" in said


def test_an_unsupported_python_goes_on_under_the_newest_supported_one_that_can_make_environments(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Replaced(Exception):
        """What os.execv does to the process ends the test instead."""

    def replace(path: str, arguments: list[str]) -> None:
        raise Replaced(path, arguments)

    without_venv = "/usr/bin/python3.13"
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    monkeypatch.setattr(sys, "argv", ["ghosteam", "demo", "--fast"])
    monkeypatch.setattr(
        shutil, "which", lambda name: None if name == "python3.12" else f"/usr/bin/{name}"
    )
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: SimpleNamespace(returncode=1 if command[0] == without_venv else 0),
    )
    monkeypatch.setattr(script.os, "execv", replace)
    with pytest.raises(Replaced) as went_on:
        script.use_supported_python()
    python, arguments = went_on.value.args
    assert python == "/usr/bin/python3.11"
    assert arguments == ["/usr/bin/python3.11", str(SCRIPT), "demo", "--fast"]


def test_an_environment_is_made_once(
    script: ModuleType, installer: Installer, requirements: Path
) -> None:
    script.make_environment("emulator", requirements)
    assert installer.asked == ["venv", "sync"]
    script.make_environment("emulator", requirements)
    assert installer.asked == ["venv", "sync"]


def test_what_was_fetched_before_is_installed_without_a_network(
    script: ModuleType, installer: Installer, requirements: Path
) -> None:
    installer.has_fetched_before = True
    script.make_environment("emulator", requirements)
    assert installer.asked == ["venv"]


def test_the_stamp_changes_with_the_requirements_and_the_python(
    script: ModuleType, installer: Installer, requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = script.HOME / "env" / "emulator" / "ghosteam.stamp"

    def stamp_now() -> str:
        script.make_environment("emulator", requirements)
        return str(stamp.read_text())

    first = stamp_now()
    assert (
        first
        == hashlib.sha256(sys.version.encode() + sys.prefix.encode() + b"boto3==1.0\n").hexdigest()
    )
    requirements.write_text("boto3==1.1\n")
    second = stamp_now()
    monkeypatch.setattr(sys, "version", "3.12.0 (another)")
    assert len({first, second, stamp_now()}) == 3
    assert installer.asked.count("sync") == 3


def test_an_environment_whose_making_was_interrupted_is_completed(
    script: ModuleType, installer: Installer, requirements: Path
) -> None:
    installer.fails_at = "sync"
    with pytest.raises(SystemExit):
        script.make_environment("emulator", requirements)
    assert not (script.HOME / "env" / "emulator" / "ghosteam.stamp").exists()
    installer.fails_at = ""
    script.make_environment("emulator", requirements)
    # The interpreter is there already, what was fetched stays, and the packages are brought to the
    # wanted state.
    assert installer.asked == ["venv", "sync", "sync"]


def test_only_the_development_environment_can_import_the_project(
    script: ModuleType, installer: Installer, requirements: Path
) -> None:
    for name in ("dev", "job"):
        script.make_environment(name, requirements)
    [path_file] = script.HOME.rglob("*.pth")
    assert path_file.is_relative_to(script.HOME / "env" / "dev")
    assert path_file.read_text().splitlines() == [
        str(script.ROOT),
        str(script.ROOT / "layers" / "core" / "python"),
    ]


def test_a_failing_step_names_the_command_and_says_what_to_check(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=2))
    with pytest.raises(SystemExit):
        script.run(["uv", "pip", "sync", Path("some.lock")])
    said = capsys.readouterr().err
    assert "uv pip sync some.lock" in said and "PIP_INDEX_URL" in said


def test_the_installer_takes_the_index_that_pip_was_told_and_fetches_no_python(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    usual: dict[str, Any] = script.installer_environment()
    assert usual["UV_PYTHON_DOWNLOADS"] == "never" and "UV_DEFAULT_INDEX" not in usual
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    assert script.installer_environment()["UV_DEFAULT_INDEX"] == "https://packages.example/simple"


def test_commands_run_with_the_development_environment_first_on_the_path_and_no_foreign_imports(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    environment = script.command_environment()
    assert "PYTHONPATH" not in environment
    assert environment["PATH"].startswith(str(script.HOME / "env" / "dev" / "bin"))


def test_great_expectations_is_installed_for_a_problem_with_a_suite_and_for_all_tests(
    script: ModuleType,
) -> None:
    assert not script.needs_expectations(["check"])
    assert not script.needs_expectations(["test"])
    assert script.needs_expectations(["test", "--long"])
    suite = script.ROOT / "feature_repo" / "flights" / "expectations" / "flights.json"
    suite.parent.mkdir(parents=True)
    suite.write_text("{}")
    assert script.needs_expectations(["check"])
