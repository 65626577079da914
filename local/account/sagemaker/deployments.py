"""Model servers: a container that unpacked a model, answers `/ping`, and takes `/invocations`.

Source: SageMaker developer guide, "Use your own inference code with hosting services".
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_region

from local.account.sagemaker import images
from local.account.sagemaker.containers import Container
from local.account.sagemaker.errors import JobFailure
from local.account.sagemaker.logs import LogStream
from local.account.sagemaker.store import Record
from local.account.sagemaker.transfer import Transfer

INVOCATION_SECONDS = 60
_PING_SECONDS = 2
_STARTUP_SECONDS = 480
_DRAIN_SECONDS = 60
_STOP_GRACE_SECONDS = 30


class Retired(Exception):
    """The server was replaced between being chosen and being called; choose again."""


class ModelServer:
    """One model's container.

    Args:
        model: the model's record.
        log: where its output goes.
        what: how a failure names it, for example `production variant AllTraffic`.
    """

    def __init__(self, model: Record, log: LogStream, what: str) -> None:
        self._model = model
        self._log = log
        self._what = what
        self._idle: list[http.client.HTTPConnection] = []
        self._in_flight = 0
        self._retired = False
        self._quiet = threading.Condition()
        definition = container_of(model)
        self._container = Container(
            images.resolve(definition["Image"]),
            model["ExecutionRoleArn"],
            definition.get("Environment", {}),
        )
        self._port = _free_port()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._container.exit_code is None

    def start(
        self,
        startup_seconds: float = _STARTUP_SECONDS,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Unpack the model, start `serve`, and return once `/ping` answers 200.

        Raises:
            JobFailure: the model cannot be read, the process ended, or `/ping` never passed.
        """
        definition = container_of(self._model)
        root = self._container.root
        (root / "model").mkdir()
        if "ModelDataUrl" in definition:
            transfer = Transfer(self._model["ExecutionRoleArn"])
            transfer.download_archive(definition["ModelDataUrl"], root / "model")
        self._container.set_env(
            SAGEMAKER_BIND_TO_PORT=str(self._port), SAGEMAKER_REGION=get_region()
        )
        self._container.start(["serve"], self._log)
        give_up = time.monotonic() + startup_seconds
        while not self._ping():
            if not self.alive or time.monotonic() > give_up or cancelled():
                raise JobFailure(
                    f"The primary container for {self._what} did not pass the ping health check. "
                    "Please check CloudWatch logs for this endpoint."
                )
            time.sleep(0.05)

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """POST /invocations over a kept connection: status, headers (names in lower case) and body.

        Raises:
            Retired: the server was replaced; nothing was sent. OSError or
                http.client.HTTPException: the container closed the connection or took too long.
        """
        with self._quiet:
            if self._retired:
                raise Retired
            self._in_flight += 1
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is not None:
                try:
                    return self._exchange(connection, body, headers)
                except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                    # The container closed the idle connection before it saw this request: a new one
                    # is safe.
                    connection.close()
            return self._exchange(
                http.client.HTTPConnection("127.0.0.1", self._port, timeout=INVOCATION_SECONDS),
                body,
                headers,
            )
        finally:
            with self._quiet:
                self._in_flight -= 1
                self._quiet.notify_all()

    def retire(self) -> None:
        """Let requests in flight finish, then stop the process and delete its directory."""
        with self._quiet:
            self._retired = True
            self._quiet.wait_for(lambda: self._in_flight == 0, _DRAIN_SECONDS)
            for connection in self._idle:
                connection.close()
            self._idle.clear()
        self._container.stop(_STOP_GRACE_SECONDS)
        self._container.remove()

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        try:
            connection.request("POST", "/invocations", body, dict(headers))
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            with self._quiet:
                self._idle.append(connection)
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            content,
        )

    def _ping(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def container_of(model: Record) -> dict[str, Any]:
    """The model's only container definition; pipelines of several are refused when the model is
    created.
    """
    definition: dict[str, Any] = model.get("PrimaryContainer") or model["Containers"][0]
    return definition


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
