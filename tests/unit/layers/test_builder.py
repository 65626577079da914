"""Building, on a project made of the core layer alone: what is rebuilt, what is left, what a
failure leaves behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layers.build.builder import build_layers, layer_folder
from layers.build.errors import LayerBuildError
from layers.build.uv import constraints_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "layers/core/python/ghosteam"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text('"""A library."""\nANSWER = 42\n')
    (package / "__pycache__/old.cpython-27.pyc").write_bytes(b"old")
    return tmp_path


def build(project: Path) -> bool:
    (layer,) = build_layers(project, "local", ["core"])
    return layer.rebuilt


def test_a_layer_holds_its_sources_and_files_compiled_by_this_interpreter_only(
    project: Path,
) -> None:
    (layer,) = build_layers(project, "local", ["core"])
    files = {
        path.relative_to(layer.path).as_posix() for path in layer.path.rglob("*") if path.is_file()
    }
    compiled = f"python/ghosteam/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"
    assert files == {"python/ghosteam/__init__.py", compiled}
    assert layer.size == sum((layer.path / name).stat().st_size for name in files)
    assert layer.compiled


def test_an_unchanged_layer_is_left_alone(project: Path) -> None:
    assert build(project)
    before = layer_folder(project, "local", "core").stat().st_ino
    assert not build(project)
    assert layer_folder(project, "local", "core").stat().st_ino == before


def test_a_changed_source_is_rebuilt_and_seen_by_the_next_import(project: Path) -> None:
    build(project)
    source = project / "layers/core/python/ghosteam/__init__.py"
    times = source.stat()
    # Same size and same time: neither the stamp nor the compiled file may rely on them.
    source.write_text('"""A library."""\nANSWER = 43\n')
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert build(project)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import ghosteam; print(ghosteam.ANSWER)"
    folder = str(layer_folder(project, "local", "core") / "python")
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "43\n"


def test_a_file_removed_from_the_sources_leaves_the_layer(project: Path) -> None:
    extra = project / "layers/core/python/ghosteam/extra.py"
    extra.write_text("x = 1\n")
    build(project)
    extra.unlink()
    assert build(project)
    assert not (layer_folder(project, "local", "core") / "python/ghosteam/extra.py").exists()


def test_equal_sources_compile_to_equal_bytes_wherever_the_project_lies(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    (project / "layers").rename(other / "layers")
    build(other)
    (other / "layers").rename(project / "layers")
    build(project)
    contents = [
        {
            p.name: p.read_bytes()
            for p in layer_folder(root, "local", "core").rglob("*")
            if p.is_file()
        }
        for root in (project, other)
    ]
    assert contents[0] == contents[1]


def test_a_build_that_fails_keeps_the_layer_that_was_there_and_leaves_no_debris(
    project: Path,
) -> None:
    build(project)
    (project / "layers/core/python/ghosteam/broken.py").write_text("def (:\n")
    with pytest.raises(LayerBuildError, match=r"broken\.py"):
        build(project)
    place = layer_folder(project, "local", "core")
    assert (place / "python/ghosteam/__init__.py").is_file()
    assert sorted(path.name for path in place.parent.iterdir()) == [".lock", "core", "core.json"]


def test_a_build_that_was_interrupted_before_it_was_recorded_is_done_again(project: Path) -> None:
    build(project)
    layer_folder(project, "local", "core").with_name("core.json").unlink()
    assert build(project)


def test_an_unknown_layer_is_refused_with_the_known_ones(project: Path) -> None:
    with pytest.raises(LayerBuildError, match="unknown layer wbe; there are core, problems, web"):
        build_layers(project, "local", ["wbe"])


def test_a_missing_lock_file_says_how_to_write_it(project: Path) -> None:
    with pytest.raises(
        LayerBuildError, match=r"layers/web/requirements\.lock is missing; .*--lock"
    ):
        build_layers(project, "local", ["web"])


def test_constraints_are_the_pins_of_a_lock_without_its_hashes() -> None:
    lock = """\
# a comment
numpy==2.4.6 \\
    --hash=sha256:00 \\
    --hash=sha256:11
    # via pandas
pandera[polars]==0.35.0 \\
    --hash=sha256:22
pywin32==312 ; sys_platform == 'win32' \\
    --hash=sha256:33
"""
    assert (
        constraints_of(lock)
        == "numpy==2.4.6\npandera[polars]==0.35.0\npywin32==312 ; sys_platform == 'win32'\n"
    )
