"""Every field of the data sets of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

DATASET_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Dataset": {
        "role": (
            "`events` for the rows to predict, `labels` for outcomes that come by themselves, "
            "`facts` for other rows that windows count, else `lookup`.",
            "events",
        ),
        "of": (
            "The events that labels are about. A label has the columns of their `id`, or those of "
            "the entity and the event time, and what `target` reads. The newest row of an event "
            "counts and states the whole outcome: all null withdraws it.",
            "rides",
        ),
        "columns": (
            "The columns by name, see Column. Others in a file are passed over. `a.b` is the field "
            "`b` of an object `a` in JSON lines, or of a struct in Parquet.",
            "{id: integer}",
        ),
        "id": (
            "Columns that make an event; else the entity's and the event time. Of facts: those "
            "that make a fact; else `key` and `time`.",
            "[order]",
        ),
        "key": (
            "Columns that identify a looked-up row, or by which windows count facts; the events "
            "have them too, or `through` says what has.",
            "[origin]",
        ),
        "time": (
            "When a looked-up row begins to hold, or a fact happened, written as `event_time` is.",
            "time_hour",
        ),
        "every": (
            "Length of the periods of a timed data set; of facts, that in which some are expected, "
            "a day where it is not said. Weeks begin on Mondays, months and years "
            "on the first of one, all in UTC. A row belongs to the period that begins at its time "
            "or next after it.",
            "1 month",
        ),
        "origin": ("A begin of a period, where they do not follow the calendar.", "2024-01-01"),
        "known_after": ("How long after its own time a row becomes known.", "1h"),
        "static": ("A row of this data set holds for all times.", "true"),
        "through": (
            "For columns of the `key` whose value another looked-up row tells, where it stands "
            "there, as `dataset.column`. That data set is looked up by the events' own columns: "
            "see [joins](guides/joins.md).",
            "{region: merchants.region}",
        ),
        "contract": ("A Pandera model that checks what columns cannot.", "contract.Flights"),
        "files": ("How its files are written, see Files.", '{separator: ";", decimal: ","}'),
        "null_values": (
            "Texts that stand for null in every column that does not name its own. Without them an "
            "empty cell is null, and `NA` too where it can be no value: not in a column of text.",
            '["", NA]',
        ),
        "empty": (
            "What a file without rows says: it is `rejected`, or `allowed` and means that there "
            "are no rows now. At the key of an earlier file it withdraws that file's rows.",
            "allowed",
        ),
        "reject_over": ("Share of bad rows over which a whole batch is rejected.", "0.1"),
        "reject_at_least": ("Fewer bad rows reject no batch that has a good row.", "10"),
        "quality": (
            "What its batches have to be like: each that is not raises an alarm. See Quality.",
            "{completeness: 0.9, freshness: 2d}",
        ),
    },
    "Quality": {
        "completeness": ("Least share of declared cells that hold a value.", "0.9"),
        "validity": ("Least share of rows that keep the contract.", "0.99"),
        "uniqueness": ("Least share of valid rows that no newer one of their key follows.", "0.9"),
        "consistency": ("Least share of rows whose columns suit one another.", "0.99"),
        "freshness": ("The oldest that the newest row may be when a file lands.", "2d"),
        "drift": (
            "How far a column may lie from the batches before, as the share of its rows that would "
            "have to be other for both to be alike.",
            "0.3",
        ),
        "arrives_within": (
            "The longest that may pass until another file is let in: the alarm on batches that "
            "are not what they have to be tells that none came, too.",
            "26h",
        ),
    },
    "Files": {
        "encoding": (
            "Encoding of the text, by Python's name of it. Found are UTF-8, UTF-16 and, for words "
            "of western languages, Windows-1252, which Latin-1 is part of.",
            "cp1250",
        ),
        "separator": ("What stands between cells; found are `,`, `;`, `|` and tabs.", '";"'),
        "quote": ("What stands around a cell that holds separators; or `none`.", '"\'"'),
        "escape": (
            "What stands before a quote within a quoted cell, if it is not doubled.",
            "'\\'",
        ),
        "decimal": ("The mark before the fraction of a number.", '","'),
        "thousands": ("The mark between thousands, or `none`.", '"."'),
        "skip": ("How many lines stand before the header.", "3"),
        "trim": (
            "Blanks around texts are no part of them. Around other cells they never are.",
            "true",
        ),
    },
    "Column": {
        "type": ("Type of the values.", "number"),
        "nullable": ("Whether a value may be missing.", "true"),
        "categorical": (
            "Whether an integer or a boolean is a name and no quantity: models split its values "
            "as they do texts.",
            "true",
        ),
        "private": ("Whether values are kept out of logs, alerts and reports.", "true"),
        "min": ("Least value of a number.", "0"),
        "max": ("Greatest value of a number.", "100"),
        "values": (
            "All values that a text can have. What is among them stands for no null.",
            "[EWR, JFK, LGA]",
        ),
        "null_values": ("Texts, or numbers, that stand for null in this column.", '["", -999]'),
        "from": (
            "What files call the column, where that is not its name here, which everything else "
            "uses: requests, posted events, expressions. Files may have either name, and no two "
            "columns one.",
            '"Sale date"',
        ),
        "made_of": (
            "`content`: files have no id of events, and get this one. It is a digest of the whole "
            "row: the values of the declared columns, and the texts of others. The same row has "
            "the same id in whatever file; one that repeats in its file is numbered, `-2` and so "
            "on; a corrected row is another event. An id that is there stays: requests and posted "
            "events send one.",
            "content",
        ),
        "symbol": (
            "What stands before or behind the numbers of the column in files: a percent sign, a "
            "currency, a unit. The number counts as it is written: `12%` is 12, in requests too.",
            '"%"',
        ),
        "decimal": (
            "The mark before the fraction, where this column is not written as the data set's "
            "`files` are. In JSON and Parquet it is about texts; numbers are numbers.",
            '","',
        ),
        "thousands": (
            "The mark between thousands, or `none`, where this column is not written as the data "
            "set's `files` are. Who says one of `decimal` and `thousands` says both: else they "
            "are `.` and `none`.",
            '"."',
        ),
        "format": (
            "How times are written in files that are not ISO 8601, which is always taken: with "
            "`%Y %m %d %j %b %B %a %A %H %I %p %M %S %f %z` as in strptime; names are English, "
            "years have four digits, what is not said is zero. Without `%z` they are of the "
            "column's `zone`. Not beside `unit`. Requests have ISO 8601.",
            '"%d.%m.%Y %H:%M"',
        ),
        "unit": (
            "What a timestamp that is a number counts since 1970. Without it a timestamp is ISO "
            "8601 text.",
            "milliseconds",
        ),
        "zone": ("Time zone of timestamps without an offset, by its IANA name.", "Europe/Berlin"),
        "ambiguous": (
            "Which is meant of a time that clocks of the zone show twice. A row with such a time "
            "is quarantined unless this says it, and always with one that they never show.",
            "earliest",
        ),
        "earliest": ("Least value of a timestamp; 1900 when it says nothing.", "1850-01-01"),
        "latest": (
            "Greatest value of a timestamp; when it says nothing, a day and the horizon after the "
            "file landed.",
            "2100-01-01",
        ),
        "horizon": ("How far ahead of its landing a timestamp may lie, and a day more.", "2y"),
        "example": ("A value that the API's documentation shows.", "1400"),
    },
}
