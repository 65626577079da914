"""A test of the channels reaches each of them and leaves nothing open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from ghosteam.errors import Defect
from ghosteam.steps.send_alerts import try_channels
from tests.alerts import AT
from tests.unit.functions.alert_world import World, alert_world


@pytest.fixture
def world() -> Iterator[World]:
    with alert_world() as made:
        yield made


def tried(world: World, name: str | None) -> list[dict[str, str]]:
    now: datetime = AT
    return try_channels("flights", name, world.channels, now=now)


def test_a_test_reaches_every_channel_whatever_it_hears_otherwise(world: World) -> None:
    world.web.fails["pagerduty"] = Defect("it answers 400", remedy="Check the routing key")
    told = tried(world, None)
    assert [one["channel"] for one in told] == ["slack", "pagerduty", "day", "email"]
    assert [one for one in told if "error" in one] == [
        {
            "channel": "pagerduty",
            "kind": "pagerduty",
            "error": "it answers 400",
            "remedy": "Check the routing key",
        }
    ]
    assert world.web.hosts == ["hooks.slack.com", "hooks.slack.com"] and len(world.mails()) == 1


def test_a_test_leaves_nothing_open(world: World) -> None:
    assert tried(world, "pagerduty") == [{"channel": "pagerduty", "kind": "pagerduty"}]
    begin, end = (body for _, body in world.web.sent)
    assert (begin["event_action"], end["event_action"]) == ("trigger", "resolve")
    assert begin["dedup_key"] == end["dedup_key"]


def test_a_channel_that_is_not_there_is_told_with_those_that_are(world: World) -> None:
    with pytest.raises(Defect, match="no channel 'pager'") as caught:
        tried(world, "pager")
    assert caught.value.where["channels"] == "slack, pagerduty, day, email"
    nobody = replace(world.channels, routes=())
    with pytest.raises(Defect, match="No channel is set up"):
        try_channels("flights", None, nobody, now=AT)
