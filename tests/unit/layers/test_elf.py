"""The ELF reader, on objects put together here and on a real extension module."""

from __future__ import annotations

import struct
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.build.elf import DynamicNeeds, NotElf, is_elf, read_needs, without_sections

BASE = 0x10000


def an_elf(
    *,
    needed: tuple[str, ...] = ("libc.so.6",),
    versions: tuple[str, ...] = ("GLIBC_2.28",),
    tail: bytes = b"",
) -> bytes:
    """A shared object of one loaded and one dynamic segment; its versions are asked of libc.so.6.
    ``tail``: what follows the segments, as symbol tables do.
    """
    strings = b"\0"
    at: dict[str, int] = {}
    for text in (*needed, *versions, "libc.so.6", "libself.so"):
        at.setdefault(text, len(strings))
        if at[text] == len(strings):
            strings += text.encode() + b"\0"
    strings_at = 64 + 2 * 56
    verneed_at = strings_at + len(strings)
    verneed = struct.pack("<HHIII", 1, len(versions), at["libc.so.6"], 16, 0)
    for i, version in enumerate(versions):
        verneed += struct.pack("<IHHII", 0, 0, 2, at[version], 16 if i + 1 < len(versions) else 0)
    dynamic_at = verneed_at + len(verneed)
    entries = [(1, at[name]) for name in needed]
    entries += [
        (14, at["libself.so"]),
        (5, BASE + strings_at),
        (0x6FFFFFFE, BASE + verneed_at),
        (0x6FFFFFFF, 1),
        (0, 0),
    ]
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    end = dynamic_at + len(dynamic)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, end, 0, 64, 56, 2, 64, 3, 1)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, end, end, 4096)
    pointer = struct.pack(
        "<IIQQQQQQ",
        2,
        6,
        dynamic_at,
        BASE + dynamic_at,
        BASE + dynamic_at,
        len(dynamic),
        len(dynamic),
        8,
    )
    return header + load + pointer + strings + verneed + dynamic + tail


def needs_of(tmp_path: Path, data: bytes) -> DynamicNeeds:
    path = tmp_path / "object.so"
    path.write_bytes(data)
    return read_needs(path)


def test_needed_libraries_own_name_and_versions_are_read(tmp_path: Path) -> None:
    needs = needs_of(
        tmp_path,
        an_elf(needed=("libc.so.6", "libgomp.so.1"), versions=("GLIBC_2.2.5", "GLIBC_2.34")),
    )
    assert needs.needed == ("libc.so.6", "libgomp.so.1")
    assert needs.soname == "libself.so"
    assert needs.versions == (("libc.so.6", "GLIBC_2.2.5"), ("libc.so.6", "GLIBC_2.34"))


def test_the_highest_version_compares_numbers_not_text(tmp_path: Path) -> None:
    needs = needs_of(
        tmp_path, an_elf(versions=("GLIBC_2.9", "GLIBC_2.10", "GLIBC_PRIVATE", "GLIBCXX_3.4.29"))
    )
    assert needs.highest("GLIBC") == (2, 10)
    assert needs.highest("GLIBCXX") == (3, 4, 29)
    assert needs.highest("CXXABI") == ()


def test_a_numpy_module_asks_for_no_more_than_manylinux_2_28_grants() -> None:
    module = next(Path(np.__file__).parent.glob("_core/_multiarray_umath.*.so"))
    assert is_elf(module)
    needs = read_needs(module)
    assert "libc.so.6" in needs.needed
    assert (2, 2) < needs.highest("GLIBC") <= (2, 28)


def test_what_follows_the_segments_is_cut_off_and_the_needs_stay(tmp_path: Path) -> None:
    whole = an_elf(tail=b"symbols" * 1000)
    slim = without_sections(whole)
    assert len(slim) == len(an_elf())
    assert needs_of(tmp_path, slim) == needs_of(tmp_path, whole)
    section_table, section_count = (
        struct.unpack_from("<Q", slim, 40)[0],
        struct.unpack_from("<H", slim, 60)[0],
    )
    assert (section_table, section_count) == (0, 0)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\x7fELF\x01\x01" + bytes(80), b"\x7fELF\x02\x02" + bytes(80)]
)
def test_a_file_of_another_kind_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotElf, match=r"object\.so"):
        needs_of(tmp_path, data)


@given(length=st.integers(0, len(an_elf()) - 1))
def test_a_cut_off_object_is_refused_or_read_but_never_crashes(length: int) -> None:
    with suppress(NotElf):
        assert len(without_sections(an_elf()[:length])) <= length


def test_a_text_file_is_not_elf() -> None:
    assert not is_elf(Path(__file__))
    assert is_elf(Path(sys.executable).resolve())
