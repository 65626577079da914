"""Names of what may start a run: each is a file of ``ghosteam.retraining.triggers``."""

from __future__ import annotations

CHOSEN = ("readiness", "drift", "performance")
"""Those that ``retrain.on`` names."""

ALWAYS = ("request",)
"""Those that no problem can turn off: a person asks."""
