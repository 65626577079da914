"""Names of what may start a run.

Each is a file of ``ghosteam.retraining.triggers``, which also says what a trigger is.
"""

from __future__ import annotations

from ghosteam.registry import Registry

CHOSEN = ("readiness", "drift", "performance", "definition")
"""Those that ``retrain.on`` names when it is not written."""

NAMED = ("value",)
"""Those that it has to name."""

BY_SETTING = ("schedule", "outcomes", "regret")
"""Those that a setting of their own asks for: ``retrain.every``, ``new_outcomes`` and
``worth``.
"""

ALWAYS = ("request",)
"""Those that no problem can turn off: a person asks."""

TRIGGERS: Registry[object] = Registry(
    "trigger of retraining", "ghosteam.retraining.triggers", (*CHOSEN, *NAMED, *BY_SETTING, *ALWAYS)
)
