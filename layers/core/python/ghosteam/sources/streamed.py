"""A cursor whose rows stay at the server until they are asked for, over a driver that wants the
parameter style ``pyformat`` and knows times without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

_PARAMETER = re.compile(r"(?<!:):watermark\b")


class StreamedCursor:
    """A cursor whose rows are read in chunks, asked with named parameters. ``quotes``: what a
    column's name stands between; ``translated``: tells the driver's errors in our words.
    """

    def __init__(
        self, cursor: Any, quotes: str, translated: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._cursor = cursor
        self._open, self._close = quotes[0], quotes[1]
        self._translated = translated

    @property
    def description(self) -> Any:
        """Columns of the query."""
        return self._cursor.description

    def execute(self, operation: str, parameters: Mapping[str, object], /) -> None:
        """Open the query at the server."""
        escaped = _PARAMETER.sub("%(watermark)s", operation.replace("%", "%%"))
        given = {name: _value(value) for name, value in parameters.items()}
        with self._translated():
            self._cursor.execute(escaped, given)

    def fetchmany(self, size: int, /) -> Sequence[Sequence[Any]]:
        """The next rows, at most ``size``; none at the end."""
        with self._translated():
            rows: Sequence[Sequence[Any]] = self._cursor.fetchmany(size)
        return [[_in_utc(value) for value in row] for row in rows]

    def quoted(self, name: str, /) -> str:
        """See :class:`~ghosteam.sources.database.DatabaseCursor`."""
        return f"{self._open}{name.replace(self._close, self._close * 2)}{self._close}"


def _value(value: object) -> object:
    """A time as these servers read it: they know no ``Z``."""
    if not isinstance(value, str):
        return value
    return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)


def _in_utc(value: object) -> object:
    """Times without a zone are UTC, here as in files."""
    naive = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if naive else value  # type: ignore[attr-defined]
