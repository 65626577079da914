"""What Evidently's preset finds of one column of one window."""

from __future__ import annotations

import polars as pl


def of_evidently(reference: pl.DataFrame, window: pl.DataFrame, name: str) -> bool:
    """Whether its preset's test of that column finds drift."""
    import os

    os.environ["DO_NOT_TRACK"] = "1"
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    kind = "categorical_columns" if window[name].dtype == pl.String else "numerical_columns"
    definition = DataDefinition(**{kind: [name]})
    both = [
        Dataset.from_pandas(one.select(name).to_pandas(), data_definition=definition)
        for one in (window, reference)
    ]
    snapshot = Report([ValueDrift(column=name)]).run(current_data=both[0], reference_data=both[1])
    found = snapshot.dict()["metrics"][0]
    value, method = float(found["value"]), found["config"].get("method") or found["metric_name"]
    return value < 0.05 if "p_value" in str(method) else value >= 0.1
