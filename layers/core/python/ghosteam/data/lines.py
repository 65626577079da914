"""Lines of a text file, each of bounded length."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TextIO

from ghosteam.errors import InvalidInput

MAX_LINE = 10_000_000
_MARK = "\ufeff"
"""The mark at the begin of a text, where its encoding leaves it there."""


class Lines:
    """An iterator over lines; ``taken`` are those since :meth:`begin`, which may be read again.
    ``chars``: how many characters were read since someone set it.
    """

    def __init__(self, stream: TextIO, skipped: int = 0) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self._number = 0
        self.taken: list[str] = []
        self._taken_chars = 0
        self.chars = 0
        for _ in range(skipped):
            self._read()

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.chars += len(line)
        self._taken_chars += len(line)
        if self._taken_chars > MAX_LINE and len(self.taken) > 1:
            raise self._too_long("A row")
        return line

    def begin(self) -> None:
        """Forget which lines were taken."""
        self.taken, self._taken_chars = [], 0

    def again(self, lines: Iterable[str]) -> None:
        """Read these lines, the last that were taken, again."""
        self._again.extendleft(reversed(list(lines)))

    def _read(self) -> str:
        line = self._stream.readline(MAX_LINE)
        self._number += bool(line)
        if self._number == 1:
            line = line.removeprefix(_MARK)
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            raise self._too_long("A line")
        return line

    def _too_long(self, what: str) -> InvalidInput:
        return InvalidInput(
            f"{what} is longer than {MAX_LINE} characters",
            where={"line": self._number},
            remedy="Check the line ends and the quotes",
        )
