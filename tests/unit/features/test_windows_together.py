"""Windows over the same rows with the same keys and periods share an online row, where the folder
says so.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ghosteam.data.derive import KNOWN_AT
from ghosteam.features import window_changes
from ghosteam.features.online import Written
from ghosteam.features.online_versions import versions_of
from ghosteam.features.views import views_of, windows_version
from ghosteam.features.window_changes import changed_tiles, changes, covers_column
from ghosteam.features.windows import BUCKET, VALUE, window_values
from ghosteam.problem import definition
from ghosteam.problem.hashes import training_hash
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online
from tests.unit.features.conftest import TRIPS
from tests.unit.features.landed import DAY, HOUR, START, Follow, Land, trips_of

_WINDOWS = """  windows_online: {online}
  windows:
    - {name: delayed, by: [line, bus], rate: late, over: [2d, 5h], min_rows: 2}
    - {name: rides, by: [bus, line], count: rows, over: 2d}
    - {name: worst, by: [line, bus], max: delay, over: 1d, where: "delay > 5"}
    - {name: slow, by: [line], count: rows, over: 2d}
"""
_TEXT = TRIPS[: TRIPS.index("  windows:")] + _WINDOWS
APART, TOGETHER = (
    parse_problem(_TEXT.replace("{online}", online)) for online in ("apart", "together")
)
ASKED = {"line": "7", "bus": "b1"}


def windows_of(problem: Problem) -> dict[str, tuple[str, ...]]:
    return {view.name: view.names for view in views_of(problem) if view.kind == "window"}


def test_windows_of_the_same_keys_and_period_are_one_view_that_is_called_as_the_first() -> None:
    assert windows_of(APART) == {
        "delayed_by_1h": ("delayed_5h",),
        "delayed_by_1d": ("delayed_2d",),
        "rides": ("rides",),
        "worst": ("worst",),
        "slow": ("slow",),
    }
    assert windows_of(TOGETHER) == {
        "delayed_by_1h": ("delayed_5h",),
        "delayed_by_1d": ("delayed_2d", "rides", "worst"),
        "slow": ("slow",),
    }
    [shared] = [view for view in views_of(TOGETHER) if view.name == "delayed_by_1d"]
    assert shared.without_row == (None, 0, None)


def test_what_is_said_of_no_other_row_needs_no_setting_and_a_model_learns_the_same() -> None:
    assert windows_version(APART) != windows_version(TOGETHER)
    assert training_hash(APART) == training_hash(TOGETHER)
    alone = TRIPS.replace("  windows:", "  windows_online: together\n  windows:")
    assert versions_of([parse_problem(alone)]) == versions_of([parse_problem(TRIPS)])
    other = parse_problem(_TEXT.replace("{online}", "together").replace("over: 1d", "over: 3d"))
    assert windows_version(other) != windows_version(TOGETHER)


def test_a_definition_of_before_keeps_its_rows_apart() -> None:
    told = definition.written(APART)
    assert "windows_online" not in str(told)
    assert windows_of(definition.read(told)) == windows_of(APART)
    assert windows_of(definition.read(definition.written(TOGETHER))) == windows_of(TOGETHER)


class Counted:
    """A DynamoDB client that counts the items that are asked for."""

    def __init__(self, client: Any) -> None:
        self.client, self.items = client, 0

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:
        self.items += sum(len(asked["Keys"]) for asked in RequestItems.values())
        return self.client.batch_get_item(RequestItems=RequestItems)


def test_a_request_reads_and_a_step_writes_one_item_of_windows_that_share(
    dynamodb: Any, land: Land, follow: Follow
) -> None:
    land("trips", "a", trips_of(1), key="trips/trips/a.csv", time="start")
    # Of five hours five rows, of two days two for each of the windows, of one day one.
    assert follow("trips", "a", APART) == Written(5 + 2 + 2 + 1 + 2)
    assert follow("trips", "a", TOGETHER) == Written(5 + 2 + 2)
    client, asked = Counted(dynamodb), (ASKED, START + DAY + HOUR)
    read = {}
    for problem in (APART, TOGETHER):
        client.items = 0
        [row] = read_online(client, problem, "on", [asked[0]], [asked[1]])  # type: ignore[arg-type]
        read[client.items] = row.features
    apart, together = read.values()
    assert apart == together
    assert {name: together[name] for name in ("delayed_2d", "rides", "worst", "slow")} == {
        "delayed_2d": 0.5,
        "rides": 2,
        "worst": 10.0,
        "slow": 2,
    }
    fewer, more = sorted(read)
    assert more - fewer == 2


def test_a_window_that_a_batch_does_not_touch_stays_and_a_row_goes_with_the_last_of_them(
    dynamodb: Any, land: Land, follow: Follow
) -> None:
    def found(day: int) -> list[Any]:
        at = START + (day - 1) * DAY + HOUR
        [row] = read_online(dynamodb, TOGETHER, "on", [ASKED], [at])
        return [row.features[name] for name in ("delayed_2d", "rides", "worst")]

    rows = trips_of(1)
    land("trips", "late", rows.tail(1), key="trips/trips/a.csv", time="start")
    follow("trips", "late", TOGETHER)
    assert found(2) == [None, 1, 10.0], "of one trip there is no rate"
    land("trips", "quick", rows.head(1), key="trips/trips/b.csv", time="start")
    follow("trips", "quick", TOGETHER)
    assert (found(2), found(3)) == ([0.5, 2, 10.0], [0.5, 2, None])
    # The late trip is another one now: what is left has no row of the worst.
    land(
        "trips",
        "none",
        rows.tail(1).with_columns(bus=pl.lit(None, pl.String)),
        key="trips/trips/a.csv",
        time="start",
    )
    follow("trips", "none", TOGETHER)
    assert (found(2), found(3)) == ([None, 1, None], [None, 1, None])
    land(
        "trips",
        "gone",
        rows.head(1).with_columns(bus=pl.lit(None, pl.String)),
        key="trips/trips/b.csv",
        time="start",
    )
    assert follow("trips", "gone", TOGETHER).removed
    assert found(2) == [None, 0, None]


def test_what_serves_keeps_its_rows_beside_those_that_are_made_anew(
    dynamodb: Any, land: Land, follow: Follow
) -> None:
    at = START + DAY + HOUR

    def features(problem: Problem) -> Any:
        [row] = read_online(dynamodb, problem, "on", [ASKED], [at])
        return row.features

    land("trips", "a", trips_of(1), key="trips/trips/a.csv", time="start")
    follow("trips", "a", APART)
    served = features(APART)
    assert features(TOGETHER)["rides"] == 0, "nothing of the other layout is read"
    land("trips", "b", trips_of(1, first=500), key="trips/trips/b.csv", time="start")
    follow("trips", "b", TOGETHER, APART)
    assert features(TOGETHER) == features(APART) != served
    assert features(APART)["rides"] == 4


def test_a_large_change_comes_in_parts_that_hold_their_groups_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [view] = [view for view in views_of(TOGETHER) if view.name == "delayed_by_1d"]
    delayed, rides, worst = view.windows
    rows = pl.DataFrame(
        {
            "line": [str(number % 7) for number in range(60)],
            "bus": [str(number % 2) for number in range(60)],
            VALUE: [1.0] * 60,
            KNOWN_AT: [START + number * 5 * HOUR for number in range(60)],
        }
    )
    tiles = {one.name: changed_tiles(rows, rows.clear(), one) for one in (delayed, rides)}
    some = window_values(rows.filter(pl.col("line") == "1"), worst)
    made = {worst.name: some.with_columns(pl.lit(1).alias(covers_column(view, worst)))}
    [whole] = changes(view, tiles, made)
    monkeypatch.setattr(window_changes, "_AT_ONCE", 40)
    parts = list(changes(view, tiles, made))
    assert pl.concat(parts).sort(*view.keys, BUCKET).equals(whole)
    groups = [set(part.select(view.keys).iter_rows()) for part in parts]
    assert len(parts) > 3
    assert sum(map(len, groups)) == len(set().union(*groups)) == 14
