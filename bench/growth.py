"""What a small batch costs when ten, a hundred and a thousand came before it.

    .ghosteam/env/dev/bin/python bench/growth.py [--minutes 1000]

Each minute come four files (new rides, outcomes of old ones, weather, buses) to an account in
memory, and go through ingestion, validation, materialization, the check of performance and the
decision about a run. Printed is what the files of one minute take, as the median of nine minutes
around it, and its ratio to the tenth. What is read is counted; the time is that of this machine.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "growth")

from tests.growth import Reads, Stream

AROUND = 4


def main() -> None:
    """Run the stream and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=1000)
    last = parser.parse_args().minutes
    looked_at = [minute for minute in (10, 100, 1000, 10_000, 100_000) if minute <= last]
    logging.disable(logging.CRITICAL)
    stream = Stream()
    with contextlib.redirect_stdout(io.StringIO()):  # the steps print their metrics
        reads = [_told(stream.next(), minute, last) for minute in range(1, last + AROUND + 1)]
    measured = {
        minute: _median(reads[minute - 1 - AROUND : minute + AROUND]) for minute in looked_at
    }
    first = measured[looked_at[0]]
    names = [field.name for field in fields(Reads)]
    print(f"{'':>16}" + "".join(f"{f'{minute}th':>12}{'ratio':>8}" for minute in looked_at))
    for name in names:
        values = [(asdict(one)[name], asdict(first)[name]) for one in measured.values()]
        print(f"{name:>16}" + "".join(f"{value:>12.4g}{value / to:>8.2f}" for value, to in values))


def _told(reads: Reads, minute: int, last: int) -> Reads:
    if minute % 50 == 0:
        print(f"minute {minute} of {last}: {reads.seconds:.2f} s", file=sys.stderr, flush=True)
    return reads


def _median(reads: list[Reads]) -> Reads:
    return Reads(**{name: median(asdict(one)[name] for one in reads) for name in asdict(reads[0])})


if __name__ == "__main__":
    main()
