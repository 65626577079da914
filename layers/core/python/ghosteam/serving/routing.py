"""Which slot answers for a row: a stable hash of its entity, so that the same entity always meets
the same model; and how the routing changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Challenger, Slot

SlotName = Literal["champion", "challenger", "previous"]
"""``previous``: the last champion, while its endpoint is kept, when the champion fails."""


def entity_key(row: Mapping[str, object], columns: Sequence[str]) -> str:
    """One text for a row's entity: equal entities have equal texts, different ones different
    texts.
    """
    return json.dumps(
        [_plain(row[column]) for column in columns], ensure_ascii=False, separators=(",", ":")
    )


def position(key: str, salt: str) -> float:
    """Where an entity lies in [0, 1), uniformly over entities and independently for each salt."""
    digest = blake2b(key.encode(), key=salt.encode()[:64], digest_size=8).digest()
    # 53 bits are what a float holds exactly: more could round up to 1.
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def slot_at(place: float, percent: int) -> SlotName:
    """The slot for a position when the challenger has ``percent`` of the traffic.

    Raising the share moves entities only from the champion to the challenger.
    """
    return "challenger" if place * 100 < percent else "champion"


def with_first_champion(routing: Routing | None, slot: Slot, *, salt: str) -> Routing:
    """All traffic goes to ``slot``: the first model of a problem."""
    return replace(routing or Routing(champion=None, salt=salt), champion=slot)


def with_challenger(
    routing: Routing, slot: Slot, *, percent: int, since: datetime, salt: str
) -> Routing:
    """``slot`` gets ``percent`` of the traffic; a new challenger meets other entities than the last
    one, by its ``salt``.

    Repeating it keeps ``since``, so that a repeat does not prolong the watch. A slot that already
    is champion stays so: a repeat that comes after the promotion changes nothing.
    """
    if routing.champion and routing.champion.version == slot.version:
        return routing
    current = routing.challenger
    if current and current.endpoint == slot.endpoint:
        since, salt = current.since, routing.salt
    return replace(routing, challenger=_on_trial(slot, percent, since), salt=salt)


def with_promotion(routing: Routing, version: str) -> Routing:
    """The challenger becomes champion; ``replaced`` keeps the old champion. Unchanged when
    ``version`` is no challenger.
    """
    challenger = routing.challenger
    if challenger is None or challenger.version != version:
        return routing
    return replace(
        routing, champion=_settled(challenger), challenger=None, replaced=routing.champion
    )


def with_rollback(routing: Routing) -> Routing:
    """The last champion serves again at once; ``replaced`` keeps the one that it takes over from.

    A challenger loses its traffic. Unchanged when no former champion's endpoint is kept.
    """
    if routing.replaced is None:
        return routing
    return replace(routing, champion=routing.replaced, challenger=None, replaced=routing.champion)


def without_champion(routing: Routing, endpoint: str) -> Routing:
    """Nobody serves, because the champion's ``endpoint`` is gone. Unchanged when another one is
    champion.
    """
    gone = routing.champion is not None and routing.champion.endpoint == endpoint
    return replace(routing, champion=None, challenger=None) if gone else routing


def without_challenger(routing: Routing, version: str) -> Routing:
    """All traffic goes to the champion again. Unchanged when ``version`` is no challenger."""
    drops = routing.challenger is not None and routing.challenger.version == version
    return replace(routing, challenger=None) if drops else routing


def without_replaced(routing: Routing, endpoint: str) -> Routing:
    """The former champion's ``endpoint`` is kept no longer. Unchanged when another one is."""
    gone = routing.replaced is not None and routing.replaced.endpoint == endpoint
    return replace(routing, replaced=None) if gone else routing


def serving_endpoints(routing: Routing | None) -> set[str]:
    """Endpoints that get traffic."""
    slots = (routing.champion, routing.challenger) if routing else ()
    return {slot.endpoint for slot in slots if slot}


def _on_trial(slot: Slot, percent: int, since: datetime) -> Challenger:
    of_slot = {field.name: getattr(slot, field.name) for field in fields(Slot)}
    return Challenger(**of_slot, percent=percent, since=since)


def _settled(challenger: Challenger) -> Slot:
    return Slot(**{field.name: getattr(challenger, field.name) for field in fields(Slot)})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
