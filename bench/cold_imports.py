"""What a cold start of each function imports, against the import of boto3 alone, which every
function pays: interleaved.

    .ghosteam/env/dev/bin/python bench/cold_imports.py [--times 5]

Printed are the medians of CPU seconds, and their ratio to the floor's. Lambda gives a function with
1,769 MB one CPU, one with 512 MB less than a third of it, and ends an initialisation after ten
seconds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

from cli.connection import ROOT
from infra.functions import FUNCTIONS
from layers.build import build_layers, layer_folder
from layers.build.isolation import isolated_import


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--times", type=int, default=5)
    times = options.parse_args().times
    build_layers(ROOT, "local")
    floor: list[float] = []
    found: dict[str, list[float]] = {name: [] for name in FUNCTIONS}
    for _ in range(times):
        for name, spec in FUNCTIONS.items():
            floor.append(_seconds([], None, "boto3", {}))
            environment = {"AWS_LAMBDA_FUNCTION_NAME": name, **dict(spec.variables)}
            layers = [layer_folder(ROOT, "local", layer) for layer in spec.layers]
            found[name].append(_seconds(layers, ROOT / "functions" / name, "handler", environment))
    print(f"floor: import boto3, {median(floor):.2f} CPU seconds ({len(floor)} times)")
    for name, seconds in sorted(found.items(), key=lambda one: -median(one[1])):
        memory = FUNCTIONS[name].memory
        print(
            f"{median(seconds) / median(floor):5.1f} x  {median(seconds):5.2f} s  {name} ({memory} "
            "MB)"
        )


def _seconds(
    layers: list[Path], handler: Path | None, module: str, environment: dict[str, str]
) -> float:
    done = isolated_import(layers, handler, module, extra_env=environment)
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


if __name__ == "__main__":
    main()
