"""Lambda layers of one stack.

Each stack makes its own layer versions: a version that another stack imported could not be replaced
while that stack uses it.
"""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.settings import ROOT, EnvironmentSettings

LAYERS_FOLDER = ROOT / ".ghosteam" / "layers"


class Layers(Construct):
    """Makes a layer version the first time that a function of the stack asks for it."""

    def __init__(self, scope: Construct, id: str, *, settings: EnvironmentSettings) -> None:
        super().__init__(scope, id)
        self._folder = LAYERS_FOLDER / settings.layer_target
        self._prefix = settings.prefix
        self._made: dict[str, lambda_.ILayerVersion] = {}

    def get(self, name: str) -> lambda_.ILayerVersion:
        """The stack's version of the layer ``name``; raises FileNotFoundError with a remedy when it
        is not built.
        """
        if name not in self._made:
            folder = self._folder / name
            if not folder.is_dir():
                raise FileNotFoundError(
                    f"The layer {name!r} is not built; run: ./ghosteam build --target "
                    f"{self._folder.name}"
                )
            self._made[name] = lambda_.LayerVersion(
                self,
                name.capitalize(),
                layer_version_name=f"{self._prefix}-{name}",
                code=lambda_.Code.from_asset(str(folder)),
                compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
                compatible_architectures=[lambda_.Architecture.X86_64],
            )
        return self._made[name]
