"""Every field of the watches of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

from cli.reference.listed import listed
from ghosteam.problem.detectors import detectors_of

_NUMBERS, _CATEGORIES, _JOINT, _CALIBRATION = (
    listed(detectors_of(use)) for use in ("numbers", "categories", "joint", "calibration")
)

WATCH_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Watch": {
        "window": ("Length of the windows that are compared.", "7d"),
        "drift": ("In how many of the last windows the same feature must have drifted.", "2 of 3"),
        "min_rows": ("Predictions for fewer events than these judge nothing.", "200"),
        "min_effect": (
            "The least change that is drift, however sure: as easily seen as a shift of a normal "
            "number by so many standard deviations.",
            "0.1",
        ),
        "reference": (
            "What windows are compared with: the `training` data; `rolling`, the 28 windows "
            "before; `seasonal`, the same weekday of the last eight weeks and around this date of "
            "last year, or where windows are longer than a day the five around this date of last "
            "year. Where too few were served, the training data; the verdict says so.",
            "seasonal",
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
        "calibration": (
            f"The detectors of how outcomes keep what was promised: {_CALIBRATION}.",
            "[calibration_gap]",
        ),
    },
    "Limit": {
        "shift": ("Of a number: how far a row's value moves on average.", "2.5"),
        "share": ("Of text: the share of rows whose category changes.", "0.1"),
        "missing": ("The change in the share of rows without a value.", "0.02"),
    },
    "Performance": {
        "min_labels": ("Outcomes that a window needs to be judged.", "500"),
        "max_drop": ("How far below its hold-out's metric a model may fall.", "0.03"),
        "max_drop_of": (
            "By metric, how far other metrics than `promote.metric` may fall, each in its own "
            "units.",
            "{log_loss: 0.05}",
        ),
        "max_skill_drop": (
            "How much it may lose, as a share, of what it was better on the hold-out than knowing "
            "only how often each outcome comes.",
            "0.5",
        ),
        "max_lost_a_day": (
            "How much less than was promised all predictions of a day may bring, in the unit of "
            "`decide.values` or `decide.value`.",
            "500",
        ),
    },
}
