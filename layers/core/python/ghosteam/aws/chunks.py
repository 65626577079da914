"""Work in chunks, which several threads do at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

_Chunk = TypeVar("_Chunk")
_Done = TypeVar("_Done")
_Value = TypeVar("_Value")


def in_chunks(values: Iterable[_Value], size: int) -> Iterator[Sequence[_Value]]:
    """``values`` in stretches of at most ``size``, which are made as they are needed."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def each_chunk(
    work: Callable[[_Chunk], _Done], chunks: Iterable[_Chunk], *, workers: int = 8
) -> Iterator[_Done]:
    """``work`` done on each chunk by several threads, in order; ``chunks`` are made as they are
    needed, so that what is at work at a time has a bound. One alone needs no thread.
    """
    coming = iter(chunks)
    first = list(islice(coming, 2))
    if len(first) < 2:
        yield from map(work, first)
        return
    with ThreadPoolExecutor(workers) as pool:
        at_work: deque[Future[_Done]] = deque()
        for chunk in chain(first, coming):
            at_work.append(pool.submit(work, chunk))
            if len(at_work) > 2 * workers:
                yield at_work.popleft().result()
        while at_work:
            yield at_work.popleft().result()
