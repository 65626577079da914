"""Metrics in Prometheus' text format 0.0.4, and what ours are called there.

Source: Prometheus documentation, "Exposition formats" and "Metric and label naming".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ALARM = "ghosteam_alarm"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


Sample = tuple[Mapping[str, str], float]
"""A value with its labels."""


@dataclass(frozen=True)
class MetricFamily:
    """A metric with its samples. All are gauges: CloudWatch has no sum since the beginning, which a
    counter would be.
    """

    name: str
    help: str
    samples: Sequence[Sample]


def metric_name(metric: str, stat: str) -> str:
    """``DriftedShare`` and ``Maximum``: ``ghosteam_drifted_share_maximum``."""
    return f"ghosteam_{label_name(metric)}_{stat.lower()}"


def labels(environment: str, dimensions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A metric's dimensions as labels."""
    return {"environment": environment, **{label_name(name): value for name, value in dimensions}}


def label_name(dimension: str) -> str:
    """What a dimension, or a metric, is called: ``ModelVersion`` is ``model_version``."""
    return _WORD.sub("_", dimension).lower()


def selector(name: str, wanted: Mapping[str, str]) -> str:
    """A metric with these labels, as it is written in queries and in the text format."""
    inside = ",".join(f'{label}="{_escaped(value)}"' for label, value in wanted.items())
    return f"{name}{{{inside}}}" if inside else name


def exposition(families: Iterable[MetricFamily]) -> str:
    """The whole text; families without samples are left out."""
    return "".join(line for family in families if family.samples for line in _lines(family))


def _lines(family: MetricFamily) -> Iterator[str]:
    told = family.help.replace("\\", r"\\").replace("\n", r"\n")
    yield f"# HELP {family.name} {told}\n# TYPE {family.name} gauge\n"
    for wanted, value in family.samples:
        yield f"{selector(family.name, wanted)} {float(value)!r}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
