"""The watermarks of sources, a document of the state table each."""

from __future__ import annotations

from typing import Any

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.watermark import is_later, mark_text
from ghosteam.errors import Defect
from ghosteam.problem.sources import Cursor, Mark, parse_mark


class Watermarks:
    """Reads and advances the documents ``source#<name>``."""

    def __init__(self, state: StateTable) -> None:
        self._state = state

    def get(self, problem: str, name: str, cursor: Cursor) -> Mark:
        """The watermark, or the cursor's start when nothing was pulled yet.

        Raises:
            Defect: the stored one is a time and the cursor's start a number, or the other way
                round.
        """
        document = self._state.get(problem, state_keys.source(name))
        return self._read(document.data, problem, name, cursor) if document else cursor.start

    def advance(
        self, problem: str, name: str, cursor: Cursor, mark: Mark, facts: dict[str, Any]
    ) -> None:
        """Record ``mark`` unless a later one is there; ``facts`` about the pull go beside it."""

        def change(current: dict[str, Any] | None) -> dict[str, Any]:
            if current and is_later(self._read(current, problem, name, cursor), mark):
                return current
            return {**facts, "watermark": mark_text(mark)}

        self._state.update(problem, state_keys.source(name), change)

    @staticmethod
    def _read(data: dict[str, Any], problem: str, name: str, cursor: Cursor) -> Mark:
        mark = parse_mark(data["watermark"], cursor.start)
        if mark is None:
            raise Defect(
                f"The stored watermark {data['watermark']!r} is of another kind than the start "
                f"{mark_text(cursor.start)!r}",
                where={"problem": problem, "source": name},
                remedy="Give the source a new name, so that it begins anew",
            )
        return mark
