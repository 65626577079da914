"""How a model comes to serve: plan, canary, repairs."""
