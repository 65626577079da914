"""Items of the online tables that were read a moment ago."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from ghosteam.aws.online_store import Address, Item


@dataclass
class RecentItems:
    """What stood at addresses, or that nothing did, when they were read last. ``most``: so many are
    remembered, those that were asked for last.
    """

    most: int = 10_000
    _known: dict[Address, tuple[datetime, Item | None]] = field(default_factory=dict)

    def read(
        self,
        addresses: Sequence[Address],
        read: Callable[[Sequence[Address]], dict[Address, Item]],
        *,
        now: datetime,
        longest: timedelta,
    ) -> dict[Address, Item]:
        """The items at distinct addresses; absent ones are left out. ``read`` gets those of which
        nothing is known that is younger than ``longest``; where it fails, nothing is remembered.
        """
        found = {
            address: known
            for address in addresses
            if (known := self._known.get(address)) and timedelta() <= now - known[0] < longest
        }
        asked = [address for address in addresses if address not in found]
        items = read(asked)
        found |= {address: (now, items.get(address)) for address in asked}
        for address, known in found.items():
            self._known.pop(address, None)  # What is asked for goes to the end.
            self._known[address] = known
        for address in list(islice(self._known, max(0, len(self._known) - self.most))):
            del self._known[address]
        return {address: item for address, (_, item) in found.items() if item is not None}
