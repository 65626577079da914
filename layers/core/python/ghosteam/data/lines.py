"""Lines of a text file, each of bounded length: one by one, or many at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TextIO

from ghosteam.data.plain_lines import Block
from ghosteam.errors import InvalidInput

MAX_LINE = 10_000_000
_MARK = "\ufeff"
"""The mark at the begin of a text, where its encoding leaves it there."""
_BLOCK = 1 << 22


class Lines:
    """An iterator over lines; ``taken`` are those since :meth:`begin`, which may be read again.
    ``chars``: how many characters were read since someone set it.
    """

    def __init__(self, stream: TextIO, skipped: int = 0) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self._number = 0
        self._block = Block("")
        self.place = 0
        self.taken: list[str] = []
        self._taken_chars = 0
        self.chars = 0
        for _ in range(skipped):
            self._read()

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._next()
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

    @property
    def are_read_again(self) -> bool:
        """Whether the next line was taken before."""
        return bool(self._again)

    def block(self) -> Block | None:
        """The lines of the next piece of the text; None at its end. Those from ``place`` on, which
        may be set, are what the iterator goes on with.
        """
        text = self._stream.read(_BLOCK)
        if text and not text.endswith("\n"):
            text += self._stream.readline(MAX_LINE)
        if not self._number:
            text = text.removeprefix(_MARK)
        if not text:
            return None
        self._block, self.place = Block(text), 0
        self._number += len(self._block)
        longest = int(self._block.widths.max(initial=0))  # bytes, at least as many as characters
        if longest > MAX_LINE and max(map(len, self._block.lines)) > MAX_LINE:
            raise self._too_long("A line")
        return self._block

    def _next(self) -> str:
        if self.place == len(self._block):
            return self._read()
        self.place += 1
        return self._block.lines[self.place - 1]

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
