"""``ghosteam watch``: the windows of a stretch of time, judged one after another by what is known
now. Nobody is told: no metric, no event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from cli.facts.verdicts import Verdict, of_verdict, word
from cli.loop import Invoke
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.errors import InvalidInput
from ghosteam.monitoring.windows import windows_ended_within
from ghosteam.problem.spec import Problem

MOST_WINDOWS = 1_000
_IN_ALL = {"none": "without drift", "drifted": "with drift", "sustained": "with sustained drift"}


def parse_time(text: str, option: str) -> datetime:
    """A date or a time of ISO 8601 as aware UTC; without a zone it is UTC. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no date or time",
            where={"option": option},
            remedy="Write one such as 2013-07-08 or 2013-07-08T06:00:00Z",
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def ends_within(problem: Problem, begin: datetime, end: datetime) -> list[datetime]:
    """Ends of the windows that lie in ``[begin, end]`` (aware), ascending.

    Raises:
        InvalidInput: there is none, or there are more than 1,000.
    """
    length = problem.watch.window
    ends = windows_ended_within(begin, end, length=length)
    whole = [one for one in ends if length.before(one) >= begin]
    if not whole or len(whole) > MOST_WINDOWS:
        raise InvalidInput(
            f"{len(whole):,} windows of {length} lie between {begin:%Y-%m-%d %H:%M} and "
            f"{end:%Y-%m-%d %H:%M}",
            where={"problem": problem.problem, "field": "watch.window"},
            remedy="Name an earlier --from, or a later --to"
            if not whole
            else f"Name a stretch of at most {MOST_WINDOWS:,}",
        )
    return whole


def judged(invoke: Invoke, problem: str, ends: list[datetime]) -> Iterator[Verdict]:
    """The verdicts of each window, oldest first: drift counts how long it has lasted."""
    for end in ends:
        asked = {"problem": problem, "as_of": end.isoformat(), "tell": False}
        yield DriftVerdict.from_json(invoke("check-drift", asked))
        for found in invoke("check-performance", asked)["verdicts"]:
            yield PerformanceVerdict.from_json(found)


def watch(
    invoke: Invoke,
    problem: Problem,
    *,
    begin: datetime,
    end: datetime,
    say: Callable[[str], None],
) -> None:
    """Say what is found of each window, and at last how often what was found.

    Raises:
        InvalidInput: no window lies between the times, or too many do.
    """
    found: dict[str, Counter[str]] = {"drift": Counter(), "performance": Counter()}
    for verdict in judged(invoke, problem.problem, ends_within(problem, begin, end)):
        about = "drift" if isinstance(verdict, DriftVerdict) else "performance"
        found[about][word(verdict)] += 1
        say(f"{about:<11}  {of_verdict(verdict).text}")
    for about, words in found.items():
        told = ", ".join(
            f"{count} {_IN_ALL.get(what, what)}" for what, count in words.most_common()
        )
        say(f"{about} in all: {told or 'no model serves'}")
