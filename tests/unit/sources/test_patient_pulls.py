"""Pulls from an API that asks to come back, or says that nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ghosteam.aws.watermarks import Watermarks
from ghosteam.documents import state_keys
from ghosteam.errors import Transient
from ghosteam.sources.http_pages import Fetched
from ghosteam.sources.patience import TryLater
from ghosteam.steps.pull_source import pull_source
from tests.accounts import memory_account
from tests.unit.sources.builders import parcel
from tests.unit.sources.test_pull_source import API, NOW, World

URL = "https://api.example.com/v1/parcels?limit=2&since=2024-01-01T00%3A00%3A00Z"


@pytest.fixture
def world() -> Iterator[World]:
    with memory_account():
        yield World()


def later(after: float | None = None) -> TryLater:
    return TryLater("The answer is 429", where={}, after=after)


def test_an_api_that_asks_to_come_back_is_asked_again_within_the_pull(world: World) -> None:
    page = {"data": {"items": [parcel(1, "2024-01-02T00:00:00Z")]}}
    world.pages.answers = {URL: [later(), later(30.0), later()]}

    def then_the_page(seconds: float) -> None:
        world.waited.append(seconds)
        if len(world.waited) == 3:
            world.pages.answers = {URL: page}

    pulling = replace(world.pulling, wait=then_the_page)
    assert pull_source(API, pulling, now=NOW)["rows"] == 1
    # A second, what the answer says, and twice as long each time.
    assert world.waited == [1.0, 30.0, 4.0]


@pytest.mark.parametrize(("after", "waited"), [(None, [1.0, 2.0, 4.0, 8.0]), (3600.0, [])])
def test_an_api_that_stays_busy_is_left_to_the_next_pull(
    world: World, after: float | None, waited: list[float]
) -> None:
    world.pages.answers = {URL: later(after)}
    with pytest.raises(Transient, match="429"):
        pull_source(API, world.pulling, now=NOW)
    assert world.waited == waited and world.watermark("api") is None


def test_the_waits_of_a_pull_have_an_end(world: World) -> None:
    world.pages.answers = {URL: later(100.0)}
    with pytest.raises(Transient):
        pull_source(API, world.pulling, now=NOW)
    assert world.waited == [100.0, 100.0]


def test_of_a_page_that_did_not_change_nothing_is_read(world: World) -> None:
    empty = json.dumps({"data": {"items": []}}).encode()
    world.pages.answers = {URL: Fetched(empty, tag='"v1"')}
    assert pull_source(API, world.pulling, now=NOW)["rows"] == 0
    world.pages.answers = {URL: Fetched(b"", tag='"v1"', unchanged=True)}
    assert pull_source(API, world.pulling, now=NOW)["rows"] == 0
    asked = [headers.get("If-None-Match") for _, headers in world.pages.asked]
    assert asked == [None, '"v1"']


def test_a_tag_is_asked_about_at_its_own_page_and_only_where_it_is_the_only_one(
    world: World,
) -> None:
    second = "https://api.example.com/p2"
    first = {"data": {"items": [parcel(1, "2024-01-02T00:00:00Z")]}, "meta": {"next": second}}
    last = {"data": {"items": [parcel(2, "2024-01-01T00:00:00Z")]}}
    world.pages.answers = {
        URL: Fetched(json.dumps(first).encode(), tag='"v1"'),
        second: Fetched(json.dumps(last).encode(), tag='"v2"'),
    }
    assert pull_source(API, world.pulling, now=NOW)["rows"] == 2
    assert world.state.get("parcels", state_keys.PAGE_TAGS / "api") is None
    # The watermark moved: another page is asked for.
    moved = URL.replace("-01T", "-02T")
    world.pages.answers = {moved: Fetched(json.dumps(last).encode(), tag='"v3"')}
    pull_source(API, world.pulling, now=NOW)
    pull_source(API, world.pulling, now=NOW)
    asked = [(url, headers.get("If-None-Match")) for url, headers in world.pages.asked]
    assert asked == [(URL, None), (second, None), (moved, None), (moved, '"v3"')]


def test_a_tag_is_not_kept_before_the_rows_of_its_page_landed(world: World) -> None:
    page = json.dumps({"data": {"items": [parcel(1, "2024-01-02T00:00:00Z")]}}).encode()
    world.pages.answers = {URL: Fetched(page, tag='"v1"')}

    class Dying(Watermarks):
        def advance(self, *_: Any) -> None:
            raise Transient("the function was killed")

    with pytest.raises(Transient):
        pull_source(API, replace(world.pulling, watermarks=Dying(world.state)), now=NOW)
    assert pull_source(API, world.pulling, now=NOW)["rows"] == 1
