"""Time for work that is done in parts: each is on record before the next, and what is left when the
turn is over lines up again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

More = Callable[[], bool]
"""Whether there is time for another part."""


def without_end() -> bool:
    """There always is."""
    return True


def turn_of(minutes: float) -> More:
    """A turn that begins now."""
    end = time.monotonic() + 60 * minutes
    return lambda: time.monotonic() < end
