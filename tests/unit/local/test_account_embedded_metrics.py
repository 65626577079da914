"""Embedded metric format."""

import json
from typing import Any

from local.account.metrics import embedded_metrics


def line(**fields: Any) -> str:
    directive = {
        "Namespace": "N",
        "Dimensions": [["problem"], ["problem", "set"]],
        "Metrics": [{"Name": "rows"}],
    }
    return json.dumps(
        {"_aws": {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [directive]}, **fields}
    )


def test_each_dimension_set_is_a_metric_of_its_own() -> None:
    data = list(embedded_metrics(line(problem="flights", set="weather", rows=[1, 2.5])))
    assert [datum.dimensions for datum in data] == [
        {"problem": "flights"},
        {"problem": "flights", "set": "weather"},
    ]
    assert data[0].values == (1.0, 2.5)
    assert data[0].timestamp == 1_700_000_000


def test_a_prefix_before_the_document_is_skipped() -> None:
    assert len(list(embedded_metrics("2024-01-01 " + line(problem="a", set="b", rows=1)))) == 2


def test_what_is_not_the_format_gives_nothing() -> None:
    for message in (
        "",
        "rows: 3",
        '{"rows": 3}',
        '{"_aws": 3}',
        line(problem="a", rows="many"),
        '{"_aws"',
    ):
        assert list(embedded_metrics(message)) == []
