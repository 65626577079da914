"""The gates refuse what AWS Lambda would refuse, and say what to do."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import pytest

from layers.build.errors import GateFailed
from layers.build.gates import (
    LAMBDA_UNZIPPED_LIMIT,
    check_function_sizes,
    check_layer_counts,
    check_shared_objects,
)

an_elf = run_path(str(Path(__file__).with_name("test_elf.py")))["an_elf"]


def a_folder(path: Path, size: int) -> Path:
    path.mkdir()
    with (path / "content").open("wb") as file:
        file.truncate(size)
    return path


def test_a_function_whose_layers_fill_the_limit_exactly_passes(tmp_path: Path) -> None:
    big, small = (
        a_folder(tmp_path / "big", LAMBDA_UNZIPPED_LIMIT - 10),
        a_folder(tmp_path / "small", 10),
    )
    assert check_function_sizes({"predict": [big, small]}) == {"predict": LAMBDA_UNZIPPED_LIMIT}


def test_one_byte_over_the_limit_names_the_function_and_the_sizes_of_its_layers(
    tmp_path: Path,
) -> None:
    big, small = (
        a_folder(tmp_path / "data", LAMBDA_UNZIPPED_LIMIT - 10),
        a_folder(tmp_path / "web", 11),
    )
    with pytest.raises(
        GateFailed, match="function ingest is 262,144,001 bytes unzipped, 1 over the limit"
    ) as raised:
        check_function_sizes({"ingest": [big, small], "predict": [small]})
    assert len(raised.value.problems) == 1
    assert "data 262.1 MB, web 0.0 MB" in str(raised.value)


def test_a_sixth_layer_is_refused() -> None:
    check_layer_counts({"fits": list("abcde")})
    with pytest.raises(GateFailed, match="function over has 6 layers"):
        check_layer_counts({"over": list("abcdef")})


def test_an_object_that_amazon_linux_2023_can_load_passes(tmp_path: Path) -> None:
    (tmp_path / "fine.so").write_bytes(an_elf(versions=("GLIBC_2.34", "GLIBCXX_3.4.29")))
    (tmp_path / "code.py").write_text("x = 1")
    assert check_shared_objects(tmp_path) == 1


@pytest.mark.parametrize(
    "version", ["GLIBC_2.35", "GLIBCXX_3.4.30", "CXXABI_1.3.14", "GLIBC_ABI_DT_RELR"]
)
def test_a_symbol_newer_than_amazon_linux_2023_is_refused(tmp_path: Path, version: str) -> None:
    (tmp_path / "new.so").write_bytes(an_elf(versions=("GLIBC_2.17", version)))
    with pytest.raises(GateFailed, match=rf"new\.so asks for {version}"):
        check_shared_objects(tmp_path)


def test_a_library_that_nobody_ships_is_refused_unless_the_layer_has_it(tmp_path: Path) -> None:
    (tmp_path / "user.so").write_bytes(an_elf(needed=("libc.so.6", "libgomp.so.1")))
    with pytest.raises(GateFailed, match=r"user\.so needs libgomp\.so\.1"):
        check_shared_objects(tmp_path)
    (tmp_path / "libgomp.so.1").write_bytes(an_elf())
    assert check_shared_objects(tmp_path) == 2
