"""Sticky, monotone, fair: what callers may rely on when two models share the traffic."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.serving.routing import (
    entity_key,
    position,
    serving_endpoints,
    slot_at,
    with_challenger,
    with_first_champion,
    with_promotion,
    without_challenger,
)
from tests.documents import slot

KEYS = st.text(max_size=40)
SALTS = st.text(max_size=80)
NOW = datetime(2013, 7, 1, tzinfo=UTC)


@given(KEYS, SALTS)
def test_a_position_is_stable_and_lies_below_one(key: str, salt: str) -> None:
    assert 0 <= position(key, salt) < 1
    assert position(key, salt) == position(key, salt)


@given(KEYS, SALTS, st.integers(0, 100), st.integers(0, 100))
def test_raising_the_share_moves_no_entity_back_to_the_champion(
    key: str, salt: str, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    if slot_at(position(key, salt), low) == "challenger":
        assert slot_at(position(key, salt), high) == "challenger"


@given(KEYS, SALTS)
def test_no_share_means_the_champion_and_the_whole_share_the_challenger(
    key: str, salt: str
) -> None:
    assert slot_at(position(key, salt), 0) == "champion"
    assert slot_at(position(key, salt), 100) == "challenger"


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
@pytest.mark.parametrize("salt", ["", "run-1", "run-2"])
def test_the_share_of_entities_stays_within_binomial_bounds(percent: int, salt: str) -> None:
    n, p = 20_000, percent / 100
    met = sum(slot_at(position(str(i), salt), percent) == "challenger" for i in range(n))
    assert abs(met - n * p) < 4 * math.sqrt(n * p * (1 - p))


def test_another_salt_chooses_other_entities() -> None:
    chosen = [
        {i for i in range(5000) if slot_at(position(str(i), salt), 10) == "challenger"}
        for salt in ("a", "b")
    ]
    both = len(chosen[0] & chosen[1])
    assert abs(both - 5000 * 0.01) < 4 * math.sqrt(50)


@given(
    st.lists(st.one_of(st.integers(), st.text()), min_size=2, max_size=2),
    st.lists(st.text(), min_size=2, max_size=2),
)
def test_different_entities_have_different_keys(one: list[Any], other: list[Any]) -> None:
    keys = [entity_key(dict(zip("ab", values, strict=True)), ("a", "b")) for values in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_a_challenger_keeps_the_time_at_which_its_watch_began() -> None:
    routing = with_first_champion(None, slot("1"), salt="r1")
    begun = with_challenger(routing, slot("2"), percent=10, since=NOW, salt="r2")
    raised = with_challenger(
        begun, slot("2"), percent=50, since=NOW + timedelta(hours=1), salt="r2"
    )
    assert raised.challenger.since == NOW
    assert raised.challenger.percent == 50
    assert raised.champion == slot("1")


def test_a_promotion_swaps_the_slots_once_and_remembers_what_was_replaced() -> None:
    routing = with_challenger(
        with_first_champion(None, slot("1"), salt="r1"), slot("2"), percent=10, since=NOW, salt="r2"
    )
    promoted = with_promotion(routing, "2")
    assert promoted.champion == slot("2")
    assert promoted.challenger is None
    assert promoted.replaced == slot("1")
    assert with_promotion(promoted, "2") == promoted
    assert with_challenger(promoted, slot("2"), percent=10, since=NOW, salt="r2") == promoted


def test_only_the_named_challenger_is_dropped() -> None:
    routing = with_challenger(
        with_first_champion(None, slot("1"), salt="r1"), slot("2"), percent=10, since=NOW, salt="r2"
    )
    assert without_challenger(routing, "3") == routing
    assert without_challenger(routing, "2").challenger is None
    assert serving_endpoints(routing) == {"slot-1", "slot-2"}
    assert serving_endpoints(None) == set()
