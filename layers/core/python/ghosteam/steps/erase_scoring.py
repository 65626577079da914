"""Erase from batch scorings: predictions and refused rows of the entity, and the file that was to
be scored where it holds rows of the entity.
"""

from __future__ import annotations

import tempfile
from io import BytesIO
from itertools import groupby
from pathlib import Path

import polars as pl

from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.erase import Left, parquet, without_rows
from ghosteam.data.formats import format_of
from ghosteam.data.frames import ROW
from ghosteam.documents import keys
from ghosteam.errors import InvalidInput
from ghosteam.steps.erasing import Erasing

PLACE = "scoring"
_PART_ROWS = 100_000


def erase_scoring(erasing: Erasing) -> None:
    """One scoring at a time. Its input goes last: it says which predictions are the entity's."""
    erasing.tell(PLACE)
    below = keys.scoring_input(erasing.name, "").partition("//")[0] + "/"
    found = (versions[0].key for versions in erasing.lake.versions(below))
    for name, _ in groupby(found, lambda key: key.removeprefix(below).partition("/")[0]):
        _erase(erasing, name)


def _erase(erasing: Erasing, name: str) -> None:
    inputs = f"{keys.scoring_input(erasing.name, name)}/"
    numbers = {
        number
        for versions in erasing.lake.versions(inputs)
        for version in versions
        for number in _rows(erasing, version.key, erasing.lake.read(version) or b"")
    }

    def clean(key: str, body: bytes) -> Left:
        left = without_rows(key, body, erasing.subject)
        if not key.endswith(".parquet") or left.body is None or not numbers:
            return left
        frame = pl.read_parquet(BytesIO(left.body))
        # What was scored before a file's own column could be called so.
        number = ROW if ROW in frame.columns else "row"
        kept = frame.filter(~pl.col(number).is_in(sorted(numbers)))
        rows = left.rows + frame.height - kept.height
        return Left(rows, parquet(kept) if rows else body)

    erasing.clean(erasing.lake, f"{keys.scoring_output(erasing.name, name)}/", PLACE, clean=clean)
    erasing.clean(
        erasing.lake,
        inputs,
        PLACE,
        clean=lambda key, body: Left(len(_rows(erasing, key, body)), None),
    )


def _rows(erasing: Erasing, key: str, body: bytes) -> list[int]:
    """Numbers of the entity's rows in a file that was to be scored; a file that cannot be read has
    none.
    """
    if key.endswith(f"/{keys.SCORING_BATCH}"):
        return []
    with tempfile.TemporaryDirectory(dir=erasing.scratch) as folder:
        path = Path(folder) / "file"
        path.write_bytes(body)
        dataset, rows = erasing.problem.events, []
        try:
            file = DatasetFile(path, format_of(key), dataset, _PART_ROWS, empty=True)
            for typed in file.parts(check=False):
                rows += typed.filter(erasing.subject.rows(typed))[ROW].to_list()
        except InvalidInput:
            return rows or ([0] if without_rows("text", body, erasing.subject).rows else [])
        return rows
