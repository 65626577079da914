"""What is wrong is told at once, in words of YAML, and nothing that only follows from it."""

from __future__ import annotations

from itertools import combinations

import pytest

from ghosteam.data.targets import expression_faults
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import InvalidProblems, parse_problem
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of

FAULTS = {
    "model.trials": ("exclude:", "model: {trials: 0}\nexclude:", "trials"),
    "serve.instance_type": ("exclude:", "serve: {instance_type: huge}\nexclude:", "huge"),
    "houldout": ("exclude:", "houldout: 3d\nexclude:", "houldout"),
    "features.request.0": ("request: [kind]", "request: [sort, kind]", "sort"),
    "features.windows.0.by.0": (
        "windows:\n",
        "windows:\n    - {name: other, by: [dock], count: rows, over: 7d}\n",
        "dock",
    ),
    "datasets.rides.columns.ride": ("ride: integer", "ride: boolean", "ride: boolean"),
    "features.windows.LAST.by": ("by: [station]", "by: [weekend]", "[weekend]"),
    "target.expr": ("expr: minutes > 30", "expr: minutes > 'long'", "target"),
    "exclude.1": ("exclude: [minutes]", "exclude: [minutes, hours]", "hours"),
    "version": ("version: 1", "version: 3", "version"),
    "environments": ("task: binary", "task: binary\nenvironments: prod", "prod"),
    "datasets.rides.columns.late.type": ("late: number", "late: numbr", "numbr"),
    "datasets.rides.reject_over": ("role: events", "role: events\n    reject_over: 7", "7"),
    "datasets.weather.evry": ("every: 1h", "evry: 1h", "evry"),
    "datasets.weather.columns.wind.nul": ("wind: number", "wind: {type: number, nul: 1}", "nul"),
    "target.matures": ("{name: long", "{matures: 3x, name: long", "3x"),
    "features.clock": ("features:\n", "features:\n  clock: sun\n", "sun"),
    "watch.window": ("exclude:", "watch: {window: 1m}\nexclude:", "1m"),
    "promote": ("at_least: 0.6", "at_most: 0.6", "at_most"),
}
"""Text of the sound problem, what it becomes, and a piece of the line that is then at fault, by
field; ``LAST`` stands for the sound problem's one window.
"""


def told(text: str) -> dict[str, InvalidInput]:
    with pytest.raises(InvalidProblems) as caught:
        parse_problem(text, also=expression_faults)
    faults = [fault for fault in caught.value.faults if isinstance(fault, InvalidInput)]
    fields = [str(fault.where["field"]) for fault in faults]
    assert sorted(set(fields)) == sorted(fields), fields
    return dict(zip(fields, faults, strict=True))


@pytest.mark.parametrize("fields", [*combinations(FAULTS, 2), tuple(FAULTS)], ids="+".join)
def test_faults_of_all_kinds_come_at_once_each_at_its_line(fields: tuple[str, ...]) -> None:
    text = TEXT
    for old, new, _ in map(FAULTS.__getitem__, fields):
        assert old in text
        text = text.replace(old, new)
    last = str(int("features.windows.0.by.0" in fields))
    found = told(text)
    assert {*found} == {field.replace("LAST", last) for field in fields}
    for field in fields:
        fault = found[field.replace("LAST", last)]
        line = fault.where["line"]
        assert isinstance(line, int) and FAULTS[field][2] in text.splitlines()[line - 1]
        assert fault.remedy


def test_faults_of_meaning_come_at_once() -> None:
    found = faults_of(
        TEXT,
        ("ride: integer", "ride: number?"),
        ("[NO, NA2]", "[NO, NA], null_values: [NA]"),
        ("hour: timestamp", "hour: string"),
        ("expr: minutes > 30", "expr: seconds > 30"),
    )
    assert len(found) == 5
    assert len({fault.where["line"] for fault in found}) == 4


def test_what_follows_from_a_fault_is_not_told() -> None:
    """The slice and what is watched name a window that is left out for its own fault."""
    text = TEXT.replace("by: [station]", "by: [dock]").replace(
        "slices: [kind]", "slices: [kind, station_long]"
    )
    watched = "watch: {only: [station_long], limits: {station_long: {shift: 1}}}\n"
    assert {*told(text + watched)} == {"features.windows.0.by.0"}
    assert {*told(TEXT + "holdout: 95d\nretrain: {train_window: 90d, min_train: 91d}\n")} == {
        "retrain"
    }


_LABELLED = (
    TEXT.replace("expr: minutes > 30", "expr: paid > 30")
    .replace(
        "datasets:\n",
        "datasets:\n"
        "  results:\n"
        "    role: labels\n"
        "    of: rides\n"
        "    columns: {ride: integer, starts: timestamp, late: number, paid: number?}\n"
        "  repairs:\n"
        "    role: facts\n"
        "    key: [station, part]\n"
        "    time: at\n"
        "    columns: {station: string, part: string, at: timestamp, cost: number}\n",
        1,
    )
    .replace(
        "windows:\n",
        "windows:\n    - {name: costs, from: repairs, by: [station], mean: cost, over: 7d}\n",
    )
)
_MISUNDERSTOOD = {
    "task": ("task: binary", "task: binry"),
    "entities.ride": ("{ride: [ride]}", "{ride: ride}"),
    "entities.ride.0": ("{ride: [ride]}", "{ride: [bike]}"),
    "event_time": ("starts + late minutes", "begins + late minutes"),
    "target.nam, target.name": ("{name: long", "{nam: long"),
    "target.known_at": ("event_time + minutes minutes", "event_time + long minutes"),
    "target.expr": ("expr: paid > 30", "expr: 30"),
    "datasets.rides.rol": ("role: events", "rol: events"),
    "datasets.rides.columns.station.type": ("station: string\n", "station: strng\n"),
    "datasets.weather.ke": ("    key: [station]", "    ke: [station]"),
    "datasets.weather.key": ("key: [station]", "key: [hour]"),
    "datasets.results.of": ("of: rides", "of: trips"),
    "datasets.results.role": ("role: labels", "role: lables"),
    "datasets.repairs.role": ("role: facts", "role: fact"),
    "datasets.repairs.tme": ("time: at", "tme: at"),
    "features.requst": ("request: [kind]", "requst: [kind]"),
    "features.join": ("join: [weather.wind]", "join: weather.wind"),
    "features.windows.1.over": ("rate: long, over: 7d", "rate: long, over: [7d, x]"),
}
"""Fields without which much else cannot be understood, and how to spoil them."""


