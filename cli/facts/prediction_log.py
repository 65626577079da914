"""How many of the predictions that were made the log holds."""

from __future__ import annotations

from collections.abc import Iterator

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Fact, moment
from ghosteam.documents import state_keys
from ghosteam.monitoring.lost_records import HOUR, last_day, lost_in


def of_log(found: ProblemDocuments) -> Iterator[Fact]:
    """What the log holds of the predictions that the API counted, in the last day that was
    compared; then each hour of it that lacks some.
    """
    day = last_day(found.log_hours)
    loss = lost_in(day)
    if not day or loss.share is None:
        return
    key = state_keys.log_completeness(day[-1].hour).text
    yield Fact(
        f"{moment(day[0].hour)} to {moment(day[-1].hour + HOUR)}: {loss.logged:,} of {loss.made:,} "
        f"predictions are in it, {loss.share:.1%} lost",
        key,
    )
    for hour in day:
        if hour.logged < hour.made:
            told = f"{moment(hour.hour)}: {hour.logged:,} of {hour.made:,}"
            yield Fact(told, state_keys.log_completeness(hour.hour).text)
