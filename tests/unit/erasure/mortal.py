"""A bucket and a table with which the process may die at any change."""

from __future__ import annotations

from typing import Any

from ghosteam.aws.state import StateTable
from ghosteam.aws.versions import Version, Versions
from tests.unit.data.world import Kill


class Stored(Versions):
    """A bucket whose changes may be the last thing that the process does; ``removed`` tells the
    deletions.
    """

    def __init__(self, client: Any, bucket: str, kill: Kill) -> None:
        super().__init__(client, bucket)
        self.kill, self.removed = kill, list[Version]()

    def put(self, *args: Any, **kwargs: Any) -> None:
        self.kill.step()
        super().put(*args, **kwargs)

    def delete(self, key: str) -> None:
        self.kill.step()
        super().delete(key)

    def remove(self, version: Version) -> None:
        self.kill.step()
        super().remove(version)
        self.removed.append(version)


class State(StateTable):
    """A table whose writes may be the last thing that the process does."""

    kill = Kill()

    def _put(self, *args: Any, **kwargs: Any) -> Any:
        self.kill.step()
        return super()._put(*args, **kwargs)
