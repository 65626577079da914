"""Which slot answers for a row: a stable hash of its entity, so that the same entity always meets
the same model.

The routing document (state key ``routing``) is ``{"champion": slot | null, "challenger": slot |
null, "salt": text}``. A slot is ``{"version", "endpoint", "run_id", "model_uri", "reference_key",
"train_end", "metrics"}``; the challenger's also has ``percent`` and ``since`` (when it first got
traffic). ``replaced`` holds the last champion while its endpoint is kept for a quick way back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

SlotName = Literal["champion", "challenger", "previous"]
"""``previous``: the last champion, while its endpoint is kept, when the champion fails."""


def entity_key(row: Mapping[str, Any], columns: Sequence[str]) -> str:
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


def with_first_champion(
    routing: Mapping[str, Any] | None, slot: Mapping[str, Any], *, salt: str
) -> dict[str, Any]:
    """All traffic goes to ``slot``: the first model of a problem."""
    base = routing or {"salt": salt, "challenger": None}
    return {**base, "champion": dict(slot)}


def with_challenger(
    routing: Mapping[str, Any], slot: Mapping[str, Any], *, percent: int, since: datetime, salt: str
) -> dict[str, Any]:
    """``slot`` gets ``percent`` of the traffic; a new challenger meets other entities than the last
    one, by its ``salt``.

    Repeating it keeps ``since``, so that a repeat does not prolong the watch. A slot that already
    is champion stays so: a repeat that comes after the promotion changes nothing.
    """
    if routing["champion"]["version"] == slot["version"]:
        return dict(routing)
    current = routing["challenger"]
    if current and current["endpoint"] == slot["endpoint"]:
        return {**routing, "challenger": {**slot, "percent": percent, "since": current["since"]}}
    return {
        **routing,
        "challenger": {**slot, "percent": percent, "since": since.isoformat()},
        "salt": salt,
    }


def with_promotion(routing: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The challenger becomes champion; ``replaced`` keeps the old champion. Unchanged when
    ``version`` is no challenger.
    """
    challenger = routing["challenger"]
    if challenger is None or challenger["version"] != version:
        return dict(routing)
    champion = {
        name: value for name, value in challenger.items() if name not in ("percent", "since")
    }
    return {**routing, "champion": champion, "challenger": None, "replaced": routing["champion"]}


def with_rollback(routing: Mapping[str, Any]) -> dict[str, Any]:
    """The last champion serves again at once; ``replaced`` keeps the one that it takes over from.

    A challenger loses its traffic. Unchanged when no former champion's endpoint is kept.
    """
    former = routing.get("replaced")
    if former is None:
        return dict(routing)
    return {**routing, "champion": former, "challenger": None, "replaced": routing["champion"]}


def without_champion(routing: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    """Nobody serves, because the champion's ``endpoint`` is gone. Unchanged when another one is
    champion.
    """
    champion = routing["champion"]
    gone = champion is not None and champion["endpoint"] == endpoint
    return {**routing, "champion": None, "challenger": None} if gone else dict(routing)


def without_challenger(routing: Mapping[str, Any], version: str) -> dict[str, Any]:
    """All traffic goes to the champion again. Unchanged when ``version`` is no challenger."""
    challenger = routing["challenger"]
    drops = challenger is not None and challenger["version"] == version
    return {**routing, "challenger": None} if drops else dict(routing)


def serving_endpoints(routing: Mapping[str, Any] | None) -> set[str]:
    """Endpoints that get traffic."""
    slots = [routing[name] for name in ("champion", "challenger")] if routing else []
    return {slot["endpoint"] for slot in slots if slot}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
