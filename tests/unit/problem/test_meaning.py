"""A specification is checked by what it means: every fault at once, each at its line."""

from __future__ import annotations

import pytest

from ghosteam.problem.load import parse_problem
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("weekend: boolean", '" weekend": boolean', "rides.columns. weekend", "no name of a"),
        ("weekend: boolean", '"": boolean', "rides.columns.", "no name of a column"),
        ("wind: number,", '"wind": number, "gust ": number,', "columns.gust ", "blanks"),
        ("weekend: boolean", "_tile.count: boolean", "rides.columns._tile.count", "itself uses"),
        (
            "over: 7d}",
            "over: [7d]}\n    - {name: station_long, by: [station], count: rows, over: 7d}",
            "features.windows.1.name",
            "another window's name",
        ),
        ("weekend: boolean", "_row: boolean", "rides.columns._row", "the project itself uses"),
        ("wind: number,", "wind: number, _part: number,", "weather.columns._part", "itself uses"),
        ("weekend: boolean", "weather_period: number", "columns.weather_period", "itself uses"),
        ("weekend: boolean", "station_long_period: number", "station_long_period", "itself uses"),
        ("name: station_long", "name: weather_period", "features.windows.0.name", "itself uses"),
    ],
)
def test_names_that_no_file_gives_or_that_stand_beside_its_rows_are_refused(
    old: str, new: str, field: str, says: str
) -> None:
    [fault] = faults_of(TEXT, (old, new))
    assert str(fault.where["field"]).endswith(field)
    assert says in fault.message and fault.remedy


def test_the_problem_itself_is_sound() -> None:
    assert parse_problem(TEXT).outputs == ("long",)


