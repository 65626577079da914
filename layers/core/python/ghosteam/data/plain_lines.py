"""Lines of CSV that are rows by themselves: found, and split into cells, many at once.

Where a line has as many cells as the header, and each quote in it opens or closes a cell or stands
doubled in one, every reader of CSV agrees on its cells. Such lines are nearly all; what the others
hold is for the csv module to say. A property test holds both to the same cells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.data.encodings import as_stored
from ghosteam.documents.file_dialect import FileDialect

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Places = NDArray[np.integer[Any]]
_LF, _CR, _LAST_ASCII = 10, 13, 127
_MARK = b"\xef\xbb\xbf"
_HALVES = 0xED
"""The first byte of half a surrogate pair, which stands for a byte that is no text."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a text. A line ends in ``\\n``, ``\\r`` or ``\\r\\n``, or with the text."""

    text: str

    def __len__(self) -> int:
        return len(self.begins) - 1

    @cached_property
    def lines(self) -> list[str]:
        """Each with its end."""
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def data(self) -> Bytes:
        """The text as UTF-8, or as near to it as bytes are that are no text."""
        body = self._stored
        if body is None:
            body = self.text.encode("utf-8", "surrogatepass")
        return np.frombuffer(body, np.uint8)

    @property
    def is_text(self) -> bool:
        """Whether all of it can be stored."""
        return self._stored is not None

    @cached_property
    def _stored(self) -> bytes | None:
        return as_stored(self.text)

    @cached_property
    def begins(self) -> Places:
        """Where in ``data`` each line begins, and where the last one ends."""
        ends = self.data == _LF
        if self._has_returns:
            returns = self.data == _CR
            returns[:-1] &= self.data[1:] != _LF
            ends |= returns
        found = np.flatnonzero(ends) + 1
        last = [] if found.size and found[-1] == self.data.size else [self.data.size]
        begins: Places = np.concatenate(([0], found, last)).astype(np.int64)
        return begins if self.data.size else begins[:1]

    @cached_property
    def widths(self) -> Places:
        """Bytes of each line, its end left out."""
        lasts = self.begins[1:] - 1
        ended = (self.data[lasts] == _LF) | (self.data[lasts] == _CR)
        widths: Places = lasts - self.begins[:-1] + ~ended
        if self._has_returns:
            pairs = ended & (widths > 0) & (self.data[lasts - 1] == _CR)
            widths -= pairs & (self.data[lasts] == _LF)
        return widths

    @cached_property
    def _has_returns(self) -> bool:
        return "\r" in self.text

    def per_line(self, places: Places) -> Places:
        """How many of these places in the data are in each line."""
        return np.diff(np.searchsorted(places, self.begins))


class PlainRows:
    """The lines of a block that are rows of these columns, whatever stands around them, if a row
    begins there: ``alone`` flags them.
    """

    def __init__(self, block: Block, reading: FileDialect, names: Sequence[str]) -> None:
        self._block, self._reading, self._names = block, reading, names
        separator, quote, escape = ord(reading.separator or ","), reading.quote, reading.escape
        self.alone = (block.widths > 0) & (block.widths <= csv.field_size_limit())
        if max(separator, ord(quote or " "), ord(escape or " ")) > _LAST_ASCII:
            self.alone[:] = False
        between: Places = np.flatnonzero(block.data == separator)
        if quote and quote in block.text:
            in_order, quotes = _quotes_in_order(block, separator, ord(quote))
            self.alone &= in_order
            between = _outside(between, quotes)
        cells = self._cells_of(between)
        self._more = np.zeros_like(self.alone)
        if reading.trailing:
            self._more = (cells == len(names) + 1) & (block.data[self._lasts] == separator)
        self.alone &= (cells == len(names)) | self._more
        odd = [ord(one) for one in ("\0", escape) if one and one in block.text]
        for byte in odd if block.is_text else (*odd, _HALVES):
            self.alone &= block.per_line(np.flatnonzero(block.data == byte)) == 0

    def _cells_of(self, between: Places) -> Places:
        """The cells of each line, of which there are one more than separators ``between`` them."""
        lines, begins = len(self._block), self._block.begins
        width = len(self._names) - 1
        if width and between.size == lines * width:
            each = between.reshape(lines, width)
            if ((each[:, 0] >= begins[:-1]) & (each[:, -1] < begins[1:])).all():
                return np.full(lines, width + 1)
        return self._block.per_line(between) + 1

    @property
    def _lasts(self) -> Places:
        """Where in the data the last byte of each line is, its end left out."""
        return self._block.begins[:-1] + self._block.widths - 1

    def cells(self) -> pl.DataFrame:
        """What the lines hold that are still ``alone``, a row each; other rows where the library
        sees other lines than are there.
        """
        data = self._block.data
        if self.alone.all() and not self._more.any() and "\r" not in self._block.text:
            return self._split(data.tobytes())
        kept = np.repeat(self.alone, np.diff(self._block.begins))
        kept[self._lasts[self._more]] = False
        if "\r" in self._block.text:
            kept[1:] &= ~((data[1:] == _LF) & (data[:-1] == _CR))
            data = np.where(data == _CR, np.uint8(_LF), data)
        return self._split(data[kept].tobytes())

    def _split(self, body: bytes) -> pl.DataFrame:
        schema = dict.fromkeys(self._names, pl.String())
        if not body:
            return pl.DataFrame(schema=schema)
        return pl.read_csv(
            _MARK + body if body.startswith(_MARK) else body,  # the first one would be left out
            has_header=False,
            schema=schema,
            separator=self._reading.separator or ",",
            quote_char=self._reading.quote,
            empty_string_is_null=False,
        )


def _quotes_in_order(block: Block, separator: int, quote: int) -> tuple[Flags, Places]:
    """Which lines have no quotes, or such as open and close whole cells or stand doubled; and the
    places of these.
    """
    places = np.flatnonzero(block.data == quote)
    line = np.searchsorted(block.begins, places, side="right") - 1
    counts = np.bincount(line, minlength=len(block))
    order = np.arange(places.size) - (np.cumsum(counts) - counts)[line]
    opens = order % 2 == 0
    begin, end = block.begins[line], block.begins[line] + block.widths[line]
    before, after = block.data[places - 1], block.data[np.minimum(places + 1, block.data.size - 1)]
    begins_cell = (places == begin) | (before == separator)
    goes_on = (order > 0) & (before == quote)
    ends_cell = (places + 1 == end) | (after == separator) | (after == quote)
    wrong = ~np.where(opens, begins_cell | goes_on, ends_cell)
    good = counts % 2 == 0
    good[line[wrong]] = False
    return good, places[good[line]]


def _outside(places: Places, quotes: Places) -> Places:
    """The places that are in no quotes, of which each opens and the next one closes."""
    opens, closes = np.searchsorted(places, quotes).reshape(-1, 2).T
    inside = closes - opens
    nth = np.arange(inside.sum()) - np.repeat(np.cumsum(inside) - inside, inside)
    return np.delete(places, np.repeat(opens, inside) + nth)
