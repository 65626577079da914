"""Every field of ``problem.yaml`` in words, with an example; a test holds it to the grammar."""

from __future__ import annotations

from collections.abc import Iterable

from cli.reference.explained_datasets import DATASET_FIELDS
from cli.reference.explained_sources import SOURCE_FIELDS
from cli.reference.explained_windows import WINDOW_FIELDS
from ghosteam.problem.detectors import detectors_of
from ghosteam.problem.triggers import CHOSEN


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_NUMBERS, _CATEGORIES, _JOINT = (
    _listed(detectors_of(use)) for use in ("numbers", "categories", "joint")
)

SECTIONS: dict[str, str] = {
    "Problem": "The whole file. Beside these fields, `environments` maps the name of an "
    "environment to the fields that are different there.",
    "Target": "What is predicted.",
    "Dataset": "A table whose files land at `<problem>/<dataset>/`. One has the role `events`: "
    "the rows to predict, and their outcomes. The others are looked up: static ones by their key, "
    "timed ones by key and by the period that was known at the event's time.",
    "Column": "A column of a data set. `integer` is short for `{type: integer}`, `integer?` for "
    "`{type: integer, nullable: true}`.",
    "Files": "How the files of a data set are written. What is not said is looked for in each "
    "file: a separator and lines before the header by the names of the columns, an encoding by its "
    "bytes, marks in numbers where they leave no other reading. What was found stands in the "
    "batch's record as `reading`. How a file is packed, its line ends and a mark at its begin are "
    "always found.",
    "Features": "What the model reads.",
    "Window": "An aggregate of the rows of a group whose outcome became known in a stretch of days "
    "before the event's day. It is written under its name: `mean: late`, `std: amount`, `count: "
    "rows`, `distinct: shop`, `time_since: rows`; `rate: late` is the mean too. `time_since` is "
    "how long, in seconds, before the begin of the event's day a row became known; `lag` is the "
    "`n`-th newest. Aggregates of numbers take a binary or regression target, or a column of "
    "numbers: see [windows](guides/windows.md).",
    "Search": "How models are searched.",
    "Promote": "What a candidate must pass before it may serve.",
    "ParityLimits": "How far the values that models are served may be from those that they learn "
    "from, as shares of a feature's rows. A value is null online, late (it followed from the data "
    "that were online then), or different. A limit is exceeded beyond what chance explains.",
    "BeatChampion": "How much better than the champion a candidate must be: a paired bootstrap "
    "over the hold-out's days, or entities where it has fewer than ten days.",
    "Decide": "How a probability becomes a decision. For binary targets.",
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
    "SqlSource": "A data set that is pulled from PostgreSQL (`kind: sql`).",
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
            "columns as in `date(year, month, day)`, `date(year, month)` or `date(year)`, to which "
            "durations and numeric columns with a unit may be added; a name with blanks stands in "
            'quotes, as in `"Sale date" + 1h`. `none` where events have no time: see '
            "[time](guides/time.md).",
            "time_hour + minute minutes",
        ),
        "target": ("What is predicted, see Target.", "{name: late, expr: arr_delay > 15, …}"),
        "datasets": ("The data sets by name, see Dataset.", "{flights: {role: events, …}}"),
        "sources": (
            "Where rows come from when nobody drops files, by name.",
            "{rides: {kind: sql, …}}",
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
        "promote": ("What a candidate must pass, see Promote.", "{at_least: 0.6}"),
        "decide": ("How a probability becomes a decision, see Decide.", "{values: {hit: 5, …}}"),
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
        "windows": ("Aggregates of earlier rows, see Window.", "[{name: late_7d, …}]"),
        "online_for": (
            "How long windows of a day, and looked-up rows of a period, can be read online after "
            "it, by the wall clock; requests about older events get nulls. Left out: for ever, as "
            "data need that are played back.",
            "1y",
        ),
    },
    **WINDOW_FIELDS,
    "Search": {
        "families": ("Model families to try.", "[lightgbm, linear]"),
        "trials": ("Most sets of parameters tried for each family.", "20"),
        "minutes": ("Most minutes of search for each family.", "10"),
        "refit": (
            "Whether the model that passed the gates is fitted again, with its parameters, on the "
            "hold-out's rows too, so that the newest period is not thrown away.",
            "true",
        ),
        "weight": (
            "Numeric column of the events that says how much a row counts in learning; a row "
            "without a weight above 0 is not learned from. Judging counts every row once.",
            "amount",
        ),
    },
    "Promote": {
        "metric": (
            "What candidates are judged by; the task's first when none is named.",
            "roc_auc",
        ),
        "at_least": ("Limit of a metric of which greater is better.", "0.6"),
        "at_most": ("Limit of a metric of which smaller is better.", "12.5"),
        "beat_champion": ("How much better than the champion, see BeatChampion.", "{by: 0.0}"),
        "max_calibration_error": (
            "How far probabilities may be from the shares that come, or the share of outcomes "
            "inside a regression's intervals from 90 %.",
            "0.1",
        ),
        "max_latency_ms": ("95th percentile of one row's prediction time.", "50"),
        "slices": (
            "Features by whose values the hold-out is cut: in none of the parts may a candidate "
            "be worse, beyond chance, than `max_slice_drop`.",
            "[origin]",
        ),
        "max_slice_drop": ("How much worse it may be in a part.", "0.05"),
        "parity": ("How far what is served may be from what is learned, see ParityLimits.", "{}"),
        "approval": ("Whether a person must approve each rollout.", "required"),
        "when_champion_unusable": (
            "What becomes of a good candidate when the champion cannot be compared: a person is "
            "asked, it is promoted, or refused.",
            "approve",
        ),
    },
    "ParityLimits": {
        "min_rows": (
            "So many predictions of events with outcomes the log must have of a feature; before, "
            "the online store is compared.",
            "200",
        ),
        "max_null_online": (
            "Share of a feature's values that may be missing online while the training set has "
            "them.",
            "0.1",
        ),
        "max_late": (
            "Share that may follow from older data than the training set has.",
            "0.5",
        ),
        "max_different": ("Share that may differ for no such reason; beyond it, refused.", "0.01"),
        "when_not_online": (
            "What becomes of a candidate whose features are not there in time: a person is asked, "
            "it is promoted, or refused.",
            "approve",
        ),
    },
    "BeatChampion": {
        "by": ("By how much of the metric.", "0.005"),
        "when_changed": (
            "The same where the champion learned by another folder: whoever changes a folder wants "
            "its model, as long as it is hardly worse.",
            "-0.02",
        ),
        "confidence": ("One-sided confidence of the comparison.", "0.95"),
    },
    "Decide": {
        "values": (
            "What each decision is worth, see Values; without them 1 is decided from 0.5 on.",
            "{hit: 5, miss: -20, false_alarm: -1}",
        )
    },
    "Values": {
        "hit": ("1 was decided and came.", "5"),
        "miss": ("1 was not decided, and came.", "-20"),
        "false_alarm": ("1 was decided, and did not come.", "-1"),
        "rest": ("1 was neither decided, nor came.", "0"),
    },
    "Serve": {
        "mode": ("What answers: `realtime` is a SageMaker endpoint that is always up.", "realtime"),
        "instance_type": ("The endpoint's instance type.", "ml.m5.large"),
        "instance_count": ("The endpoint's instances.", "1"),
        "rollout": ("How traffic moves to a new model, see Rollout.", "canary 10% 15m"),
        "rollback_hold": (
            "How long the replaced model's endpoint stays up, for a way back within seconds.",
            "1h",
        ),
    },
    "Rollout": {
        "percent": ("Share of the entities that meet the new model first.", "10"),
        "watch": ("How long they do before it is judged.", "15m"),
        "when_quiet": ("What becomes of a model that met too little traffic.", "promote"),
    },
    "Watch": {
        "window": ("Length of the windows that are compared.", "7d"),
        "drift": ("In how many of the last windows the same feature must have drifted.", "2 of 3"),
        "min_rows": ("Fewer predictions than these judge nothing.", "200"),
        "min_effect": (
            "The least change that is drift, however sure: as easily seen as a shift of a normal "
            "number by so many standard deviations.",
            "0.1",
        ),
        "only": ("The features that are looked at; all when empty.", "[temp, carrier]"),
        "ignore": ("Features that are not looked at.", "[month]"),
        "limits": (
            "By feature, the least change that is drift in its own units, see Limit.",
            "{temp: {shift: 2.5}}",
        ),
        "detectors": ("What is looked for, see Detectors.", "{categories: [hellinger]}"),
        "performance": ("When a model has become worse, see Performance.", "{min_labels: 500}"),
    },
    "Detectors": {
        "numbers": (f"The detectors of numbers: {_NUMBERS}.", "[location, out_of_range]"),
        "categories": (f"The detectors of categories: {_CATEGORIES}.", "[hellinger]"),
        "joint": (f"The detectors of all numbers of a row: {_JOINT}.", "[correlation]"),
    },
    "Limit": {
        "shift": ("Of a number: how far a row's value moves on average.", "2.5"),
        "share": ("Of text: the share of rows whose category changes.", "0.1"),
        "missing": ("The change in the share of rows without a value.", "0.02"),
    },
    "Performance": {
        "min_labels": ("Outcomes that a window needs to be judged.", "500"),
        "max_drop": ("How far below its hold-out's metric a model may fall.", "0.03"),
    },
    "Retrain": {
        "on": (f"What may start a run, beside a person: {_listed(CHOSEN)}.", "[readiness, drift]"),
        "cooldown": ("Shortest time, of events, between two runs.", "7d"),
        "max_usd_month": ("Most money for runs in a month, as estimated.", "50"),
        "train_window": ("Longest stretch of events that a model learns from.", "90d"),
        "min_train": ("Shortest stretch of events that is enough to learn from.", "28d"),
        "min_coverage": (
            "Share of the periods that must hold rows: of the hold-out's, and of those of each "
            "half of `min_train`. A period is a day, or the year or month that `event_time` is "
            "made of, or the month, quarter, half-year or year of which all rows lie on one day.",
            "0.6",
        ),
        "min_rows": (
            "How many events with an outcome are enough, where they have no time.",
            "500",
        ),
    },
    **DATASET_FIELDS,
    **SOURCE_FIELDS,
}
