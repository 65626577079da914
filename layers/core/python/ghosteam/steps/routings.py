"""Which slots serve each problem, as a container remembers it between requests."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ghosteam.documents import state_keys
from ghosteam.errors import Transient
from ghosteam.runtime.observability import logger

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.routing import Routing

ROUTING_SECONDS = 1.0


@dataclass
class _Routing:
    """What was read last. ``tried_at``: when reading it was tried last; later than ``read_at``
    while the table fails.
    """

    data: Routing | None = None
    read_at: float = -math.inf
    tried_at: float = -math.inf


@dataclass
class Routings:
    """The routings of problems, each at most ``ROUTING_SECONDS`` old while the table answers."""

    state: StateTable
    _known: dict[str, _Routing] = field(default_factory=dict)

    def read(self, problem: str, notes: list[str]) -> Routing | None:
        """The routing, at most a second old; an older one, with a note, while the state table does
        not answer.
        """
        now = time.monotonic()
        known = self._known.setdefault(problem, _Routing())
        if now - known.tried_at < ROUTING_SECONDS and known.data is not None:
            _note_age(known, now, notes)
            return known.data
        try:
            known.data = self.state.find(problem, state_keys.ROUTING)
        except Transient as error:
            if known.data is None:
                raise
            logger.warning(
                "the routing could not be read, an older one serves",
                extra={"fault": error.as_record()},
            )
            known.tried_at = time.monotonic()
            _note_age(known, known.tried_at, notes)
            return known.data
        known.read_at = known.tried_at = time.monotonic()
        return known.data


def _note_age(known: _Routing, now: float, notes: list[str]) -> None:
    if known.tried_at > known.read_at:
        notes.append(
            f"Which model answers was last looked up {now - known.read_at:.0f} s ago and "
            "cannot be looked up now"
        )
