"""``python -m layers.build [--target local|aws|all] [--layer NAME]… [--lock]``"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from layers.build.builder import build_layers
from layers.build.errors import LayerBuildError
from layers.build.specs import LAYERS, TARGETS
from layers.build.uv import write_lock

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Builds, or with --lock resolves, the chosen layers. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m layers.build", description="Build the Lambda layers that are out of date."
    )
    parser.add_argument(
        "--target",
        choices=(*TARGETS, "all"),
        default="local",
        help="machine to build for (default: local)",
    )
    parser.add_argument(
        "--layer", action="append", choices=tuple(LAYERS), help="only this layer; may be repeated"
    )
    parser.add_argument(
        "--lock",
        action="store_true",
        help="resolve requirements.in at the versions of requirements/dev.lock",
    )
    chosen = parser.parse_args(arguments)
    names = chosen.layer or list(LAYERS)
    try:
        if chosen.lock:
            for name in names:
                if LAYERS[name].source is None:
                    print(write_lock(_ROOT, LAYERS[name]).relative_to(_ROOT))
            return 0
        for target in TARGETS if chosen.target == "all" else (chosen.target,):
            for layer in build_layers(
                _ROOT, target, names, on_progress=lambda line: print(line, flush=True)
            ):
                if not layer.rebuilt:
                    print(
                        f"layer {layer.name} ({layer.target}): up to date, {layer.size / 1e6:.1f} "
                        "MB"
                    )
    except LayerBuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
