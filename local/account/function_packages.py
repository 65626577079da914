"""Which packages functions are made of, and which are in use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.account import packages, seams


def archives_of_layers(config: dict[str, Any]) -> list[bytes]:
    """The zip archives of the layers that a function's configuration names, in its order."""
    from ministack.services import lambda_svc

    found = [
        seams.require(lambda_svc, "_resolve_layer_zip")(layer) for layer in config.get("Layers", [])
    ]
    return [layer for layer in found if layer]


def packages_in_use() -> Iterator[Path]:
    """Folders that running environments were made from, and those of every function as it is
    now.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    for workers in list(lambda_runtime._workers.values()):
        for worker in list(workers):
            yield from getattr(worker, "packages", ())
    for function in list(seams.require(lambda_svc, "_functions").values()):
        if code := function.get("code_zip"):
            yield packages.folder_of([code])
            yield packages.folder_of(archives_of_layers(function["config"]))
