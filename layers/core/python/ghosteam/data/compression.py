"""The bytes of a file that may be packed, as a stream. What a file is packed with its first bytes
say: its name may be wrong.
"""

from __future__ import annotations

import errno
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ghosteam.documents.file_dialect import Compression
from ghosteam.errors import InvalidInput

_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_SKIPPED_FRAME = b"\x2a\x4d\x18"
"""What pzstd writes before a frame: these bytes after one of 0x50 to 0x5f."""
_PIECE = 2048
"""Bytes of zstd that are unpacked at a time: they stand for at most 64 MB."""
_WINDOW = 1 << 27
_LITTER = ("__MACOSX/",)
_WORKBOOK = "[Content_Types].xml"


def compression_of(path: Path) -> Compression:
    """What a file is packed with."""
    with path.open("rb") as stream:
        first = stream.read(4)
    if first[1:] == _SKIPPED_FRAME and 0x50 <= first[0] <= 0x5F:
        return "zstd"
    return next((name for magic, name in _MAGIC if first.startswith(magic)), "none")


@contextmanager
def unpacked(path: Path, compression: Compression) -> Iterator[IO[bytes]]:
    """The bytes of a file, from a stream.

    Raises:
        InvalidInput: the file is cut off or damaged, or an archive of other than one file.
    """
    try:
        with _opened(path, compression) as stream:
            yield stream
    except (
        gzip.BadGzipFile,
        zipfile.BadZipFile,
        EOFError,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise _damaged(compression, error) from error
    except OSError as error:
        # Where an archive's own list leads out of the file, or bzip2 finds what is none.
        if compression != "zip" or error.errno not in (errno.EINVAL, None):
            raise
        raise _damaged(compression, error) from error
    except (RuntimeError, NotImplementedError) as error:
        if compression != "zip" or isinstance(error, RecursionError):
            raise
        raise InvalidInput(
            f"The archive cannot be unpacked: {error}",
            remedy="Pack it without a password, with the common method 'deflate'",
        ) from error


def member_of(path: Path) -> str:
    """The name of the one file in a zip archive.

    Raises:
        InvalidInput: it holds none or several, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                one.filename
                for one in archive.infolist()
                if not one.is_dir() and not one.filename.startswith(_LITTER)
            ]
    except zipfile.BadZipFile as error:
        raise _damaged("zip", error) from error
    if _WORKBOOK in names:
        raise InvalidInput(
            "The file is an Excel workbook",
            remedy="Drop it with ./ghosteam drop, or save its sheet as CSV and drop that",
        )
    if len(names) != 1:
        told = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise InvalidInput(
            f"The archive holds {len(names)} files{': ' * bool(names)}{told}",
            remedy="Pack each file by itself, or drop them unpacked",
        )
    return names[0]


@contextmanager
def _opened(path: Path, compression: Compression) -> Iterator[IO[bytes]]:
    if compression == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(member_of(path)) as member:
            yield member
    elif compression == "gzip":
        with gzip.open(path, "rb") as stream:
            yield stream  # type: ignore[misc]
    else:
        with path.open("rb") as raw:
            yield io.BufferedReader(_Zstd(raw), 1 << 16) if compression == "zstd" else raw


def _damaged(compression: Compression, error: object) -> InvalidInput:
    return InvalidInput(
        f"The file cannot be unpacked as {compression}: {error}",
        remedy="It is cut off or damaged: make and drop it again",
    )


class _Zstd(io.RawIOBase):
    """Frames of zstd, one after the other, unpacked. The library's own reader takes the end of a
    file that is cut off for the end of its rows.
    """

    def __init__(self, packed: IO[bytes]) -> None:
        import zstandard  # few files need it

        self._packed, self._library = packed, zstandard
        self._frame = self._new()
        self._left, self._within = b"", False

    def _new(self) -> Any:
        return self._library.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame, self._within = self._new(), False
            piece = piece or self._packed.read(_PIECE)
            if not piece:
                if self._within:
                    raise _damaged("zstd", "its last frame does not end")
                return 0
            self._within = True
            try:
                self._left = self._frame.decompress(piece)
            except self._library.ZstdError as error:
                raise _damaged("zstd", error) from error
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size
