"""NannyML's estimate of one window, by its own environment, which has none of this project's.

    python nannyml_worker.py FOLDER TASK METRIC

reads ``reference.csv`` and ``window.csv`` of the folder and prints the value with NannyML's
own confidence band, and the seconds that fitting and estimating took, as JSON.
"""

import json
import sys
import time
from pathlib import Path

import nannyml
import pandas


def main() -> None:
    """Estimate and print."""
    folder, task, metric = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    reference, window = (
        pandas.read_csv(folder / f"{name}.csv") for name in ("reference", "window")
    )
    features = [name for name in reference.columns if name not in ("target", "said", "decision")]
    began = time.perf_counter()
    if task == "binary":
        estimator = nannyml.CBPE(
            problem_type="classification_binary",
            y_pred_proba="said",
            y_pred="decision",
            y_true="target",
            metrics=[metric],
            chunk_size=len(window),
        )
    else:
        estimator = nannyml.DLE(
            feature_column_names=features,
            y_pred="said",
            y_true="target",
            metrics=[metric],
            chunk_size=len(window),
            tune_hyperparameters=False,
        )
    found = estimator.fit(reference).estimate(window).filter(period="analysis").to_df()
    row = found[metric].iloc[0]
    told = {
        "value": row["value"],
        "lower": row["lower_confidence_boundary"],
        "upper": row["upper_confidence_boundary"],
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps({name: float(value) for name, value in told.items()}))


main()
