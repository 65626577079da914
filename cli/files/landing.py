"""What lands of a file: the file itself. Only a workbook and a JSON document, which the loop does
not read at all, are written anew; a name that does not say what its file is gets an ending.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cli.files.names import DOCUMENT, KNOWN, TEXTS, WORKBOOKS, bare_name, ending
from cli.files.workbook import filled_sheet
from ghosteam.data.compression import compression_of, unpacked
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.encodings import encoding_of
from ghosteam.data.faults import faults_of_content
from ghosteam.data.formats import Format, format_of
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Dataset


@dataclass(frozen=True)
class LandingFile:
    """``path``: the bytes that land, under a key that ends in ``name``. ``told``: what is not as it
    was in the ``source``, in words; empty where nothing is.
    """

    source: Path
    path: Path
    name: str
    told: str = ""

    @property
    def file_format(self) -> Format:
        """What the loop takes it for."""
        return format_of(self.name)

    def opened(self, dataset: Dataset, part_rows: int) -> DatasetFile:
        """As the loop opens a file of the data set."""
        return DatasetFile(self.path, self.file_format, dataset, part_rows)


def landing_of(path: Path, scratch: Path) -> LandingFile:
    """``scratch``: a folder for what is written anew.

    Raises:
        InvalidInput: the file is of no known format; it names the file.
    """
    try:
        with faults_of_content("Reading the file", file=path.name):
            return _landing(path, scratch)
    except InvalidInput as error:
        where = {"file": path.name, **error.where}
        raise InvalidInput(error.message, where=where, remedy=error.remedy) from error


def _landing(path: Path, scratch: Path) -> LandingFile:
    kind, stem = ending(path.name), bare_name(path.name)
    packed = path.name.removeprefix(stem)
    if kind in WORKBOOKS:
        sheet, name = filled_sheet(path), f"{Path(stem).stem}.csv"
        told = f"its sheet {sheet.name!r}, as {name}"
        if sheet.skipped:
            told += f", without {sheet.skipped} line{'s' * (sheet.skipped > 1)} before the header"
        return LandingFile(path, _copy(scratch, name, sheet.csv), name, told)
    if kind == DOCUMENT:
        lines, name = _lines_of(path), f"{Path(stem).stem}.jsonl"
        if lines is None:
            return LandingFile(path, path, name + packed, f"as {name}{packed}: it holds JSON lines")
        return LandingFile(path, _copy(scratch, name, lines), name, f"its objects, as {name}")
    if kind in TEXTS:
        name = f"{Path(stem).stem}.csv{packed}"
        return LandingFile(path, path, name, f"as {name}: its name does not say that it is CSV")
    if kind not in KNOWN:
        format_of(path.name)  # says which names it knows
    return LandingFile(path, path, path.name)


def _copy(scratch: Path, name: str, content: bytes) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / name
    path.write_bytes(content)
    return path


def _lines_of(path: Path) -> bytes | None:
    """The objects of a JSON document, a line each; None where the file holds lines already."""
    compression = compression_of(path)
    with unpacked(path, compression) as stream:
        encoding = encoding_of(stream).encoding
    with unpacked(path, compression) as stream:
        text = stream.read().decode(encoding, errors="replace")
    try:
        document = json.loads(text)
    except ValueError as error:
        if _is_object(text.strip().partition("\n")[0]):
            return None
        raise InvalidInput(f"The file is not JSON: {error}") from error
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise InvalidInput(
            "The JSON document is no list of objects", remedy="Write one object a line"
        )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in document).encode()


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
