"""What survives pruning."""

from __future__ import annotations

import os
from pathlib import Path

from layers.build.prune import prune
from layers.build.specs import LAYERS, LayerSpec

PLAIN = LayerSpec(name="plain", imports=())


def a_tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_tests_stubs_headers_and_scripts_go_and_code_stays(tmp_path: Path) -> None:
    a_tree(
        tmp_path,
        "bin/tool",
        "pkg/__init__.py",
        "pkg/core.pyi",
        "pkg/include/api.h",
        "pkg/sub/tests/test_x.py",
        "pkg/testing/helpers.py",
        "pkg/data.json",
    )
    assert prune(tmp_path, PLAIN) == 4
    assert files_in(tmp_path) == {"pkg/__init__.py", "pkg/testing/helpers.py", "pkg/data.json"}


def test_folders_left_empty_are_removed(tmp_path: Path) -> None:
    a_tree(tmp_path, "pkg/__init__.py", "pkg/sub/tests/deep/test_x.py")
    prune(tmp_path, PLAIN)
    assert not (tmp_path / "pkg/sub").exists()


def test_of_package_metadata_only_description_entry_points_and_licences_stay(
    tmp_path: Path,
) -> None:
    info = "pkg-1.0.dist-info"
    kept = {
        f"{info}/METADATA",
        f"{info}/entry_points.txt",
        f"{info}/licenses/LICENSE",
        f"{info}/NOTICE.txt",
    }
    a_tree(
        tmp_path,
        *kept,
        f"{info}/RECORD",
        f"{info}/WHEEL",
        f"{info}/INSTALLER",
        f"{info}/sboms/a.json",
    )
    prune(tmp_path, PLAIN)
    assert files_in(tmp_path) == kept


def test_the_two_test_modules_that_numpy_imports_at_run_time_stay(tmp_path: Path) -> None:
    kept = {"numpy/_core/tests/__init__.py", "numpy/_core/tests/_natype.py"}
    a_tree(tmp_path, *kept, "numpy/_core/tests/test_umath.py")
    prune(tmp_path, PLAIN)
    assert files_in(tmp_path) == kept


def test_of_feast_only_the_key_codec_and_the_messages_stay(tmp_path: Path) -> None:
    kept = {
        "feast/infra/__init__.py",
        "feast/infra/key_encoding_utils.py",
        "feast/protos/__init__.py",
        "feast/protos/feast/types/__init__.py",
        "feast/protos/feast/types/Value_pb2.py",
    }
    dropped = (
        "feast/__init__.py",
        "feast/feature_store.py",
        "feast/protos/feast/types/Value_pb2_grpc.py",
        "docs/source/a.rst",
    )
    a_tree(tmp_path, *kept, *dropped)
    prune(tmp_path, LAYERS["features"])
    assert files_in(tmp_path) == kept


def test_a_hard_link_into_a_cache_is_not_changed_by_taking_symbols_out(tmp_path: Path) -> None:
    cached = tmp_path / "cache.so"
    # The smallest 64-bit object: a header without segments, and a symbol table behind it.
    cached.write_bytes((b"\x7fELF\x02\x01\x01".ljust(32, b"\0") + bytes(32)) + b"symbols" * 100)
    layer = tmp_path / "layer"
    layer.mkdir()
    os.link(cached, layer / "fat.so")
    prune(layer, LayerSpec(name="slim", imports=(), without_symbols=("fat*.so",)))
    assert (layer / "fat.so").stat().st_size == 64
    assert cached.read_bytes().endswith(b"symbols")
