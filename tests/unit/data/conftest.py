"""The data slice in an empty account, see :mod:`tests.unit.data.world`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from tests.unit.data.world import World


@pytest.fixture
def account() -> Iterator[None]:
    """An empty account."""
    with mock_aws():
        yield


@pytest.fixture
def world(account: None) -> World:
    """The data slice in an empty account."""
    return World()


@pytest.fixture
def new_world(account: None) -> Callable[..., World]:
    """Makes a world with other limits."""
    return World
