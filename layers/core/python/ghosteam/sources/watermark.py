"""How far a source has been pulled: one document of the state table, which only ever grows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ghosteam.aws.state import StateTable
from ghosteam.errors import Defect
from ghosteam.problem.sources import Cursor, Mark, parse_mark


def mark_text(mark: Mark) -> int | str:
    """A mark for JSON, a request or a query: a number, or ISO-8601 UTC ending in ``Z``."""
    return mark.isoformat().replace("+00:00", "Z") if isinstance(mark, datetime) else mark


def is_later(one: Mark, other: Mark) -> bool:
    """Whether ``one`` is greater than ``other``; both are of one kind."""
    if isinstance(one, int) and isinstance(other, int):
        return one > other
    return isinstance(one, datetime) and isinstance(other, datetime) and one > other


def asked_from(mark: Mark, cursor: Cursor) -> Mark:
    """Where the next pull begins: the watermark less the overlap, never before the start."""
    if isinstance(mark, int) or isinstance(cursor.start, int):
        return mark
    return mark - cursor.overlap if mark - cursor.start > cursor.overlap else cursor.start


class Watermarks:
    """Reads and advances the documents ``source#<name>``."""

    def __init__(self, state: StateTable) -> None:
        self._state = state

    def get(self, problem: str, name: str, cursor: Cursor) -> Mark:
        """The watermark, or the cursor's start when nothing was pulled yet.

        Raises:
            Defect: the stored one is a time and the cursor's start a number, or the other way round.
        """
        document = self._state.get(problem, _key(name))
        return self._read(document.data, problem, name, cursor) if document else cursor.start

    def advance(self, problem: str, name: str, cursor: Cursor, mark: Mark, facts: dict[str, Any]) -> None:
        """Record ``mark`` unless a later one is there; ``facts`` about the pull go beside it."""

        def change(current: dict[str, Any] | None) -> dict[str, Any]:
            if current and is_later(self._read(current, problem, name, cursor), mark):
                return current
            return {**facts, "watermark": mark_text(mark)}

        self._state.update(problem, _key(name), change)

    @staticmethod
    def _read(data: dict[str, Any], problem: str, name: str, cursor: Cursor) -> Mark:
        mark = parse_mark(data["watermark"], cursor.start)
        if mark is None:
            raise Defect(
                f"The stored watermark {data['watermark']!r} is of another kind than the start {mark_text(cursor.start)!r}",
                where={"problem": problem, "source": name},
                remedy="Give the source a new name, so that it begins anew",
            )
        return mark


def _key(name: str) -> str:
    return f"source#{name}"
