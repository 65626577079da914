"""In which order a standard queue with groups gives its messages."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.account.fair_queues import in_turn

NOW = 1000.0


def message(group: str | None, sent: float, *, in_flight: bool = False) -> dict[str, Any]:
    return {"group_id": group, "sent_at": sent, "visible_at": NOW + 30 if in_flight else sent}


def order(messages: list[dict[str, Any]]) -> list[str | None]:
    return [one["group_id"] for one in in_turn(messages, NOW) if one["visible_at"] <= NOW]


def test_groups_take_turns_and_each_keeps_its_order() -> None:
    backlog = [message("loud", n) for n in range(4)]
    assert order([*backlog, message("quiet", 10), message("quiet", 11)]) == [
        *("loud", "quiet", "loud", "quiet", "loud", "loud")
    ]
    assert [one["sent_at"] for one in in_turn(list(reversed(backlog)), NOW)] == [0, 1, 2, 3]


def test_a_group_with_messages_in_flight_waits_for_the_others() -> None:
    busy = [message("loud", n, in_flight=True) for n in range(2)]
    assert order([*busy, message("loud", 2), message("quiet", 3), message("quiet", 4)]) == [
        *("quiet", "quiet", "loud")
    ]


def test_a_message_without_a_group_is_a_group_of_its_own() -> None:
    assert order([message("loud", 0), message("loud", 1), message(None, 2), message(None, 3)]) == [
        *("loud", None, None, "loud")
    ]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.booleans()), max_size=20))
def test_no_message_is_lost_or_made(given: list[tuple[str | None, bool]]) -> None:
    messages = [message(group, n, in_flight=busy) for n, (group, busy) in enumerate(given)]
    assert sorted(map(id, in_turn(messages, NOW))) == sorted(map(id, messages))
