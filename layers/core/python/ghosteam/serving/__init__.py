"""Serving: the prediction path, routing between slots, rollouts."""
