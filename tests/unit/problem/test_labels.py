"""What a data set of labels may be, said at the line where it is not."""

from __future__ import annotations

import pytest

from ghosteam.problem.load import parse_problem
from tests.unit.problem.faults import faults_of

TEXT = """\
version: 1
problem: bikes
task: binary
entities: {ride: [ride]}
event_time: starts + late minutes
target: {name: long, expr: minutes > planned, known_at: event_time + minutes minutes}
datasets:
  rides:
    role: events
    columns:
      ride: integer
      starts: timestamp
      late: number
      planned: number
      station: string
  ends:
    role: labels
    of: rides
    columns:
      ride: integer
      starts: timestamp
      late: number
      minutes: number?
      note: string
  docks: {key: [station], static: true, columns: {station: string, size: integer}}
features:
  request: [planned]
  join: [docks.size]
  windows: [{name: station_long, by: [station], rate: long, over: 7d}]
"""


def test_the_problem_itself_is_sound_and_its_outcome_may_look_at_what_a_request_carries() -> None:
    problem = parse_problem(TEXT)
    assert problem.labels_name == "ends" and problem.label_key == ("ride", "starts", "late")
    assert problem.stated_columns == ("minutes",)
    assert problem.used_datasets == ("rides", "ends", "docks")
    declared = TEXT.replace("role: events", "role: events\n    id: [ride]")
    declared = declared.replace(
        "      starts: timestamp\n      late: number\n      minutes", "      minutes"
    )
    assert parse_problem(declared).label_key == ("ride",)


ENDS = "      ride: integer\n      starts: timestamp\n      late: number\n      minutes: number?\n"


@pytest.mark.parametrize(
    ("old", "new", "field", "line_of", "says", "remedy"),
    [
        ("of: rides", "of: docks", "ends.of", "of: docks", "is not the data set", "of: rides"),
        ("    of: rides\n", "", "ends", "ends:", "labels need 'of'", ""),
        ("of: rides", "of: rides\n    key: [ride]", "ends", "ends:", "have no 'key'", ""),
        ("of: rides", "of: rides\n    every: 1d", "ends", "ends:", "have no 'every'", ""),
        ("of: rides", "of: rides\n    static: true", "ends", "ends:", "have no 'static'", ""),
        ("of: rides", "of: rides\n    time: starts", "ends", "ends:", "have no 'time'", ""),
        ("of: rides", "of: rides\n    id: [ride]", "ends", "ends:", "have no 'id'", ""),
        ("docks: {key", "docks: {of: rides, key", "docks", "docks:", "only labels are 'of'", ""),
        (
            "docks: {key: [station], static: true, columns: {station: string, size: integer}}",
            "more: {role: labels, of: rides, columns: {ride: integer}}\n"
            "  docks: {key: [station], static: true, columns: {station: string, size: integer}}",
            "datasets.more.role",
            "more:",
            "only within a data set is there an order",
            "Land both kinds of files in ends",
        ),
        (
            ENDS,
            "      ride: integer\n      late: number\n      minutes: number?\n",
            "ends.columns",
            "columns:",
            "'starts' is missing: a label names its event by ride, starts, late",
            "Add starts: timestamp",
        ),
        (
            ENDS,
            ENDS.replace("ride: integer", "ride: string"),
            "ends.columns.ride",
            "ride: string",
            "a string here and an integer in rides",
            "as integer in both",
        ),
        (
            ENDS,
            ENDS.replace("ride: integer", "ride: integer?"),
            "ends.columns.ride",
            "ride: integer?",
            "cannot be null",
            "",
        ),
        (
            "note: string",
            "planned: number",
            "ends.columns.planned",
            "minutes: number?\n      planned",
            "which of the two counts",
            "one of them",
        ),
        (
            "      planned: number\n",
            "      planned: number\n      minutes: number?\n",
            "ends.columns.minutes",
            "late: number\n      minutes",
            "which of the two counts",
            "",
        ),
        ("note: string", "target: string", "columns.target", "target: string", "itself uses", ""),
        ("note: string", "slot: string", "columns.slot", "slot: string", "itself uses", ""),
        (
            "note: string",
            "station_long: string",
            "columns.station_long",
            "station_long: string",
            "a feature's name",
            "",
        ),
        (
            "note: string",
            "docks__size: string",
            "columns.docks__size",
            "docks__size: string",
            "a feature's name",
            "",
        ),
        (
            "minutes > planned",
            "planned > 3",
            "target.expr",
            "target:",
            "reads no column of ends",
            "Make the outcome of a column of ends",
        ),
        (
            "minutes: number?",
            "minutes: number",
            "ends.columns.minutes",
            "minutes: number",
            "must be nullable",
            "Write minutes: number?",
        ),
        (
            "event_time + minutes minutes",
            "event_time + secs seconds",
            "target.known_at",
            "target:",
            "'secs' is not among the columns of 'rides' or 'ends'",
            "",
        ),
        (
            "event_time + minutes minutes",
            "note",
            "target.known_at",
            "target:",
            "must begin with event_time or a timestamp",
            "",
        ),
        (
            "join: [docks.size]",
            "join: [ends.note]",
            "features.join.0",
            "join:",
            "known after a prediction is asked",
            "window over the target",
        ),
        (
            "request: [planned]",
            "request: [minutes]",
            "features.request.0",
            "request:",
            "not among the columns of 'rides'",
            "",
        ),
        ("by: [station]", "by: [note]", "windows.0.by.0", "windows:", "not among the columns", ""),
    ],
)
def test_a_fault_of_labels_is_told_at_its_line_with_its_remedy(
    old: str, new: str, field: str, line_of: str, says: str, remedy: str
) -> None:
    found = faults_of(TEXT, (old, new))
    told = [fault for fault in found if says in fault.message]
    assert len(told) == 1, [fault.message for fault in found]
    assert str(told[0].where["field"]).endswith(field)
    text = TEXT.replace(old, new)
    begin = text.index("  ends:") if line_of.startswith(("columns", "ride", "late")) else 0
    place = text.index(line_of, begin) + (line_of.rindex("\n") if "\n" in line_of else -1) + 1
    assert told[0].where["line"] == text[:place].count("\n") + 1
    assert remedy in told[0].remedy and told[0].remedy


def test_all_faults_of_labels_are_told_at_once() -> None:
    found = faults_of(
        TEXT,
        (ENDS, "      ride: string?\n      late: integer\n      minutes: number\n"),
        ("note: string", "known_at: string"),
    )
    fields = [str(fault.where["field"]).removeprefix("datasets.ends.") for fault in found]
    assert sorted(fields) == [
        "columns",
        "columns.known_at",
        "columns.late",
        "columns.minutes",
        "columns.ride",
        "columns.ride",
    ]
