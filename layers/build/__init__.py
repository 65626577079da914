"""Builds the Lambda layers: folders of third-party packages (and the domain library) that functions
import from.

Run it with ``python -m layers.build``; call it with :func:`build_layers`. Only the standard library
and the ``uv`` that sits beside the running interpreter are needed.
"""

from layers.build.builder import BuiltLayer, build_layers, layer_folder
from layers.build.errors import GateFailed, LayerBuildError
from layers.build.gates import check_function_sizes, check_layer_counts
from layers.build.isolation import isolated_import
from layers.build.specs import LAYERS, Target

__all__ = [
    "LAYERS",
    "BuiltLayer",
    "GateFailed",
    "LayerBuildError",
    "Target",
    "build_layers",
    "check_function_sizes",
    "check_layer_counts",
    "isolated_import",
    "layer_folder",
]
