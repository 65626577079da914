"""What holds for every unit test: no connection to anywhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True, scope="module")
def no_connections() -> Iterator[None]:
    """Only socket pairs inside the process stay possible: event loops wake themselves with one."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(
            f"a unit test connects to {address}: inject a fake, or mark the test 'local' or "
            "'contract'"
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "connect_ex", refuse)
        yield
