"""Alerts as tests need them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from ghosteam.channels.alert import Alert

AT = datetime(2024, 5, 20, 12, tzinfo=UTC)


def alert(**changed: Any) -> Alert:
    """One about drift of ``flights``, raised at ``AT``, with ``changed`` fields."""
    fields: dict[str, Any] = {
        "condition": "alarm ghosteam-dev-flights-DriftSustained",
        "state": "raised",
        "severity": "warning",
        "problem": "flights",
        "what": "what the model uses has drifted: temp",
        "details": ("temp: mean 12.5, was 4.0", "wind: 3 % missing, was 0 %"),
        "did": "A retraining run r2 was started.",
        "look": ("./ghosteam why flights", "docs/runbook.md#drift"),
        "since": AT,
        "until": None,
        "at": AT,
        **changed,
    }
    return Alert(**fields)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_LONG = st.builds(lambda text, times: text * times, _TEXT, st.sampled_from([1, 1, 9000]))
_LINES = st.lists(_LONG, max_size=4).map(tuple)
ANY_ALERT = st.builds(
    alert,
    condition=_TEXT,
    state=st.sampled_from(["raised", "cleared", "news"]),
    severity=st.sampled_from(["critical", "error", "warning", "info"]),
    problem=st.none() | _TEXT,
    what=_LONG,
    details=_LINES,
    did=_LONG,
    look=_LINES,
    until=st.none() | st.just(AT),
)
"""Whatever an alert may say."""
