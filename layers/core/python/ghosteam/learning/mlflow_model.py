"""A package's description for MLflow: the files that make a folder with a package an MLflow model.

Source: MLflow documentation, "MLflow Model" (storage format, signature, input example).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import yaml

from ghosteam.json_object import JsonObject

PACKAGE = "package"
"""Folder of the package inside the model's."""
_EXAMPLE = "input_example.json"


def description(
    manifest: JsonObject, *, version: str, mlflow_run: str | None, made_at: datetime
) -> dict[str, str]:
    """Texts of the files ``MLmodel``, ``requirements.txt`` and ``input_example.json``, by name.

    ``manifest``: that of the package (``model.json``); ``version``: MLflow's. Reading the model
    needs the library ghosteam beside the requirements.
    """
    inputs = [
        {"type": _type(manifest["categories"].get(name)), "name": name, "required": False}
        for name in manifest["features"]
    ]
    outputs = [{"type": "double", "name": name} for name in manifest["outputs"]]
    example = manifest.get("example") or {}
    described = {
        "artifact_path": "model",
        "flavors": {
            "python_function": {"loader_module": "ghosteam.learning.pyfunc", "data": PACKAGE}
        },
        "mlflow_version": version,
        "run_id": mlflow_run,
        "utc_time_created": made_at.strftime("%Y-%m-%d %H:%M:%S"),
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs)},
        "saved_input_example_info": {
            "artifact_path": _EXAMPLE,
            "pandas_orient": "split",
            "type": "dataframe",
        },
        "metadata": {"problem": manifest["problem"], "run_id": manifest["run_id"]},
    }
    row = [example.get(name) for name in manifest["features"]]
    libraries = [f"{name}=={found}" for name, found in sorted(manifest["library"].items())]
    return {
        "MLmodel": yaml.safe_dump(described, sort_keys=False),
        "requirements.txt": "\n".join([*libraries, "polars", "numpy"]) + "\n",
        _EXAMPLE: json.dumps({"columns": list(manifest["features"]), "data": [row]}),
    }


def _type(categories: Sequence[str] | None) -> str:
    """MLflow's type of a feature. Categories that are whole numbers come as such or as texts, as
    their column has them.
    """
    if categories is None:
        return "double"
    return "any" if all(text.removeprefix("-").isdigit() for text in categories) else "string"