_ALONE = (
    "entities.ride.0",
    "datasets.weather.key",
    "datasets.results.role",
    "datasets.repairs.role",
)
"""What another of them spoils too."""
_PAIRS = combinations((field for field in _MISUNDERSTOOD if field not in _ALONE), 2)


@pytest.mark.parametrize("fields", [*_MISUNDERSTOOD, *_PAIRS], ids=str)
def test_what_cannot_be_understood_hides_no_other_fault_and_makes_none(
    fields: str | tuple[str, ...],
) -> None:
    """What is watched is a fault of the last step, whatever else is meant."""
    text = _LABELLED + "serve: {mode: boat}\nmodel: {weight: kind}\n"
    named = (fields,) if isinstance(fields, str) else fields
    for old, new in map(_MISUNDERSTOOD.__getitem__, named):
        assert old in text
        text = text.replace(old, new)
    of_fields = {one.removesuffix(".1") for field in named for one in field.split(", ")}
    found = {field.removesuffix(".1") for field in told(text)}
    assert found == {*of_fields, "serve.mode", "model.weight"}


def test_a_fault_of_an_environment_is_told_where_it_says_so() -> None:
    text = TEXT + (
        "environments:\n"
        "  dev: {serve: {rollback_hold: 2h}}\n"
        "  prod:\n"
        "    promote: {at_least: 7}\n"
        "    serve: {mode: boat}\n"
    )
    assert parse_problem(text, environment="dev").problem == "bikes"
    with pytest.raises(InvalidProblems) as caught:
        parse_problem(text.replace("7d}\npromote", "0d}\npromote"), environment="prod")
    first = len(TEXT.splitlines())
    assert [(fault.where["field"], fault.where["line"]) for fault in caught.value.faults] == [
        ("features.windows.0", first - 1),
        ("environments.prod.promote", first + 4),
        ("environments.prod.serve.mode", first + 5),
    ]


@pytest.mark.parametrize(
    ("old", "new", "field", "message", "remedy"),
    [
        ("request: [kind]", "request: kind", "features.request", "should be a list", "[a, b]"),
        (
            "{ride: [ride]}",
            "{ride: []}",
            "entities.ride",
            "List should have at least 1",
            "List one",
        ),
        ("{ride: [ride]}", "[ride]", "entities", "should be a mapping", "{name: value}"),
        ("late: number", "late:", "columns.late", "should be a mapping", "{name: value}"),
        ("late: number", "late: {type: number, min: .nan}", "late.min", "finite", "a number"),
        ("[NO, NA2]", "[]", "columns.kind.values", "at least 1 item", "List one"),
        ("expr: minutes > 30", "expr: 30", "target.expr", "valid string", "quotes"),
        ("exclude:", "sources: {s: {dataset: rides}}\nexclude:", "sources.s", "kind", "Add kind"),
        (
            "exclude:",
            "sources: {s: {kind: fax, dataset: rides}}\nexclude:",
            "sources.s.kind",
            "'fax' is none of http",
            "Use one",
        ),
        (
            "at_least: 0.6",
            "at_least: 0.6, beat_champion: {by: 1}",
            "promote",
            "can never be 1 better",
            "Fix",
        ),
        (
            "key: [station]\n    time: hour\n    every: 1h",
            "key: [station]\n    static: true\n    every: 1h",
            "datasets.weather",
            "a static data set has no 'every'",
            "Fix",
        ),
        ("by: [station]", "by: [station, station]", "windows.0.by", "more than once", "once"),
        (
            "exclude:",
            "model: {families: [lightgbm, lightgbm]}\nexclude:",
            "model.families",
            "more than once",
            "once",
        ),
        ("exclude:", "watch: {window: 1m}\nexclude:", "watch.window", "an hour", "Write 1h"),
        ("by: [station]", "by: [event_time]", "windows.0.by.0", "not among the columns", "Declare"),
    ],
)
def test_what_cannot_work_is_refused_in_words_of_yaml(
    old: str, new: str, field: str, message: str, remedy: str
) -> None:
    [fault] = faults_of(TEXT, (old, new))
    assert str(fault.where["field"]).endswith(field)
    assert message in fault.message and remedy in fault.remedy


@pytest.mark.parametrize("key", ["7", "2024-01-01", "true", "null"])
def test_a_key_that_yaml_does_not_read_as_text_is_told_at_its_line(key: str) -> None:
    text = TEXT.replace("weekend: boolean", f"{key}: boolean")
    with pytest.raises(InvalidInput, match="is no text: write it in quotes") as caught:
        parse_problem(text)
    assert text.splitlines()[int(str(caught.value.where["line"])) - 1].strip().startswith(key)
    assert key in parse_problem(text.replace(f"{key}:", f"'{key}':")).events.columns
