"""The point-in-time join of a problem's views as one query of Athena: what
:func:`~ghosteam.features.training_set.join_features` finds, but for derived features.

In the words that Trino and DuckDB share, so that a test can hold it against the join itself. Trino
reads a table expression as often as it is named: so none is made of the one before, which would
double the work with each view, and no row is told by a number that one reading gives it. What was
known is found for the keys and times that are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import View, view_of, views_of
from ghosteam.problem.moments import EPOCH
from ghosteam.problem.periods import Period, month_number
from ghosteam.problem.spec import EVENT_TIME, Problem

_EVENTS = '"_events"'
_SECOND = timedelta(seconds=1)
_BEFORE_ALL = datetime(1700, 1, 1, tzinfo=UTC)
"""No event's time less what a view lags is earlier."""


def point_in_time_sql(problem: Problem, *, database: str, events: str) -> str:
    """The query. ``database``: where the tables of views are; ``events``: a table, or a query in
    parentheses, with the columns of :func:`asked_columns`.

    The rows of ``events`` come with all their columns, and with each view's period and features as
    they were known at ``event_time``, a timestamp in UTC. Two rows of a view never have one key and
    one time.
    """
    views = views_of(problem)
    periods = [
        f",\n    {_period(view)} AS {_quoted(view.period_key)}" for view in views if view.every
    ]
    steps = [f"WITH {_EVENTS} AS (\n  SELECT *{''.join(periods)}\n  FROM {events}\n)"]
    steps += [_found(problem, view, f'"{database}"."{view.name}"') for view in views]
    features = [f",\n  {_feature(view, name)}" for view in views for name in view.names]
    joins = [f"\nLEFT JOIN {_joined(view)}" for view in views]
    wanted = f"SELECT {_EVENTS}.*{''.join(features)}\nFROM {_EVENTS}{''.join(joins)}\n"
    return ",\n".join(steps) + f"\n{wanted}"


def asked_columns(problem: Problem) -> tuple[str, ...]:
    """What the query needs of events: the keys of views that none of them tells, and their time."""
    keys = (key for view in views_of(problem) for key in view.keys if key not in view.through)
    return tuple(dict.fromkeys([*keys, EVENT_TIME]))


def _found(problem: Problem, view: View, table: str) -> str:
    """The newest row that was known of each of the keys and times that events ask for."""
    keyed = [*view.join_keys, EVENT_TIME]
    told = {step.view: view_of(problem, step) for step in view.through.values()}
    others = "".join(f"\n      JOIN {_joined(other)}" for other in told.values())
    asked = ", ".join(f"{_key(view, key)} AS {_quoted(key)}" for key in view.join_keys)
    pairs = (f"known.{_quoted(key)} = asked.{_quoted(key)}" for key in view.join_keys)
    return (
        f"{_name(view)} AS (\n  SELECT * FROM (\n"
        f"    SELECT {_of('asked', keyed)}, {_of('known', view.names)}, row_number() OVER (\n"
        f"      PARTITION BY {_of('asked', keyed)}\n"
        f'      ORDER BY known.{_quoted(KNOWN_FROM)} DESC\n    ) AS "_rank"\n'
        f"    FROM (\n      SELECT DISTINCT {asked}, {_time()}\n      FROM {_EVENTS}{others}\n"
        f"    ) AS asked\n    JOIN {table} AS known ON {' AND '.join(pairs)}\n"
        f"      AND known.{_quoted(KNOWN_FROM)} <= asked.{_quoted(EVENT_TIME)}\n"
        '  ) AS ranked WHERE "_rank" = 1\n)'
    )


def _joined(view: View) -> str:
    """What was found of a view, and which of it is an event's."""
    pairs = [f"{_name(view)}.{_quoted(key)} = {_key(view, key)}" for key in view.join_keys]
    pairs.append(f"{_name(view)}.{_quoted(EVENT_TIME)} = {_time()}")
    return f"{_name(view)} ON {' AND '.join(pairs)}"


def _key(view: View, key: str) -> str:
    """Where an event's value of a key stands: with the event, or in what another view told."""
    table = f'"{view.through[key].view}_found"' if key in view.through else _EVENTS
    return f"{table}.{_quoted(key)}"


def _feature(view: View, name: str) -> str:
    """What a view says of no rows, it says of an event that has its keys."""
    value = f"{_name(view)}.{_quoted(name)}"
    if name in view.absent:
        keyed = " AND ".join(f"{_key(view, key)} IS NOT NULL" for key in view.join_keys)
        missing = f"CAST({view.absent[name]!r} AS DOUBLE)"
        value = f"CASE WHEN {keyed} THEN coalesce({value}, {missing}) END"
    return f"{value} AS {_quoted(name)}"


def _period(view: View) -> str:
    """``View.period_at`` of the event's time, in whole seconds since 1970."""
    assert view.every is not None
    moment = _quoted(EVENT_TIME)
    if view.lag:
        moment = f"({moment} - INTERVAL '{view.lag // _SECOND}' SECOND)"
    if view.every.months:
        return _seconds(EPOCH, _begin_of_months(moment, view.every))
    length = view.every.length
    base = view.every.start - -(-(view.every.start - _BEFORE_ALL) // length) * length
    passed = _seconds(base, moment)
    return f"{(base - EPOCH) // _SECOND} + {passed} - mod({passed}, {length // _SECOND})"


def _begin_of_months(moment: str, period: Period) -> str:
    start = month_number(period.start)
    base = start - -(-(start - month_number(_BEFORE_ALL)) // period.months) * period.months
    number = f"year({moment}) * 12 + month({moment}) - 1 - {base}"
    over = f"mod({number}, {period.months})"
    return f"date_trunc('month', {moment}) - {over} * INTERVAL '1' MONTH"


def _seconds(since: datetime, moment: str) -> str:
    return f"date_diff('second', TIMESTAMP '{since:%Y-%m-%d %H:%M:%S}', {moment})"


def _name(view: View) -> str:
    return f'"{view.name}_found"'


def _time() -> str:
    return f"{_EVENTS}.{_quoted(EVENT_TIME)}"


def _of(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{_quoted(name)}" for name in columns)


def _quoted(name: str | None) -> str:
    return '"{}"'.format(str(name).replace('"', '""'))
