"""What ``ghosteam demo`` does. From the first drop on only events act; the demo drops, asks and
watches.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console

from cli.connection import NotReachable
from cli.demo.cases import cases
from cli.demo.events_play import EventsPlay
from cli.demo.flights import PROBLEM, FlightsPlay
from cli.demo.play import ACCOUNT_LOG, Play
from cli.demo.stages import DemoFailed, Stages
from cli.demo.summary import print_summary
from cli.deployment import CdkFailed
from layers.build.errors import GateFailed, LayerBuildError
from local.processes import StartFailed


def plays() -> dict[str, Callable[[Stages], Play]]:
    """What can be played, by the problem's name."""
    others = {
        name: lambda stages, case=case: EventsPlay(case, stages) for name, case in cases().items()
    }
    return {PROBLEM: FlightsPlay, **others}


def run_demo(console: Console, make: Callable[[Stages], Play]) -> bool:
    """Play a demo; True when every stage reached its end. A failure says why and where to
    look.
    """
    start = time.monotonic()
    stages = Stages(console)
    play = make(stages)
    try:
        play.run()
    except DemoFailed as failed:
        return _failed(console, str(failed), failed.log)
    except (StartFailed, NotReachable, CdkFailed, LayerBuildError, GateFailed) as error:
        return _failed(console, str(error), ACCOUNT_LOG)
    except KeyboardInterrupt:
        return _failed(console, "Interrupted; ./ghosteam local down stops what runs", ACCOUNT_LOG)
    finally:
        play.stop_traffic()
    print_summary(console, stages, play, total=time.monotonic() - start)
    return True


def _failed(console: Console, reason: str, log: str) -> bool:
    console.print("\n[bold red]✗ The demo failed.[/]")
    console.print(reason, markup=False)
    console.print(f"Where to look: {log}", markup=False)
    return False
