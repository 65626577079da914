"""Files of rides, and of the buses that they look up: what their rows may hold, and which of them
lie in a window.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.unit.features.oracle import Row

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINES = ("red", "blue")
RIDERS = st.integers(1, 2)
STARTS = st.integers(1, 2).map(lambda day: START + (day - 1) * DAY + 12 * HOUR)
DELAYS = st.sampled_from([None, 1.0, 9.0])
PLACES = st.integers(0, 999)
ROWS: dict[str, st.SearchStrategy[Row]] = {
    # A ride without a line, and a bus without seats, is quarantined.
    "rides": st.tuples(RIDERS, STARTS, st.sampled_from((*LINES, None)), DELAYS),
    "buses": st.tuples(st.sampled_from(LINES), st.sampled_from([20, 40, None])),
}
NAMES: dict[str, tuple[str, ...]] = {
    "rides": ("rider", "starts", "line", "delay"),
    "buses": ("line", "seats"),
}
WEATHER: st.SearchStrategy[Row] = st.tuples(
    st.sampled_from(LINES),
    # At midnight it is of the day that begins; later, of the next one.
    st.sampled_from([0, 1, 24, 36, 48]).map(lambda hour: START + hour * HOUR),
    st.sampled_from([0.5, 7.0, None]),
)


def begun(moment: datetime, every: timedelta = DAY) -> datetime:
    """The begin of the period that holds ``moment``."""
    return moment - (moment - START) % every


def in_window(known: datetime, asked: datetime, over: timedelta, every: timedelta = DAY) -> bool:
    """Whether an event of ``asked`` counts what became known then."""
    end = begun(asked, every)
    return end - over <= known < end
