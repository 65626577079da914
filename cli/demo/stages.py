"""Stages: each announced, timed, and, when it fails, explained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status


class DemoFailed(RuntimeError):
    """A stage did not reach its end. ``log`` says where to look."""

    def __init__(self, reason: str, log: str) -> None:
        super().__init__(reason)
        self.log = log


@dataclass
class Stages:
    """Runs stages in order and remembers how long each took."""

    console: Console
    times: list[tuple[str, float]] = field(default_factory=list)
    _status: Status | None = None
    _last: str = ""

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """A stage: what is said inside is shown under its title."""
        self.console.print(f"\n[bold]{len(self.times) + 1}. {title}[/]")
        start = time.monotonic()
        with self.console.status("") as self._status:
            yield
        seconds = time.monotonic() - start
        self.times.append((title, seconds))
        self.console.print(f"   [dim]{seconds:.0f} s[/]")

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(f"   {text}")

    def show(self, text: str) -> None:
        """What is going on right now: a line that changes; where output is no terminal, each change
        is a line.
        """
        if text and text != self._last:
            self._last = text
            if self._status and self.console.is_terminal:
                self._status.update(f"   {text}")
            else:
                self.console.print(f"   [dim]… {text}[/]")

    def wait(
        self,
        until: Callable[[], bool],
        *,
        seconds: float,
        doing: Callable[[], str],
        what: str,
        log: str,
        pause: float = 0.5,
    ) -> None:
        """Wait until ``until()``; raises DemoFailed naming ``what`` was awaited after
        ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"{what} did not happen within {seconds:.0f} s; last seen: {doing()}", log
                )
            self.show(doing())
            time.sleep(pause)
