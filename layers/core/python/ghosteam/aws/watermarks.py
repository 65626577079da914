"""How far sources have been pulled: documents of the state table."""

from __future__ import annotations

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.page_tag import PageTag
from ghosteam.documents.watermark import Watermark, is_later, mark_text
from ghosteam.errors import Defect
from ghosteam.problem.sources import Cursor, Mark, parse_mark


class Watermarks:
    """Reads and advances the documents ``source#<name>``; keeps the tags of pages beside them."""

    def __init__(self, state: StateTable) -> None:
        self._state = state

    def get(self, problem: str, name: str, cursor: Cursor) -> Mark:
        """The watermark, or the cursor's start when nothing was pulled yet.

        Raises:
            Defect: the stored one is a time and the cursor's start a number, or the other way
                round.
        """
        found = self._state.find(problem, state_keys.WATERMARKS / name)
        return self._read(found, problem, name, cursor) if found else cursor.start

    def advance(self, problem: str, name: str, cursor: Cursor, reached: Watermark) -> None:
        """Record ``reached`` unless a later one is there."""
        mark = self._read(reached, problem, name, cursor)

        def change(current: Watermark | None) -> Watermark:
            if current and is_later(self._read(current, problem, name, cursor), mark):
                return current
            return reached

        self._state.update(problem, state_keys.WATERMARKS / name, change)

    def tag(self, problem: str, name: str) -> PageTag | None:
        """The tag of the page that was read last."""
        return self._state.find(problem, state_keys.PAGE_TAGS / name)

    def keep_tag(self, problem: str, name: str, tag: PageTag) -> None:
        """Record the tag of a page all of whose rows have landed."""
        self._state.put(problem, state_keys.PAGE_TAGS / name, tag)

    @staticmethod
    def _read(found: Watermark, problem: str, name: str, cursor: Cursor) -> Mark:
        mark = parse_mark(found.watermark, cursor.start)
        if mark is None:
            raise Defect(
                f"The stored watermark {found.watermark!r} is of another kind than the start "
                f"{mark_text(cursor.start)!r}",
                where={"problem": problem, "source": name},
                remedy="Give the source a new name, so that it begins anew",
            )
        return mark
