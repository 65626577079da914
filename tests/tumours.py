"""Real measurements of tumours, which have no time."""

from __future__ import annotations

import polars as pl
from sklearn.datasets import load_breast_cancer

FEATURES = ("mean_radius", "mean_texture", "mean_smoothness", "worst_area")
TUMOURS = f"""
version: 1
problem: tumours
task: binary
entities: {{sample: [sample]}}
event_time: none
target: {{name: benign, expr: outcome}}
datasets:
  samples:
    role: events
    id: [sample]
    columns:
      sample: integer
{chr(10).join(f"      {name}: number" for name in FEATURES)}
      outcome: {{type: integer, nullable: true}}
exclude: [outcome]
features: {{request: [{", ".join(FEATURES)}]}}
holdout: 20%
promote: {{max_calibration_error: 0.2}}
"""


def tumours() -> pl.DataFrame:
    found = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in found.feature_names]
    frame = pl.DataFrame(found.data, schema=names).select(FEATURES)
    return frame.with_columns(
        pl.Series("sample", range(frame.height)), pl.Series("outcome", found.target)
    )
