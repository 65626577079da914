"""Python's garbage collector without long pauses.

A deployed account is some hundred thousand objects that live as long as it does. A full collection
looks at all of them and holds every request meanwhile: half a second on two slow cores, every few
seconds under load, which was the 99th percentile of the API's answers.
"""

import gc
from collections.abc import Mapping

_FULL = 2
_THOROUGH_EVERY = 10
"""Full collections after which everything is looked at again: an object that was spared while a
request still used it may have become garbage since.
"""


class Sparing:
    """A callback of `gc.callbacks`: what survives a full collection is spared by the next ones."""

    def __init__(self) -> None:
        self._collections = 0

    def __call__(self, phase: str, info: Mapping[str, int]) -> None:
        if info["generation"] < _FULL:
            return
        if phase == "start":
            self._collections += 1
            if self._collections % _THOROUGH_EVERY == 0:
                gc.unfreeze()
        else:
            gc.freeze()


def install() -> None:
    """Spare what survives, from now on."""
    gc.callbacks.append(Sparing())
