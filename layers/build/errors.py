"""What can go wrong while layers are built. A message says what, where and how to fix it."""


class LayerBuildError(Exception):
    """A layer could not be built; nothing was replaced."""


class GateFailed(LayerBuildError):
    """A built layer, or a function's set of layers, would not work on AWS Lambda.

    ``problems`` holds one sentence for each violation.
    """

    def __init__(self, gate: str, problems: list[str]) -> None:
        self.gate = gate
        self.problems = problems
        super().__init__(f"{gate}: " + "; ".join(problems))
