"""What the first release wrote into the lake is read: the objects in ``first_lake/``, and the
documents of their batches, made by its own code and never changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from moto import mock_aws

from cli.data_report.batch_page import batch_page
from cli.data_report.found import read
from ghosteam.data.quarantine import from_json_lines
from ghosteam.documents import batch_events, keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.landing import Landing
from ghosteam.features.last_known import with_last_known
from ghosteam.features.training_set import join_features, model_frame, read_sources
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.steps.prediction_log import read_events, read_made
from tests.builders import flights_problem
from tests.unit.data.world import World

FOLDER = Path(__file__).parent / "first_lake"
STATE = json.loads((FOLDER / "state.json").read_text(encoding="utf-8"))
PROBLEM = flights_problem()
FIVE_PAST_NINE = datetime(2013, 4, 1, 9, 15, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    """The lake and the ledger as the first release left them."""
    with mock_aws():
        made = World()
        for path in sorted(FOLDER.rglob("*.*")):
            if path.parent != FOLDER:
                made.lake.put(str(path.relative_to(FOLDER)), path.read_bytes())
        for key, document in STATE.items():
            form = BatchRecord if key.startswith("batch#") else Landing
            place = state_keys.Key(key, form)
            made.state.create("flights", place, form.from_json(document))  # type: ignore[arg-type]
        yield made


def the_batch(world: World, dataset: str = "flights") -> BatchRecord:
    (record,) = world.ledger.all("flights", dataset)
    return record


def part(world: World, key: str) -> pl.DataFrame:
    return pl.read_parquet(BytesIO(world.lake.get(key)))


def test_what_it_validated_is_learned_from(world: World) -> None:
    parts = {
        name: [key for one in world.ledger.active("flights", name) for key in one.validated_parts]
        for name in PROBLEM.datasets
    }
    assert {name: len(found) for name, found in parts.items()} == dict.fromkeys(parts, 1)
    sources = read_sources(PROBLEM, parts, lambda key: part(world, key))
    assert sources.events.height == 19
    events = with_last_known(sources.events, PROBLEM.entity_columns)
    joined = join_features(events, PROBLEM, sources.views)
    learned = model_frame(joined, PROBLEM).sort("flight")
    late = learned.filter(pl.col("target") == 1)
    assert late["flight"].to_list() == [6]
    assert learned.filter(pl.col("target").is_null())["flight"].to_list() == [4]
    assert set(learned[EVENT_TIME].to_list()) == {datetime(2013, 1, 1, 10, 15, tzinfo=UTC)}
    assert set(learned["planes__seats"]) == {149.0}
    # The hour before the last full one was the newest whose weather was known.
    assert learned["weather__temp"].is_between(39, 51).all()


def test_what_it_read_is_validated_anew(world: World) -> None:
    before = the_batch(world)
    assert (before.judged_as, before.reading, before.duplicate_rows) == ("", None, 0)
    raw = keys.raw_part("flights", "flights", before.batch_id, 0)
    assert part(world, raw).height == before.rows == 21
    assert world.validate(batch_events.ingested(before, before.source.key)) == "validated"
    after = the_batch(world)
    # The later row of flight 2 was a fault, and corrects the earlier one now.
    assert (after.valid_rows, after.quarantined_rows, after.superseded_rows) == (19, 1, 1)
    assert after.judged_as and after.earlier == (before.as_revision,)
    flights = pl.concat(part(world, key) for key in after.validated_parts)
    assert flights.filter(pl.col("flight") == 2)["arr_delay"].to_list() == [50.0]
    assert part(world, before.validated_parts[0]).height == 19


def test_what_it_quarantined_is_read(world: World) -> None:
    record = the_batch(world)
    place = keys.quarantine_part("flights", "flights", record.batch_id, 0)
    rows = {row.row: row for row in from_json_lines(world.lake.get(place))}
    assert rows.keys() == {15, 21}
    [reason] = rows[15].reasons
    assert (reason.column, reason.rule, reason.value) == ("month", "at most 12", 13)
    assert rows[21].reasons[0].rule == "unique key" and rows[21].values["flight"] == 2


def test_a_page_tells_what_it_measured_of_a_batch(world: World) -> None:
    found = read(the_batch(world), world.lake, world.lake, world.state)
    page = batch_page(found, None, ())
    assert "at most 12" in page and "unique key" in page
    world.validate(batch_events.ingested(found.record, found.record.source.key))
    again = read(the_batch(world), world.lake, world.lake, world.state)
    assert "superseded rows" in batch_page(again, found, ())


def test_what_it_logged_is_read(world: World) -> None:
    begin, end = FIVE_PAST_NINE.replace(hour=0), FIVE_PAST_NINE.replace(hour=23)
    log = read_events(world.lake, problem=PROBLEM, begin=begin, end=end)
    assert not log.damaged
    predictions = log.predictions
    assert set(predictions[EVENT_TIME]) == {FIVE_PAST_NINE}
    assert set(predictions["answered"]) == {"champion", "challenger"}
    # Its one output was called score, whatever the problem calls it: it is judged by nothing.
    assert set(predictions["outputs"]) == {None}
    assert set(predictions["features"].struct.field("carrier")) == {"UA"}
    made = predictions["made_at"].min()
    assert isinstance(made, datetime)
    whole = read_made(
        world.lake,
        world.state,
        problem=PROBLEM,
        since=made.replace(hour=0),
        until=made.replace(hour=23),
    )
    assert whole.predictions.height == predictions.height
    assert set(whole.calls["asked"]) == {"challenger"}
