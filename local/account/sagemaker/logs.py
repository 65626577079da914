"""Container output into CloudWatch Logs, as it is written."""

from __future__ import annotations

import time
from collections.abc import Callable

from ministack.services import cloudwatch_logs

_LARGEST_EVENT = 256 * 1024


class LogStream:
    """One log stream; group and stream are made on first use, as the service does under its role.

    Args:
        group: log group name.
        stream: log stream name.
        on_line: also called with every line.
    """

    def __init__(
        self, group: str, stream: str, on_line: Callable[[str], None] | None = None
    ) -> None:
        self._group = group
        self._stream = stream
        self._on_line = on_line
        self._partial = b""
        # Both answer "already exists" when it does, which is as good.
        cloudwatch_logs._create_log_group({"logGroupName": group})
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})

    def feed(self, chunk: bytes) -> None:
        """Take raw output; complete lines go out at once, the rest waits."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > _LARGEST_EVENT:
            lines, self._partial = [*lines, self._partial], b""
        self._write([line.decode("utf-8", "replace").rstrip("\r") for line in lines])

    def close(self) -> None:
        """Write an unfinished last line."""
        rest, self._partial = self._partial, b""
        if rest:
            self._write([rest.decode("utf-8", "replace")])

    def _write(self, lines: list[str]) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line[:_LARGEST_EVENT]} for line in lines if line]
        if events:
            names = {"logGroupName": self._group, "logStreamName": self._stream}
            cloudwatch_logs._put_log_events({**names, "logEvents": events})
        if self._on_line:
            for line in lines:
                self._on_line(line)
