"""What survives a full collection is not looked at again at once, and is not kept for ever."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from local.account.garbage import Sparing


class Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def sparing() -> Iterator[Sparing]:
    callback = Sparing()
    gc.callbacks.append(callback)
    yield callback
    gc.callbacks.remove(callback)
    gc.unfreeze()


def test_survivors_are_spared_and_new_garbage_is_collected(sparing: Sparing) -> None:
    kept = Node()
    gc.collect()
    assert gc.get_freeze_count() > 0
    assert not any(found is kept for found in gc.get_objects()), (
        "the next collection would look at it"
    )
    garbage = weakref.ref(Node())
    gc.collect()
    assert garbage() is None


def test_what_was_spared_and_became_garbage_is_collected_in_the_end(sparing: Sparing) -> None:
    node = Node()
    gc.collect()
    spared = weakref.ref(node)
    del node
    gc.collect()
    assert spared() is not None
    for _ in range(10):
        gc.collect()
    assert spared() is None
