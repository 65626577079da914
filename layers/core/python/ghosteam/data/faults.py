"""What goes wrong while a file's content is worked on is a fault of the content, whatever it is
called.

The work is a function of the bytes alone: repeating it repeats the fault, so the batch is refused,
on record, and its message does not come again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ghosteam.errors import GhosteamError, InvalidInput

_TEXT_LIMIT = 500
# A full disk or too little memory is the machine's fault; the others end the process.
_OF_THE_MACHINE = (OSError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit)


@contextmanager
def faults_of_content(action: str, **where: object) -> Iterator[None]:
    """Raises InvalidInput for every fault inside that is neither this project's own nor the
    machine's.

    Native code panics with exceptions that are no ``Exception``; they count as faults too.
    """
    try:
        yield
    except (GhosteamError, *_OF_THE_MACHINE):
        raise
    except BaseException as error:
        told = f"{type(error).__name__}: {error}"[:_TEXT_LIMIT]
        raise _refused(f"{action} failed: {told}", where) from error


def _refused(message: str, where: Mapping[str, object]) -> InvalidInput:
    remedy = (
        "Check the file with another program, write it again in a common form and drop it again"
    )
    return InvalidInput(message, where=where, remedy=remedy)
