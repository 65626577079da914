"""The function rebuild as the state machine calls it."""

from __future__ import annotations

from ghosteam.documents import state_keys
from ghosteam.runtime.settings import PublishSettings
from tests.accounts import deployed_function, memory_account

SETTINGS = PublishSettings(
    environment_name="local",
    state_table="state",
    bus_name="default",
    artifact_bucket="artifacts",
)


def test_it_says_whether_something_is_left() -> None:
    with memory_account() as account, deployed_function("rebuild", SETTINGS) as function:
        account.add_first_quarter()
        # Turns that are over at once, with parts that are as small as they can be.
        function.TURN_MINUTES, whole = 0, function.Publishing
        function.Publishing = lambda *adapters: whole(*adapters, part=1)
        told = [function.handler({"problem": "flights"}, None)["left"]]
        while told[-1]:
            assert account.state.find("flights", state_keys.PUBLISHED_DEFINITION) is None
            told.append(function.handler({"problem": "flights"}, None)["left"])
        published = account.state.find("flights", state_keys.PUBLISHED_DEFINITION)
        assert published is not None and published.told
        # Seven batches of three data sets; that a data set has no more is a part of its own.
        assert told == [True] * 9 + [False]
        # Its folder is gone by now.
        assert function.handler({"problem": "trains"}, None) == {"left": False}
