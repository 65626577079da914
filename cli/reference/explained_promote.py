"""Every field of the gates of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

PROMOTE_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
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
            "be worse, beyond chance, than `max_slice_drop`. Rows without a value are a part of "
            "their own.",
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
}
