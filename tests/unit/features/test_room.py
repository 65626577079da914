"""What is made of rows that memory has no room for is what is made of all at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.features.room import Room
from ghosteam.features.training_set import join_features, model_frame, read_sources
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.features.landed import DAY, HOUR, START, TIME
from tests.unit.features.test_facts import COLUMNS, TEXT
from tests.unit.features.test_training_set import lake

Frames = list[list[tuple[str | None, int]]]
FRAMES = st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 1))))


def framed(frames: Frames) -> list[pl.DataFrame]:
    """Frames of keys, ``text`` and ``number``, and what tells all rows apart."""
    schema = {"text": pl.String, "number": pl.Int64}
    made = [pl.DataFrame(rows, schema, orient="row") for rows in [[], *frames]]
    ends = pl.Series([0, *(len(rows) for rows in [[], *frames])]).cum_sum()
    return [one.with_row_index("row", end) for one, end in zip(made, ends, strict=False)]


@given(FRAMES, st.integers(1, 20))
def test_rows_of_one_key_come_together_and_in_their_order(frames: Frames, at_once: int) -> None:
    rows = framed(frames)
    with TemporaryDirectory() as folder:
        shares = list(Room(Path(folder), at_once=at_once).by_key(rows, ["text", "number"]))
    seen: set[tuple[str | None, int]] = set()
    for share in shares:
        assert share["row"].is_sorted()
        found = set(share.select("text", "number").rows())
        assert not found & seen
        seen |= found
    assert pl.concat(shares).sort("row").equals(pl.concat(rows))


@given(FRAMES, st.integers(1, 20))
def test_rows_that_are_kept_come_as_they_went(frames: Frames, at_once: int) -> None:
    rows = framed(frames)
    with TemporaryDirectory() as folder:
        room = Room(Path(folder), at_once=at_once)
        kept = room.kept(rows)
        assert kept.collect().equals(pl.concat(rows))
        assert pl.concat(room.batches(kept)).equals(pl.concat(rows))


def test_without_a_folder_all_are_held() -> None:
    rows = framed([[("a", 1)], [("b", 1)]])
    [share] = Room(at_once=1).by_key(rows, ["text"])
    assert share.equals(pl.concat(rows))


def learned(
    problem: Problem, rows: dict[str, Sequence[pl.DataFrame]], room: Room | None
) -> pl.DataFrame:
    """The training set of all events, from parts in landed order."""
    parts = {name: [f"{name}/{n}" for n in range(len(of))] for name, of in rows.items()}

    def read(key: str) -> pl.DataFrame:
        name, number = key.split("/")
        return rows[name][int(number)]

    sources = read_sources(problem, parts, read, room=room)
    joined = join_features(sources.events, problem, sources.views)
    return model_frame(joined.with_columns(pl.lit(START).alias("_last_known")), problem)


@pytest.mark.parametrize("at_once", [1, 30])
def test_a_training_set_is_the_same_in_little_room(
    trips: Problem, tmp_path: Path, at_once: int
) -> None:
    found = lake()
    again = [found["weather"], found["weather"][::5].with_columns(pl.col("temp") + 0.5)]
    rows = {
        "trips": [found["trips"][:50], found["trips"][40:].with_columns(pl.col("delay") + 1)],
        "weather": [again[0][:100], *again, again[0][200:]],
        "buses": [found["buses"], found["buses"].with_columns(pl.col("seats") + 1)],
    }
    wanted = learned(trips, rows, None)
    assert wanted.drop_nulls(["weather__temp", "line_late_2d", "buses__seats"]).height
    little = learned(trips, rows, Room(tmp_path, at_once=at_once))
    assert little.equals(wanted)
    assert list(tmp_path.iterdir())


def test_windows_over_facts_are_the_same_in_little_room(tmp_path: Path) -> None:
    problem = parse_problem(TEXT.format(id="id: [stop]"))
    draw = random.Random(1)

    def stops() -> pl.DataFrame:
        made = [
            (
                draw.randrange(80),
                draw.choice(["L", "M", None]),
                draw.randrange(4),
                START + draw.randrange(96) * HOUR,
                draw.choice([None, 1.0, 4.0]),
                draw.randrange(3),
            )
            for _ in range(60)
        ]
        return pl.DataFrame(made, list(COLUMNS), orient="row", schema_overrides={"at": TIME})

    rides = pl.DataFrame(
        {
            "rider": [number % 4 for number in range(60)],
            "starts": [START + DAY + number * HOUR for number in range(60)],
            "line": ["L", "M", "N"] * 20,
            "delay": [float(number % 9) for number in range(60)],
        },
        schema_overrides={"starts": TIME},
    )
    rows = {"rides": [rides], "stops": [stops(), stops(), stops()]}
    wanted = learned(problem, rows, None)
    assert wanted["newest"].drop_nulls().n_unique() > 1
    assert learned(problem, rows, Room(tmp_path, at_once=1)).equals(wanted)
