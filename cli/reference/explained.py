"""Every field of ``problem.yaml`` in words, with an example; a test holds it to the grammar."""

from __future__ import annotations

from cli.reference.explained_datasets import DATASET_FIELDS
from cli.reference.explained_decide import DECIDE_FIELDS
from cli.reference.explained_derived import DERIVED_FIELDS
from cli.reference.explained_promote import PROMOTE_FIELDS
from cli.reference.explained_retrain import RETRAIN_FIELDS
from cli.reference.explained_search import SEARCH_FIELDS
from cli.reference.explained_serve import SERVE_FIELDS
from cli.reference.explained_sources import SOURCE_FIELDS
from cli.reference.explained_watch import WATCH_FIELDS
from cli.reference.explained_windows import WINDOW_FIELDS

SECTIONS: dict[str, str] = {
    "Problem": "The whole file. Beside these fields, `environments` maps the name of an "
    "environment to the fields that are different there.",
    "Target": "What is predicted.",
    "Dataset": "A table whose files land at `<problem>/<dataset>/`. One has the role `events`: "
    "the rows to predict, and their outcomes. [Facts](guides/facts.md) are counted by windows. The "
    "others are looked up: static ones by their key, timed ones by key and by the period that was "
    "known at the event's time.",
    "Column": "A column of a data set. `integer` is short for `{type: integer}`, `integer?` for "
    "`{type: integer, nullable: true}`.",
    "Files": "How the files of a data set are written. What is not said is looked for in each "
    "file: a separator and lines before the header by the names of the columns, an encoding by its "
    "bytes, marks in numbers where they leave no other reading. What was found stands in the "
    "batch's record as `reading`. How a file is packed, its line ends and a mark at its begin are "
    "always found.",
    "Quality": "What the batches of a data set have to be like: see "
    "[measures and alarms](guides/data-report.md#measures-and-alarms). What is not said is not "
    "asked for.",
    "Features": "What the model reads.",
    "Window": "An aggregate of the rows of a group that became known in a stretch of time before "
    "the event: of events, with their outcome, or of [facts](guides/facts.md). It is written "
    "under its name: `mean: late`, `std: amount`, `count: rows`, `distinct: shop`, `time_since: "
    "rows`; `rate: late` is the mean too. `time_since` is how long, in seconds, before the end of "
    "the stretch a row became known; `lag` is the `n`-th newest. Aggregates of numbers take "
    "a binary or regression target, or a column of numbers: see [windows](guides/windows.md).",
    "Derived": "A feature computed from the values of one event, by the same code in training, in "
    "batches and in requests: see [derived features](guides/derived.md). Callers never send it.",
    "Search": "How models are searched.",
    "Promote": "What a candidate must pass before it may serve.",
    "ParityLimits": "How far the values that models are served may be from those that they learn "
    "from, as shares of a feature's rows. A value is null online, late (it followed from the data "
    "that were online then), or different. A limit is exceeded beyond what chance explains.",
    "BeatChampion": "How much better than the champion a candidate must be: a paired bootstrap "
    "over the hold-out's days, or entities where it has fewer than ten days.",
    "Decide": "How a probability becomes a decision, for binary targets, and what a prediction is "
    "worth, for all.",
    "Values": "What a decision is worth, in any unit.",
    "Serve": "How the model is served.",
    "Rollout": "How traffic moves to a new model. `canary 10% 15m` is short for "
    "`{percent: 10, watch: 15m}`.",
    "Watch": "How what is served is watched.",
    "Detectors": "How a window is compared with what the model learned from. A model's reference "
    "is made with these detectors, and later windows are judged by those of its reference.",
    "Limit": "The least change of one feature that is drift, in its own units, in place of "
    "`min_effect`.",
    "Performance": "When a model has become worse than it promised.",
    "Retrain": "When the loop trains again by itself, and on what.",
    "HttpSource": "A data set that is pulled from an HTTP API (`kind: http`).",
    "SqlSource": (
        "A data set that is pulled from PostgreSQL, MySQL, MariaDB or SQL Server (`kind: sql`)."
    ),
    "StreamSource": "A data set that comes through a Kinesis stream (`kind: stream`).",
    "Cursor": "How a pull asks for what is newer.",
    "HttpCursor": "The same for an HTTP API.",
    "Next": "How a page names the next one.",
    "Header": "A request header whose value is a secret.",
}

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Problem": {
        "version": ("Version of this grammar.", "1"),
        "problem": ("The problem's name: that of its folder.", "flights"),
        "task": (
            "What kind of outcome is predicted: one that comes or not, one of several classes, or "
            "a number.",
            "binary",
        ),
        "entities": ("The entity's name and the columns that identify a row.", "{ride: [ride_id]}"),
        "event_time": (
            "When a row's prediction is asked: a timestamp column, or a day made of integer "
            "columns as in `date(year, month, day)`, `date(year, month)` or `date(year)`, of which "
            "the month may be named, to which durations, numeric columns with a unit and the time "
            "of day in another column, as in `day + dep_time clock`, may be added; a name with "
            'blanks stands in quotes, as in `"Sale date" + 1h`. `none` where events have no time: '
            "see [time](guides/time.md).",
            "time_hour + minute minutes",
        ),
        "target": (
            "What is predicted, see Target.",
            "{name: late, expr: arr_delay > 15, known_at: event_time + 1h}",
        ),
        "datasets": (
            "The data sets by name, see Dataset.",
            "{rides: {role: events, id: [ride_id], columns: {ride_id: integer, at: timestamp}}}",
        ),
        "sources": (
            "Where rows come from when nobody drops files, by name.",
            "{clicks: {kind: stream, dataset: clicks, every: 1m}}",
        ),
        "exclude": (
            "Columns that are known too late for a prediction. A request cannot carry them.",
            "[arr_delay]",
        ),
        "features": ("What the model reads, see Features.", "{request: [carrier]}"),
        "model": ("How models are searched, see Search.", "{trials: 20}"),
        "holdout": (
            "The newest stretch of events, by which models are judged; months and years are those "
            "of the calendar. Of events without a time a share, drawn by a hash of the id: `20%` "
            "when nothing else is said.",
            "14d",
        ),
        "promote": ("What a candidate must pass, see Promote.", "{metric: roc_auc, at_least: 0.6}"),
        "decide": (
            "How a probability becomes a decision, see Decide.",
            "{values: {hit: 5, miss: -20, false_alarm: -1}}",
        ),
        "serve": ("How the model is served, see Serve.", "{rollout: canary 10% 15m}"),
        "watch": ("How it is watched, see Watch.", "{window: 7d}"),
        "retrain": ("When the loop trains again, see Retrain.", "{cooldown: 7d}"),
    },
    "Target": {
        "name": ("Name of the outcome: that of a binary problem's output.", "late"),
        "expr": (
            "SQL expression over the columns of events, and of labels: null where the outcome is "
            "not known; a name with blanks stands in double quotes. For a binary problem a "
            "condition, or 1 and 0.",
            "arr_delay > 15",
        ),
        "known_at": (
            "When the outcome becomes known, written as `event_time` is; `event_time` itself "
            "may be used, and columns of labels. Needed where events have a time.",
            "event_time + 1h",
        ),
        "matures": (
            "How long after an event its outcome can be taken for final. Younger events are "
            "neither learned from nor judged by.",
            "30d",
        ),
        "absent": (
            "The outcome of an event that has none when it matures, or `unknown`.",
            "false",
        ),
        "classes": (
            "The values of an outcome that is no number: all of them for a multiclass problem; "
            "for a binary one two, of which the last is predicted.",
            "[no, yes]",
        ),
    },
    "Features": {
        "clock": (
            "Which clock training goes by: what was known at the event's time (`known_at`), or "
            "what could be read online then (`available_at`), see "
            "[time](guides/time.md#known-and-available).",
            "available_at",
        ),
        "request": ("Event columns that each request carries.", "[carrier, distance]"),
        "join": ("Columns of looked-up data sets.", "[weather.temp]"),
        "windows": (
            "Aggregates of earlier rows, see Window.",
            "[{name: carrier_late_7d, by: [carrier], mean: late, over: 7d}]",
        ),
        "derived": (
            "Expressions of one event's values, see Derived.",
            "[{name: speed, expr: distance / minutes}]",
        ),
        "online_for": (
            "How long windows of a day, and looked-up rows of a period, can be read online after "
            "it, by the wall clock; requests about older events get nulls. Left out: for ever, as "
            "data need that are played back.",
            "1y",
        ),
        "windows_online": (
            "`together`: windows over the same rows with the same keys and periods share online "
            "rows, so that a request reads one for all of them, and so does a file that lands, see "
            "[windows](guides/windows.md#one-online-row-for-several-windows). They are made anew "
            "beside those that serve.",
            "together",
        ),
    },
    **WINDOW_FIELDS,
    **DERIVED_FIELDS,
    **SEARCH_FIELDS,
    **PROMOTE_FIELDS,
    **DECIDE_FIELDS,
    **SERVE_FIELDS,
    **WATCH_FIELDS,
    **RETRAIN_FIELDS,
    **DATASET_FIELDS,
    **SOURCE_FIELDS,
}