@pytest.mark.parametrize(
    ("old", "new", "field", "line_of", "says"),
    [
        ("+ late minutes", "+ kind minutes", "event_time", "event_time:", "'kind' is a string"),
        ("event_time: starts", "event_time: late", "event_time", "event_time:", "timestamp column"),
        ("known_at: event_time", "known_at: late", "target.known_at", "target:", "not with 'late'"),
        ("ride: [ride]", "ride: [ride, ride]", "entities", "entities:", "more than once"),
        ("role: events", "role: events\n    id: [rid]", "rides.id.0", "id: [rid]", "not among the"),
        (
            "role: events",
            "role: events\n    id: [ride, ride]",
            "rides.id",
            "id: [ride, ride]",
            "more than once",
        ),
        (
            "role: events",
            "role: events\n    id: [late]",
            "columns.late",
            "late: number",
            "is a number",
        ),
        ("ride: integer", "ride: integer?", "columns.ride", "ride: integer", "cannot be null"),
        ("ride: integer", "ride: number", "columns.ride", "ride: number", "is a number"),
        ("by: [station]", "by: [weekend]", "windows.0.by", "name: station_long", "is a boolean"),
        (
            "{station: string, hour",
            "{station: integer, hour",
            "weather.columns.station",
            "columns: {station",
            "an integer here and a string in rides",
        ),
        (
            "{station: string, hour",
            '{station: "string?", hour',
            "weather.columns.station",
            "columns: {station",
            "cannot be null",
        ),
        (
            "{station: string, hour",
            "{station: number, hour",
            "weather.columns.station",
            "columns: {station",
            "is a key, and a number",
        ),
        (
            "{station: string, hour",
            "{station: timestamp, hour",
            "weather.columns.station",
            "columns: {station",
            "is a key, and a timestamp",
        ),
        (
            "{station: string, hour",
            "{station: boolean, hour",
            "weather.columns.station",
            "columns: {station",
            "is a key, and a boolean",
        ),
        ("key: [station]", "key: [station, station]", "weather.key", "key:", "more than once"),
        ("by: [station]", "by: [late]", "windows.0.by", "name: station_long", "is a number"),
        ("hour: timestamp", "hour: string", "weather.time", "time: hour", "not with 'hour'"),
        ("event_time: starts", "event_time: date(late)", "event_time", "event", "are integers"),
        ("time: hour", "time: date(station)", "weather.time", "time:", "are integers"),
        ("time: hour", "time: hour + station hours", "weather.time", "time:", "can be counted"),
        (
            "every: 1h",
            "every: 1 month\n    origin: 2024-01-02",
            "weather",
            "weather:",
            "the first of",
        ),
        ("starts: timestamp", "starts: {type: timestamp, zone: Mars}", "starts", "starts", "IANA"),
        ("starts: timestamp", "starts: {type: string, unit: seconds}", "starts", "st", "timestamp"),
        (
            "starts: timestamp",
            "starts: {type: timestamp, latest: 1800-01-01}",
            "starts",
            "starts",
            "latest is before earliest",
        ),
        ("[weather.wind]", "[rides.kind]", "join.0", "join:", "write it under request"),
        ("[weather.wind]", "[weather.gust.max]", "join.0", "join:", "with a dot"),
        ("[weather.wind]", "[weather.wnd]", "join.0", "join:", "is not <dataset>.<column>"),
        ("name: station_long", "name: weather", "windows.0.name", "name: weather", "already"),
        ("name: station_long", "name: station", "windows.0.name", "name: station", "already"),
        ("name: station_long", "name: bucket", "windows.0.name", "bucket", "project itself uses"),
        ("request: [kind]", "request: [kind, kind]", "request.1", "request:", "another feature's"),
        (
            "      late:",
            "      target: string\n      late:",
            "columns.target",
            "target: s",
            "rename",
        ),
        ("name: long, expr", "name: ride, expr", "target", "target:", "predictions use already"),
        ("expr: minutes > 30", "expr: seconds > 30", "target.expr", "target:", "reads no column"),
        (
            "expr: minutes > 30",
            "expr: \"kind = 'NO'\"",
            "features.request.0",
            "request:",
            "the answer",
        ),
        ("request: [kind]", "request: [kind, minutes]", "request.1", "request:", "known too late"),
        (
            "[NO, NA2]",
            "[NO, NA], null_values: [NA]",
            "columns.kind.null_values",
            "kind: {type",
            "cannot be both a value and null",
        ),
        ("every: 1h", "every: 0h", "weather.every", "every: 0h", "longer than 0"),
        ("exclude:", "holdout: 0d\nexclude:", "holdout", "holdout:", "longer than 0"),
        ("exclude:", "holdout: 90d\nexclude:", "holdout", "holdout:", "nothing is left"),
        ("metric: roc_auc", "metric: rmse", "promote", "promote:", "write at_most, not at_least"),
        ("roc_auc, at_least: 0.6", "rmse, at_most: 3", "promote.metric", "promote:", "not suit a"),
        ("at_least: 0.6", "at_least: 60", "promote", "promote:", "can never be a roc_auc"),
        ("at_least: 0.6", "at_most: 0.6", "promote", "promote:", "write at_least"),
        ("task: binary", "task: multiclass", "target.classes", "target:", "3 to 100 classes"),
        (
            "exclude:",
            "watch: {detectors: {numbers: [location, new_categories]}}\nexclude:",
            "watch.detectors.numbers.1",
            "watch:",
            "compares categories, not numbers: use chi_square or hellinger",
        ),
        (
            "exclude:",
            "watch: {ignore: [weekdy]}\nexclude:",
            "watch.ignore.0",
            "watch:",
            "not a feature",
        ),
        (
            "exclude:",
            "watch: {only: [minutes]}\nexclude:",
            "watch.only.0",
            "watch:",
            "not a feature",
        ),
        (
            "exclude:",
            "watch: {limits: {kind: {shift: 2}}}\nexclude:",
            "watch.limits.kind.shift",
            "watch:",
            "write share, not shift",
        ),
        (
            "exclude:",
            "watch: {limits: {weather__wind: {share: 0.1}}}\nexclude:",
            "watch.limits.weather__wind.share",
            "watch:",
            "write shift, not share",
        ),
        (
            "exclude:",
            "watch: {detectors: {categories: [energy]}}\nexclude:",
            "watch.detectors.categories.0",
            "watch:",
            "no drift detector; there are calibration_gap, calibration_slope, chi_square",
        ),
        ("exclude:", "model: {weight: amount}\nexclude:", "model.weight", "model:", "not among"),
        ("exclude:", "model: {weight: kind}\nexclude:", "model.weight", "model:", "is a number"),
        (
            "weekend: boolean",
            "weekend: {type: timestamp, categorical: true}",
            "weekend",
            "weekend",
            "a category is",
        ),
        ("task: binary", "task: ranking", "task", "task:", "binary, multiclass, regression"),
        (
            "task: binary",
            "task: multiclass",
            "windows.0",
            "name: station_long",
            "the mean of a multiclass target is not defined",
        ),
        ("rate: long", "sum: later", "windows.0", "name: station_long", "name the target, 'long'"),
        ("rate: long", "count: long", "windows.0", "name: station_long", "write count: rows"),
        ("rate: long", "median: long", "windows.0", "name: station_long", "count, distinct, lag"),
        ("rate: long", "max: kind", "windows.0", "name: station_long", "'kind' is a string"),
        ("rate: long", "max: kinds", "windows.0", "name: station_long", "or a column of rides"),
        ("rate: long", "lag: long", "windows.0", "name: station_long", "a lag needs n"),
        ("rate: long", "last: long, n: 2", "windows.0", "name: station_long", "of a last there is"),
        ("rate: long", "rate: long, ratio_to: 7d", "windows.0", "station_long", "longer than"),
        ("over: 7d", "over: [7d, 1w]", "windows.0", "station_long", "different ones"),
        ("over: 7d", "over: [7d, 36h]", "windows.0", "station_long", "whole days"),
        ("over: 7d", "over: []", "windows.0", "station_long", "list of different ones"),
        ("rate: long", "rate: long, sum: long", "windows.0", "station_long", "has one aggregate"),
        ("rate: long", "aggregate: mode, of: long", "aggregate", "station_long", "no aggregate"),
        (
            "expr: minutes > 30,",
            "expr: minutes > 30, classes: [a, a],",
            "target",
            "target:",
            "more than once",
        ),
        (
            "minutes > 30, known",
            "minutes > 30, absent: false, known",
            "target.absent",
            "target:",
            "write matures",
        ),
        (
            "minutes > 30, known",
            "minutes > 30, absent: maybe, matures: 3d, known",
            "target.absent",
            "target:",
            "'maybe' is no outcome: they are true or false",
        ),
        (
            "minutes > 30, known",
            "kind, classes: [NO, NA2], absent: YES, matures: 3d, known",
            "target.absent",
            "target:",
            "none of the classes: NO, NA2",
        ),
        (
            "exclude:",
            "decide: {values: {hit: 1, miss: 2, false_alarm: -1}}\nexclude:",
            "decide.values",
            "decide:",
            "hit must be worth more",
        ),
    ],
)
def test_a_contradiction_is_named_with_its_line(
    old: str, new: str, field: str, line_of: str, says: str
) -> None:
    text = TEXT.replace(old, new)
    found = [fault for fault in faults_of(TEXT, (old, new)) if says in fault.message]
    assert found, [fault.message for fault in faults_of(TEXT, (old, new))]
    assert str(found[0].where["field"]).endswith(field)
    line = found[0].where["line"]
    assert isinstance(line, int)
    assert line_of in text.splitlines()[line - 1]


def test_a_key_of_another_type_comes_with_what_to_declare() -> None:
    [fault] = faults_of(TEXT, ("{station: string, hour", "{station: integer, hour"))
    assert fault.remedy == "Declare station as string in both, or as integer in both"


def test_a_name_of_the_projects_own_comes_with_how_to_keep_the_files_column() -> None:
    [fault] = faults_of(TEXT, ("weekend: boolean", "target: boolean"))
    assert fault.remedy == "Give it another, with 'from: target' for the files' own"
    named = TEXT.replace("weekend: boolean", "aim: {type: boolean, from: target}")
    assert parse_problem(named).events.columns["aim"].from_ == "target"


def test_the_time_of_an_event_may_be_a_column_called_so() -> None:
    text = TEXT.replace("starts + late minutes", "event_time").replace("starts: t", "event_time: t")
    assert parse_problem(text).event_time_expression.columns == ("event_time",)
