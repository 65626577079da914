"""How large an image is, what its large parts are for, and how large it may become."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cli.images.buildah import Buildah, ImageError

MEGABYTE = 1_000_000
LIMITS = {
    "serve": 1000 * MEGABYTE,
    "train": 2300 * MEGABYTE,
    "expectations": 1200 * MEGABYTE,
}
"""Bounds on whole images: pulling one is a part of every job's and endpoint's start."""

_LARGE = 30 * MEGABYTE

REASONS = {
    "sklearn": "the scikit-learn family",
    "xgboost": "the XGBoost family (without its GPU libraries)",
    "lightgbm": "the LightGBM family",
    "scipy": "needed by scikit-learn, XGBoost and LightGBM",
    "scipy.libs": "its linear algebra",
    "numpy": "arrays",
    "numpy.libs": "its linear algebra",
    "polars": "reads, checks and joins data",
    "_polars_runtime_32": "Polars' compiled engine",
    "_polars_runtime_64": "Polars' compiled engine",
    "polars_runtime_32": "Polars' compiled engine",
    "pyarrow": "Parquet for Feast and pandas",
    "pandas": "Feast's and Evidently's data frames",
    "feast": "the historical join",
    "evidently": "the drift report",
    "plotly": "the drift report's charts",
    "nltk": "needed by Evidently",
    "botocore": "AWS's interfaces",
    "mlflow": "run tracking",
    "onnx": "needed by Feast's environment",
    "dask": "Feast's offline store",
    "litestar": "needed by Evidently",
    "skops": "a model format without pickle",
    "networkx": "needed by Evidently",
    "statsmodels": "needed by Evidently",
}
"""Why each large package is in an image."""


@dataclass(frozen=True)
class Part:
    """A folder of the image's packages and its bytes."""

    name: str
    size: int

    @property
    def reason(self) -> str:
        """What it is there for."""
        return REASONS.get(self.name, "no reason is written down")


@dataclass(frozen=True)
class Sizes:
    """An image's bytes and its large parts, the largest first."""

    total: int
    parts: Sequence[Part]


def measure(buildah: Buildah, image: str) -> Sizes:
    """Sizes inside a container of ``image``. Raises ImageError."""
    script = (
        "import json, pathlib, sysconfig\n"
        "def size(p): return sum(f.lstat().st_size for f in p.rglob('*') if not f.is_dir())\n"
        "skip = {'proc', 'sys', 'dev'}\n"
        "top = [p for p in pathlib.Path('/').iterdir() if p.is_dir() and not p.is_symlink()]\n"
        "total = sum(size(p) for p in top if p.name not in skip)\n"
        "packages = pathlib.Path(sysconfig.get_paths()['purelib'])\n"
        "parts = {p.name: size(p) for p in packages.iterdir() if p.is_dir()}\n"
        "print(json.dumps({'total': total, 'parts': parts}))"
    )
    with buildah.used():
        container = buildah.run("from", image).splitlines()[-1]
        try:
            said = json.loads(
                buildah.run("run", container, "--", "python", "-c", script).splitlines()[-1]
            )
        finally:
            buildah.run("rm", container)
    parts = [Part(name, size) for name, size in said["parts"].items() if size >= _LARGE]
    return Sizes(said["total"], sorted(parts, key=lambda part: -part.size))


def check_size(target: str, sizes: Sizes) -> None:
    """Raises ImageError for an image over its bound."""
    if sizes.total > LIMITS[target]:
        raise ImageError(
            f"The image '{target}' has {sizes.total / MEGABYTE:.0f} MB, over its bound of "
            f"{LIMITS[target] / MEGABYTE:.0f} MB. Fix: leave packages out, or raise the bound with "
            "its reason"
        )
