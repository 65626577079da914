"""Whatever style a table is written in: declared as it is guessed, its rows are those of the table
written plainly.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.infer.guessed import GuessRequest
from cli.init.make import Made, make_problem
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.formats import format_of
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Dataset

NOW = datetime(2026, 1, 1, tzinfo=UTC)
N = 90
RANDOM = np.random.default_rng(3)
TIMES = [datetime(2024, 1, 13, 9, 30) + timedelta(days=3 * (place // 2)) for place in range(N)]
# Two rows share all that could name one; the last two are the same.
PRICES = [round(float(price), 2) for price in RANDOM.uniform(-9_000, 90_000, N - 1)]
SHARES = [round(float(share), 1) for share in RANDOM.uniform(0, 100, N - 1)]
PRICES, SHARES = [*PRICES, PRICES[-1]], [*SHARES, SHARES[-1]]
COUNTS = [int(count) for count in RANDOM.integers(0, 5_000, N // 2).repeat(2)]
KINDS = [("Größe", "kurz", "a b")[place // 2 % 3] for place in range(N)]
OUTCOMES = ["yes" if chance < 0.4 else "no" for chance in RANDOM.random(N // 2).repeat(2)]

Write = Callable[[float], str]


def german(number: float, digits: int = 2) -> str:
    return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))


PRICE_STYLES: Mapping[str, Write] = {
    "plain": str,
    "german": german,
    "thousands": lambda number: f"{number:,.2f}",
    "euros": lambda number: f"{german(number)} €",
    "dollars": lambda number: f"${number:,.2f}",
}
SHARE_STYLES: Mapping[str, Write] = {
    "plain": str,
    "percent": lambda number: f"{number}%",
    "german percent": lambda number: f"{german(number, 1)} %",
}


@dataclass(frozen=True)
class Style:
    """How a table is written."""

    price: str = "plain"
    share: str = "plain"
    time: str = "%Y-%m-%dT%H:%M:%S"
    form: str = "csv"
    separator: str = ","
    encoding: str = "utf-8"
    blanks: bool = False
    preamble: str = ""
    gap: str = ""


PLAIN = Style()
STYLES = st.builds(
    Style,
    price=st.sampled_from(sorted(PRICE_STYLES)),
    share=st.sampled_from(sorted(SHARE_STYLES)),
    time=st.sampled_from(["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d %b %Y %H:%M:%S"]),
    form=st.sampled_from(["csv", "jsonl", "parquet"]),
    separator=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
    blanks=st.booleans(),
    preamble=st.sampled_from(["", "Sales of the year\n\n"]),
    gap=st.sampled_from(["", "NA"]),
)


def written(folder: Path, style: Style) -> Path:
    pad = "  {} ".format if style.blanks else str
    frame = pl.DataFrame(
        {
            "slot": [str(place // 2 % 7) for place in range(N)],
            "sold at": [f"{moment:{style.time}}" for moment in TIMES],
            "price": [PRICE_STYLES[style.price](price) for price in PRICES],
            "share": [
                style.gap if place % 20 == 5 else SHARE_STYLES[style.share](share)
                for place, share in enumerate(SHARES)
            ],
            "count": [str(count) for count in COUNTS],
            "kind": [pad(kind) for kind in KINDS],
            "bought": [pad(outcome) for outcome in OUTCOMES],
        }
    )
    path = folder / f"sales.{style.form}"
    if style.form == "parquet":
        frame.write_parquet(path)
    elif style.form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.iter_rows(named=True)))
    else:
        body = io.BytesIO()
        frame.write_csv(body, separator=style.separator)
        text = style.preamble + body.getvalue().decode()
        encoding = "cp1252" if style.encoding == "latin-1" else style.encoding
        path.write_bytes(text.encode(encoding))
    return path


def made(folder: Path, path: Path) -> Made:
    return make_problem([path], GuessRequest("tried", "bought", NOW), scratch=folder / "scratch")


def rows_of(path: Path, dataset: Dataset, part_rows: int) -> pl.DataFrame:
    parts = pl.concat(DatasetFile(path, format_of(path.name), dataset, part_rows).parts())
    assert parts["_uncastable"].null_count() == parts.height
    return parts.select(list(dataset.columns))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(style=STYLES, part_rows=st.sampled_from([7, 1000]))
def test_rows_are_those_of_the_table_written_plainly(
    tmp_path_factory: pytest.TempPathFactory, style: Style, part_rows: int
) -> None:
    folder, plainly = tmp_path_factory.mktemp("styled"), tmp_path_factory.mktemp("plain")
    path, plain = written(folder, style), written(plainly, PLAIN)
    guessed, expected = made(folder, path), made(plainly, plain)
    events, others = guessed.problem.events, expected.problem.events
    assert list(events.columns) == list(others.columns)
    assert events.columns["row_id"].made_of and events.columns["slot_value"].from_ == "slot"
    found = rows_of(path, events, part_rows)
    assert found["row_id"].n_unique() == N and found["row_id"].str.ends_with("-2").sum() == 1
    assert found.equals(rows_of(plain, others, 1000)), guessed.text


def test_what_is_guessed_is_written_as_a_person_would(tmp_path: Path) -> None:
    style = Style("euros", "german percent", "%d.%m.%Y %H:%M", separator=";", blanks=True)
    text = made(tmp_path, written(tmp_path, style)).text
    for line in (
        '    files: {trim: true, decimal: ",", thousands: "."}',
        "      row_id: {type: string, made_of: content, example: a1}",
        "      slot_value: {type: integer, from: slot, min: 0, max: 20, example: ",
        '      sold at: {type: timestamp, format: "%d.%m.%Y %H:%M", example: ',
        '      price: {type: number, symbol: "€", min: -200000, max: 200000, ',
        '      share: {type: number, symbol: "%", min: 0, max: 200, nullable: true, ',
    ):
        assert line in text, text


def test_columns_that_differ_in_their_marks_say_so_themselves(tmp_path: Path) -> None:
    style = Style("german", "percent", separator=";")
    text = made(tmp_path, written(tmp_path, style)).text
    assert 'price: {type: number, decimal: ",", thousands: ".", min' in text
    assert 'share: {type: number, symbol: "%", min' in text and "files:" not in text


def test_an_encoding_that_a_file_does_not_show_is_declared(tmp_path: Path) -> None:
    text = made(tmp_path, written(tmp_path, Style(encoding="latin-1"))).text
    assert "    files: {encoding: cp1252}\n" in text
    path = tmp_path / "rows.csv"
    lines = [f"{('Москва', 'Казань')[n % 2]},{y}" for n, y in enumerate(OUTCOMES)]
    path.write_bytes("\n".join(["city,bought", *lines]).encode("cp1251"))
    with pytest.raises(InvalidInput, match="encoding cannot be told"):
        made(tmp_path, path)


def test_names_that_come_twice_are_left_out_and_tell_rows_apart(tmp_path: Path) -> None:
    """Each of the rows that are equal otherwise has an id, in whatever file it comes."""
    path = tmp_path / "rows.csv"
    lines = [f"{KINDS[n]},{y},{n},x" for n, y in enumerate(OUTCOMES)]
    path.write_text("\n".join(["kind,bought,note,note", *lines]))
    guess = made(tmp_path, path)
    assert any("twice: note, note_2" in finding.text for finding in guess.findings)
    ids = rows_of(path, guess.problem.events, 1000)["row_id"]
    assert ids.n_unique() == N and not ids.str.contains("-").any()


def test_a_column_of_text_stays_as_it_stands(tmp_path: Path) -> None:
    """Codes with leading zeros look like numbers with separated thousands."""
    path = tmp_path / "rows.csv"
    codes = [f'"0{place % 3 + 1},12{place % 2}"' for place in range(N)]
    lines = [f"{code},{y}" for code, y in zip(codes, OUTCOMES, strict=True)]
    path.write_text("\n".join(["code,bought", *lines]))
    guess = made(tmp_path, path)
    assert guess.problem.events.columns["code"].type == "string"
    assert "files:" not in guess.text and "decimal" not in guess.text
