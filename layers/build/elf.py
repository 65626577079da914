"""Reads from a shared object what the dynamic loader will ask of the machine: needed libraries and
symbol versions.

Source: System V gABI (ELF-64 object file, dynamic section) and the LSB chapter on symbol versioning
(`.gnu.version_r`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from layers.build.errors import LayerBuildError

_MAGIC = b"\x7fELF"
_HEADER_SIZE = 64
_CLASS_64, _LITTLE_ENDIAN = 2, 1
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME = 0, 1, 5, 14
_DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF

# type, flags, offset in the file, virtual address, physical address, size in the file
_Segment: TypeAlias = tuple[int, int, int, int, int, int]


class NotElf(LayerBuildError):
    """The file is not a 64-bit little-endian ELF object, or it is cut off."""


@dataclass(frozen=True, slots=True)
class DynamicNeeds:
    """``needed``: file names of libraries (DT_NEEDED). ``versions``: (library, version), such as
    (libc.so.6, GLIBC_2.28).
    """

    needed: tuple[str, ...]
    soname: str | None
    versions: tuple[tuple[str, str], ...]

    def highest(self, prefix: str) -> tuple[int, ...]:
        """Highest version asked for under a prefix: ``highest("GLIBC")`` → ``(2, 28)``; empty when
        none is asked for.
        """
        found = [
            version.removeprefix(f"{prefix}_")
            for _, version in self.versions
            if version.startswith(f"{prefix}_")
        ]
        return max(
            (tuple(map(int, v.split("."))) for v in found if v.replace(".", "").isdigit()),
            default=(),
        )


def is_elf(path: Path) -> bool:
    """Whether a file starts like an ELF object."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def read_needs(path: Path) -> DynamicNeeds:
    """The dynamic needs of one shared object. Raises NotElf."""
    try:
        return _Reader(path.read_bytes()).needs()
    except (struct.error, IndexError) as error:
        raise NotElf(f"{path}: cut off or malformed ELF file ({error})") from error
    except NotElf as error:
        raise NotElf(f"{path}: {error}") from error


def without_sections(data: bytes) -> bytes:
    """The bytes of an ELF object cut off after its last segment, so without section headers, symbol
    and debug tables.

    The loader reads segments only; nothing that is loaded moves, which keeps the alignment that
    `strip` breaks in some libraries. Raises NotElf.
    """
    try:
        reader = _Reader(data)
    except (struct.error, IndexError) as error:
        raise NotElf(f"cut off or malformed ELF file ({error})") from error
    end = max(reader.table_end, reader.segments_end(), _HEADER_SIZE)
    header = bytearray(data[:_HEADER_SIZE])
    struct.pack_into("<Q", header, 40, 0)  # e_shoff
    struct.pack_into("<HH", header, 60, 0, 0)  # e_shnum, e_shstrndx
    return bytes(header) + data[_HEADER_SIZE:end]


class _Reader:
    def __init__(self, data: bytes) -> None:
        if data[:4] != _MAGIC or data[4:6] != bytes((_CLASS_64, _LITTLE_ENDIAN)):
            raise NotElf("not a 64-bit little-endian ELF object")
        self._data = data
        (offset,) = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        self.table_end = offset + size * count
        self._segments: list[_Segment] = [
            struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)
        ]

    def segments_end(self) -> int:
        return max((offset + size for _, _, offset, _, _, size in self._segments), default=0)

    def needs(self) -> DynamicNeeds:
        entries = self._dynamic_entries()
        values = dict(entries)
        if _DT_STRTAB not in values:
            return DynamicNeeds((), None, ())
        strings = self._file_offset(values[_DT_STRTAB])
        needed = tuple(self._string(strings + value) for tag, value in entries if tag == _DT_NEEDED)
        soname = self._string(strings + values[_DT_SONAME]) if _DT_SONAME in values else None
        versions: list[tuple[str, str]] = []
        if _DT_VERNEED in values:
            versions = self._versions(
                self._file_offset(values[_DT_VERNEED]), values.get(_DT_VERNEEDNUM, 0), strings
            )
        return DynamicNeeds(needed, soname, tuple(versions))

    def _dynamic_entries(self) -> list[tuple[int, int]]:
        for kind, _, offset, _, _, size in self._segments:
            if kind == _PT_DYNAMIC:
                pairs = list(struct.iter_unpack("<qQ", self._data[offset : offset + size]))
                tags = [tag for tag, _ in pairs]
                return pairs[: tags.index(_DT_NULL)] if _DT_NULL in tags else pairs
        return []

    def _versions(self, at: int, count: int, strings: int) -> list[tuple[str, str]]:
        found = []
        for _ in range(count):
            _, aux_count, file, aux, following = struct.unpack_from("<HHIII", self._data, at)
            library, entry = self._string(strings + file), at + aux
            for _ in range(aux_count):
                _, _, _, name, next_entry = struct.unpack_from("<IHHII", self._data, entry)
                found.append((library, self._string(strings + name)))
                entry += next_entry
            if following == 0:
                break
            at += following
        return found

    def _file_offset(self, address: int) -> int:
        for kind, _, offset, virtual, _, size in self._segments:
            if kind == _PT_LOAD and virtual <= address < virtual + size:
                return offset + address - virtual
        raise NotElf(f"address {address:#x} lies in no loaded segment")

    def _string(self, at: int) -> str:
        end = self._data.find(b"\0", at)
        if end < 0:
            raise NotElf("unterminated string table")
        return self._data[at:end].decode("ascii", "replace")
